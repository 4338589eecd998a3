"""Jira Cloud and Server: CSV with the current or all fields, with headers in several languages."""

from integrations.matching.preset import Preset

# An issue with a resolution is resolved. Teams invent statuses, so the status category decides about unknown ones.
DEFECTS = Preset(
    kind="defects",
    name="jira",
    label="Jira CSV export",
    columns={
        "title": ("Summary", "Zusammenfassung", "Résumé", "Resumen"),
        "external_id": (
            *("Issue key", "Work item key", "Key", "Vorgangsschlüssel", "Schlüssel", "Clé de ticket", "Clé"),
            *("Clave de incidencia", "Clave"),
        ),
        "found_at": ("Created", "Erstellt", "Création", "Créée", "Creada"),
        "issue_type": (
            *("Issue Type", "Work type", "Type", "Vorgangstyp", "Typ", "Type de ticket", "Type de demande"),
            *("Tipo de Incidencia", "Tipo"),
        ),
        "status": ("Status", "État", "Estado"),
        "status_category": ("Status Category", "Statuskategorie", "Catégorie d'état", "Categoría de estado"),
        "priority": ("Priority", "Priorität", "Priorité", "Prioridad"),
        "severity": (
            *("Severity", "Custom field (Severity)", "Schweregrad", "Benutzerdefiniertes Feld (Schweregrad)"),
            *("Champs personnalisés (Gravité)", "Champs personnalisés (Sévérité)"),
            *("Campo personalizado (Gravedad)", "Campo personalizado (Severidad)"),
        ),
        "resolution": ("Resolution", "Lösung", "Résolution", "Resolución"),
        "ended_at": ("Resolved", "Resolution date", "Erledigt", "Gelöst", "Résolue", "Résolu", "Resuelta"),
        "team": (
            *("Team", "Custom field (Team)", "Project name", "Project", "Project key"),
            *("Projektname", "Projekt", "Projektschlüssel", "Nom du projet", "Projet", "Nombre del proyecto", "Proyecto"),
        ),
        "stage_found": (
            *("Found in", "Custom field (Found in)", "Stage found", "Custom field (Stage found)"),
            *("Custom field (Phase found)", "Custom field (Detection phase)"),
        ),
        "component": ("Component/s", "Components", "Component", "Komponenten", "Komponente(n)", "Composants", "Componentes"),
        "version_found": ("Affects Version/s", "Affects versions", "Betrifft Version(en)", "Versions affectées"),
        "version_fixed": ("Fix Version/s", "Fix versions", "Lösungsversion(en)", "Versions corrigées"),
        "environment": ("Environment", "Umgebung", "Environnement", "Entorno"),
        "actual": ("Description", "Beschreibung", "Descripción"),
        "duplicate_of": ("Outward issue link (Duplicate)",),
        "assignee": ("Assignee", "Zugewiesene Person", "Attribution", "Persona asignada"),
        "reporter": ("Reporter", "Autor", "Rapporteur", "Informador"),
    },
    marks=("Issue key", "Work item key", "Vorgangsschlüssel", "Clé de ticket", "Clave de incidencia"),
    hint="Imports issues of type Bug; leaves out stories, tasks and improvements.",
    steps=(
        "Search for your bugs, for example with the JQL `issuetype = Bug`: *Filters* in Jira Cloud, "
        "*Issues* in Server and Data Center.",
        "Select *Export* at the top right, in newer versions behind the three dots.",
        "Choose *Export CSV (all fields)*. If the list is cut off, export it in parts, for example year by year.",
    ),
)
