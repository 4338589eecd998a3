"""The portal's fields by kind of record: their type, and their names in other tools and languages. Plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.matching.words import plain


class Type(StrEnum):
    TEXT = "text"
    TIME = "time"
    WORD = "word list"
    YES_NO = "yes or no"
    NUMBER = "number"
    TEAM = "team"
    PERSON = "person"
    LINK = "other record"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a column can fill.

    `names`: known column titles, best first. `words`: its list in `words.VOCABULARY`.
    `many`: several columns are joined; otherwise the first filled one is used.
    `helps`: not stored, only used to work out other fields.
    """

    key: str
    label: str
    names: tuple[str, ...]
    type: Type = Type.TEXT
    words: str = ""
    required: bool = False
    many: bool = False
    helps: bool = False


def _field(key: str, label: str, names: str, type: Type = Type.TEXT, words: str = "", **options: bool) -> Field:
    known = dict.fromkeys(plain(name) for name in (key, *names.split(",")) if name.strip())
    return Field(key, label, tuple(known), Type.WORD if words and type is Type.TEXT else type, words, **options)


_IDENTITY = (
    _field(
        "external_id",
        "ID",
        "issue key, key, case id, case concept name, sr number, bug id, defect id, incident id, ticket id, ticket number, "
        "incident number, work item id, issue id, id, iid, number, no, nr, ticket, ref, issue, bug, defect, incident, "
        "vorgangsschlüssel, schlüssel, ticketnummer, fehlernummer, nummer, clé de ticket, clé, identifiant, numéro, "
        "clave de incidencia, clave, identificador, número",
        required=True,
    ),
    _field(
        "title",
        "Title",
        "summary, short_desc, short description, subject, headline, name, issue title, zusammenfassung, titel, betreff, "
        "kurzbeschreibung, bezeichnung, résumé, titre, sujet, resumen, título, asunto, message",
        required=True,
    ),
)
_TEAM = _field(
    "team",
    "Team",
    "custom field (team), team name, squad, group, assignment group, owner team, project name, project, product, area path, "
    "mannschaft, gruppe, projekt, produkt, équipe, groupe, projet, produit, equipo, grupo, proyecto, producto",
    Type.TEAM,
)
_SOURCE = (
    _field("source", "Source", ""),
    _field("reference", "Reference", ""),
)
_SERVICE = _field(
    "service", "Service", "service name, repository, repository name, repo, application, app, dienst, servicio"
)
_SEVERITY_NAMES = (
    "custom field (severity), bug_severity, sev, impact, criticality, schweregrad, auswirkung, gravité, sévérité, "
    "criticité, gravedad, severidad, criticidad"
)
_STATUS_NAMES = (
    "state, bug_status, incident state, issue status, stage of work, activity, zustand, stand, état, statut, estado, "
    "estatus, situación"
)
_STAGE_NAMES = (
    "found in, custom field (found in), stage, custom field (stage found), phase, phase found, detection phase, "
    "found in phase, detected in, found during, environment found, gefunden in, testphase, trouvé en, phase de détection, "
    "fase, detectado en"
)

