"""Redmine: issues as CSV."""

from integrations.matching.preset import Preset

DEFECTS = Preset(
    kind="defects",
    name="redmine",
    label="Redmine issues (CSV)",
    columns={
        "external_id": ("#", "Id"),
        "title": ("Subject", "Thema", "Sujet", "Asunto"),
        "found_at": ("Created", "Angelegt", "Créé", "Creado"),
        "issue_type": ("Tracker", "Tipo"),
        "status": ("Status", "Statut", "Estado"),
        "priority": ("Priority", "Priorität", "Priorité", "Prioridad"),
        "severity": ("Severity", "Schweregrad"),
        "resolution": ("Resolution",),
        "ended_at": ("Closed", "Geschlossen", "Fermé", "Cerrada", "Cerrado"),
        "stage_found": ("Found in", "Phase"),
        "team": ("Team", "Project", "Projekt", "Projet", "Proyecto"),
        "component": ("Category", "Kategorie", "Catégorie", "Categoría"),
        "version_found": ("Affected version",),
        "version_fixed": ("Target version", "Zielversion", "Version cible", "Versión prevista"),
        "actual": ("Description", "Beschreibung", "Descripción"),
        "assignee": ("Assignee", "Zugewiesen an", "Assigné à", "Asignado a"),
        "reporter": ("Author", "Autor", "Auteur"),
    },
    marks=("Tracker", "% Done", "% erledigt", "% réalisé", "% Realizado", "Spent time"),
    words={"status": {"feedback": "in_progress", "resolved": "fixed", "rejected": "rejected"}},
    hint="Imports issues of the tracker Bug; leaves out features, support and tasks.",
    steps=(
        "Open *Issues* in your project, with closed ones too.",
        "Open *Options* above the list, and add the columns *Created* and *Closed*.",
        "Select *CSV* below the list, and export all columns in UTF-8.",
    ),
)