DEFECTS = (
    *_IDENTITY,
    _field(
        "found_at",
        "Found",
        "found on, date found, found date, detected on, detected at, detected date, created, created at, created on, "
        "created date, date created, creation date, creation_ts, opendate, opened, opened at, opened on, open date, "
        "reported, reported at, reported on, report date, date reported, logged, logged on, raised, raised on, submitted, "
        "submitted on, first seen, erstellt, erstellt am, gefunden am, gemeldet am, angelegt am, erfasst am, gefunden, "
        "datum, création, créé, créée, créé le, date de création, trouvé le, signalé le, creada, creado, creado el, "
        "fecha de creación, encontrado el, fecha, date",
        Type.TIME,
        required=True,
    ),
    _field("status", "Status", _STATUS_NAMES, words="defect status"),
    _field("status_category", "Status category", "status category, state category", words="status category", helps=True),
    _field("severity", "Severity", _SEVERITY_NAMES, words="severity"),
    _field("priority", "Priority", "prio, urgency, priorität, dringlichkeit, priorité, prioridad", words="priority"),
    _field(
        "resolution",
        "Resolution",
        "close code, state_reason, close reason, closing reason, outcome, lösung, ergebnis, résolution, resolución",
        words="resolution",
    ),
    _field("stage_found", "Found in", _STAGE_NAMES, words="stage"),
    _field(
        "stage_introduced",
        "Introduced in",
        "introduced in, phase introduced, injected in, origin phase, custom field (introduced in), entstanden in",
        words="stage",
    ),
    _field(
        "stage_should_catch",
        "Should have been caught in",
        "should catch, should have been caught in, phase should catch",
        words="stage",
    ),
    _field("issue_type", "Type", "issue type, type, tracker, work item type, kind, bug_type, vorgangstyp, typ, art, "
           "type de ticket, type de demande, tipo de incidencia, tipo", words="issue type", helps=True),
    _field(
        "ended_at",
        "Resolved",
        "resolved, resolved at, resolved on, resolution date, resolutiondate, date resolved, cf_last_resolved, "
        "last resolved, completed at, done on, end, erledigt, gelöst, gelöst am, erledigt am, behoben am, résolue, "
        "résolu, résolu le, date de résolution, resuelta, resuelto, fecha de resolución",
        Type.TIME,
        helps=True,
    ),
    _field("triaged_at", "Triaged", "triaged, triaged on, confirmed on", Type.TIME),
    _field("fixed_at", "Fixed", "fixed, fixed on, fix date, date fixed, corrigé le, corregido el", Type.TIME),
    _field("verified_at", "Verified", "verified, verified on, date verified, retested on, geprüft am", Type.TIME),
    _field(
        "closed_at",
        "Closed",
        "closed, closed at, closed on, closed date, date closed, close date, geschlossen, geschlossen am, fermé le, "
        "date de fermeture, cerrado, cerrado el, fecha de cierre",
        Type.TIME,
    ),
    _TEAM,
    _field("component", "Component", "component/s, components, module, area, subsystem, category, komponente, "
                                     "komponenten, modul, kategorie, composant, composants, catégorie, componente, "
                                     "componentes, módulo, categoría", many=True),
    _field("environment", "Environment", "platform, env, umgebung, environnement, entorno"),
    _field("version_found", "Version found", "affects version/s, affects versions, affected version, affects version, "
                                             "version, found version, version found, betroffene version, "
                                             "betroffene versionen, version affectée, versions affectées, "
                                             "afecta versiones, versión", many=True),
    _field("version_fixed", "Version fixed", "fix version/s, fix versions, fix version, fixed version, fixed in, "
                                             "target version, target milestone, milestone, lösungsversion, "
                                             "lösungsversionen, version corrigée, versions corrigées, corregir versiones, "
                                             "versión corregida", many=True),
    _field("version_introduced", "Since version", "version introduced, introduced in version, since version"),
    _SERVICE,
    _field("reproducibility", "Reproducibility", "reproducible, reproduzierbarkeit", words="reproducibility"),
    _field("customer_impact", "Impact on customers", "customer impact", words="customer impact"),
    _field("customers_affected", "Number of customers", "customers affected, affected customers", Type.NUMBER),
    _field("support_tickets", "Support tickets", "support tickets, number of support tickets, tickets linked", Type.NUMBER),
    _field("root_cause", "Root cause", "root cause, rca, grundursache, cause racine, causa raíz"),
    _field("escape_reason", "Why it escaped", "escape reason, why it escaped", words="escape reason"),
    _field("odc_trigger", "Trigger", "odc trigger", words="odc trigger"),
    _field("odc_type", "Type of fault", "odc type, odc defect type", words="odc type"),
    _field("odc_qualifier", "Qualifier", "odc qualifier", words="odc qualifier"),
    _field("found_by", "Found by", "detected by, detection source, gefunden von, trouvé par, "
                                   "encontrado por", words="found by"),
    _field("steps", "Steps to reproduce", "steps to reproduce, repro steps, steps, reproduktion"),
    _field("expected", "What should happen", "expected, expected result, expected behavior, erwartet"),
    _field("actual", "What happens", "actual, actual result, description, details, body, beschreibung, "
                                     "description du ticket, descripción"),
    _field("duplicate_of", "Duplicate of", "dupe_of, duplicate of, duplicates, inward issue link (duplicate), "
           "outward issue link (duplicate), duplikat von", Type.LINK),
    _field("assignee", "Assignee", "assigned to, assignee username, owner, zugewiesene person, bearbeiter, zugewiesen an, "
           "attribution, responsable, assigné à, persona asignada, asignado a", Type.PERSON),
    _field("reporter", "Reporter", "reported by, author, creator, opened by, autor, rapporteur, auteur, "
                                   "informador", Type.PERSON),
    *_SOURCE,
)  # fmt: skip

INCIDENTS = (
    *_IDENTITY,
    _field(
        "detected_at",
        "Detected",
        "detected, detected on, detection time, created, created at, created on, createdat, created date, opened, "
        "opened at, opened on, open time, opened time, sys_created_on, reported at, reported, reported on, triggered at, "
        "alert time, erkannt, erkannt am, erstellt, erstellt am, gemeldet am, eröffnet, création, créé le, détecté le, "
        "ouvert le, creado, creado el, detectado el, fecha de creación, date, datum, fecha, begin, start, start time",
        Type.TIME,
        required=True,
    ),
    _field(
        "started_at",
        "Impact began",
        "started, started on, start, start time, start date, begin, began, impact start, impact_start, outage start, "
        "begonnen, beginn, début, inicio",
        Type.TIME,
    ),
    _field("acknowledged_at", "Acknowledged", "acknowledged, acknowledged on, acked at, ack time, identified at, "
                                              "identified, first acknowledged, bestätigt", Type.TIME),
    _field("mitigated_at", "Mitigated", "mitigated, mitigated on, monitoring at, monitoring, stabilised at, "
                                        "workaround at", Type.TIME),
    _field(
        "restored_at",
        "Restored",
        "restored, restored on, resolved, resolved at, resolved on, resolve time, resolved time, end, end time, end date, "
        "ended, ended at, recovered at, fixed at, resolved date, behoben, behoben am, gelöst, gelöst am, ende, "
        "wiederhergestellt, résolu le, fin, resuelto, resuelto el, completed at",
        Type.TIME,
    ),
    _field("closed_at", "Closed", "closed, closed on, closed date, close date, geschlossen, geschlossen am, fermé le, "
                                  "cerrado el, closed time, close time", Type.TIME),
    _field("status", "Status", _STATUS_NAMES, words="incident status"),
    _field("severity", "Severity", f"{_SEVERITY_NAMES}, priority, urgency, priorität, priorité, prioridad",
           words="severity"),
    _field("kind", "Kind", "incident type, type, kind of incident, typ, art, tipo", words="incident kind"),
    _field("environment", "Environment", "env, umgebung, environnement, entorno", words="environment"),
    _field("services", "Services", "service, service name, services affected, affected services, components, component, "
                                   "cmdb_ci, configuration item, affected_products, product, system, application, dienst, "
                                   "dienste, komponente, service impacté, servicio, servicios", many=True),
    _TEAM,
    _field("summary", "Summary", "description, details, beschreibung, descripción, body"),
    _field("root_cause", "Root cause", "root cause, cause, rca, u_root_cause, ursache, grundursache, cause racine, "
                                       "causa raíz"),
    _field("detection_source", "Detected by", "detected by, contact type, contact_type, channel, source of report, origin, "
           "reported through", words="detection source"),
    _field("alert_url", "Link to the alert", "alert url, alert link, link to alert"),
    _field("impact_kind", "Kind of impact", "impact kind, kind of impact, impact type, status_impact", words="impact kind"),
    _field("customer_impacted", "Customers affected", "customer impacted, customers impacted, customer facing", Type.YES_NO,
           "yes or no"),
    _field("customer_impact", "Customer impact", "customer impact, external_desc, user impact"),
    _field("customers_affected", "Number of customers", "customers affected, affected customers, users affected, "
        "affected users",
           Type.NUMBER),
    _field("revenue_impact", "Lost revenue", "revenue impact, lost revenue, revenue loss", Type.NUMBER),
    _field("should_have_caught", "Should have been caught in", "should have caught, "
        "should have been caught in", words="stage"),
    _field("escape_reason", "Why it escaped", "escape reason, why it escaped", words="escape reason"),
    _field("impact_intervals", "Impact intervals", "impact intervals", helps=True),
    _field("duplicate_of", "Duplicate of", "duplicate of, parent_incident, parent incident, duplikat von", Type.LINK),
    _field("lead", "Lead", "assignee, assigned to, owner, commander, incident commander, zugewiesen an, "
                           "asignado a", Type.PERSON),
    _field("reporter", "Reporter", "reported by, opened by, caller, caller id, created by, requester, author", Type.PERSON),
    _field("scheduled_for", "Planned for", "scheduled for, scheduled start", helps=True),
    *_SOURCE,
)  # fmt: skip

_URL = _field("url", "Link", "url, html url, web url, link, permalink")

CHANGES = (
    _field(
        "external_id",
        "ID",
        "pull request id, pr id, pull request number, pr number, pull request, pr, merge request, merge request id, mr iid, "
        "mr id, mr, change id, id, iid, number, no, key",
        required=True,
    ),
    _field("title", "Title", "summary, subject, name, titel, titre, título", required=True),
    _field(
        "opened_at",
        "Opened",
        "opened, opened on, created, created at, created on, created date, creation date, date created, date, erstellt, "
        "geöffnet, créé le, ouvert le, creado",
        Type.TIME,
        required=True,
    ),
    _field("status", "State", "state, pr state, stand, zustand, état, estado", words="change state", helps=True),
    _field("merged_at", "Merged", "merged, merged on, merge date, merged date, completed, completed at, gemergt, "
                                  "gemergt am, fusionné le, fusionado", Type.TIME),
    _field("ended_at", "Closed", "closed, closed at, closed on, closed date, close date", Type.TIME, helps=True),
    _field("committed_at", "First commit", "first commit, first commit at, commit date, first commit date", Type.TIME),
    _field("first_review_at", "First review", "first review, first reviewed at, first review date, reviewed at", Type.TIME),
    _field("lines", "Changed lines", "changed lines, lines changed, size, diff size, loc, zeilen", Type.NUMBER),
    _field("reviewers", "Reviewers", "reviewer count, number of reviewers, reviewers count", Type.NUMBER),
    _field("review_minutes", "Minutes of review", "review minutes, minutes of review, review time (minutes)", Type.NUMBER),
    _field("commit", "Merge commit", "merge commit, merge commit sha, merge sha, commit sha, commit hash, git sha, sha"),
    _field("ai_assisted", "AI-assisted", "ai assisted, ai, ai generated", Type.YES_NO, "yes or no"),
    _SERVICE,
    _TEAM,
    _URL,
    *_SOURCE,
)  # fmt: skip

DEPLOYMENTS = (
    # Lists without an ID: version, service and environment name a deployment together.
    _field(
        "external_id",
        "ID",
        "deployment id, deploy id, deployment, release id, run id, build id, id, iid, number, no",
        required=True,
        many=True,
    ),
    _field(
        "finished_at",
        "Finished",
        "finished, finished on, deployed at, deployed on, deployed, deploy time, deploy date, deployment date, deployment "
        "time, completed at, completed on, released at, released on, release date, created at, created, created on, date, "
        "time, datum, fecha, ausgeliefert am, déployé le, desplegado el",
        Type.TIME,
        required=True,
    ),
    _field("release", "Version", "version, tag, tag name, release name, build, ref, revision, git tag, versión"),
    _field("environment", "Environment", "env, target, stage, umgebung, environnement, entorno",
           words="deployment environment"),
    _field("result", "Result", "status, state, outcome, conclusion, ergebnis, résultat, resultado",
           words="deployment result"),
    _field("kind", "Kind", "type, deployment type, release type, art, typ, tipo", words="deployment kind"),
    _field("changes", "Changes it brought", "change, change ids, change references, pull requests, pull request, pull "
                                            "request ids, prs, pr, merge requests, merge request, mrs, mr, commits, commit, "
                                            "commit sha, commit id, git sha, sha, änderungen, changements, cambios",
           Type.LINK, many=True),
    _SERVICE,
    _TEAM,
    _URL,
    *_SOURCE,
)  # fmt: skip

TEAMS = (
    _field("name", "Name", "team, team name, mannschaft, gruppe, équipe, nom, equipo, nombre", required=True),
    _field("slug", "Address", "handle, identifier"),
    _field("key", "Key", "abbreviation, short name, code, prefix, kürzel, clé, clave"),
    # A text: most parents are rows of the same file, so there is nothing to match.
    _field("parent", "Parent team", "parent team, part of, department, group, tribe, bereich, abteilung, département, "
                                    "departamento"),
    _field("members_only", "Visibility", "visibility, members only, privacy, private, sichtbarkeit, visibilité, visibilidad",
           words="visibility"),
    _field("description", "Description", "purpose, about, beschreibung, descripción"),
)  # fmt: skip

PEOPLE = (
    _field("email", "Email", "email address, e-mail, mail, e-mail-adresse, adresse e-mail, courriel, correo, "
                             "correo electrónico, upn, user principal name", required=True),
    _field("name", "Name", "full name, display name, displayname, person, employee, vollständiger name, nom complet, nom, "
                           "nombre, nombre completo"),
    _field("team", "Team", "team name, squad, group, department, mannschaft, gruppe, abteilung, équipe, equipo, "
                           "departamento", Type.TEAM),
    # Not job titles: an account manager does not manage a team.
    _field("role", "Role", "team role, rolle, rôle, rol", words="role"),
)  # fmt: skip

FIELDS: dict[str, dict[str, Field]] = {
    kind: {field.key: field for field in fields}
    for kind, fields in (
        ("defects", DEFECTS),
        ("incidents", INCIDENTS),
        ("changes", CHANGES),
        ("deployments", DEPLOYMENTS),
        ("teams", TEAMS),
        ("people", PEOPLE),
    )
}
# The time that puts a record on a day.
FOUND = {"defects": "found_at", "incidents": "detected_at", "changes": "opened_at", "deployments": "finished_at"}
