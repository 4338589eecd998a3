"""What other tools' words mean in the portal, in the languages they export. Plain Python.

`VOCABULARY[list][word]` is the portal's key. Words are compared by `plain`, so case, accents and punctuation don't matter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Besides a key or "" (no value), a word may mean one of these.
LEAVE_OUT = "(leave out)"
UNKNOWN = "(unknown)"
DEFECT = "defect"
# If all rows are wanted, words that mean "not a defect" get these keys instead.
WANTED = {"severity": "SEV4", "resolution": "declined"}

# Longer texts are not names, and not cached.
LONGEST_KEPT = 100
# What people and tools write in a cell without a value.
EMPTY_MARKS = frozenset({"", "?", "-", "--", "---", "n/a", "null"})


def plain(name: str) -> str:
    """The form in which names are compared: "Fix Version/s" and "FIX-VERSION S" are equal, "Lösung" is "losung"."""
    return _plain(name) if len(name) <= LONGEST_KEPT else _plain.__wrapped__(name)


@lru_cache(maxsize=20_000)
def _plain(name: str) -> str:
    if not name.isascii():
        name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()


def _list(**words: str) -> dict[str, str]:
    """Turns {key: "a, b"} into {"a": key, "b": key}."""
    return {plain(word): key for key, text in words.items() for word in text.split(",")}


PRIORITY = _list(
    urgent="highest, urgent, immediate, blocker, critical, p0, p1, höchste, dringend, sofort, la plus élevée, urgente, "
    "más alta, crítica",
    high="high, major, p2, hoch, élevée, haute, alta",
    medium="medium, normal, moderate, p3, mittel, moyenne, normale, media, normal",
    low="low, minor, lowest, trivial, planning, p4, p5, niedrig, niedrigste, gering, faible, basse, la plus faible, baja, "
    "más baja",
) | {"none": "", "not set": "", "undefined": "", "keine": "", "aucune": "", "ninguna": ""}

# Without a severity in the file, a new record gets it from the tracker's priority.
SEVERITY_OF_PRIORITY = {"urgent": "SEV1", "high": "SEV2", "medium": "SEV3", "low": "SEV4", "": "SEV3"}
SEVERITY = _list(
    SEV1="blocker, critical, showstopper, catastrophic, fatal, crash, emergency, urgent, kritisch, blockierend, critique, "
    "bloquant, crítica, crítico, bloqueante",
    SEV2="major, high, severe, serious, significant, hoch, schwer, schwerwiegend, élevée, élevé, majeur, majeure, alta, "
    "mayor, grave",
    SEV3="moderate, medium, normal, average, mittel, moyenne, moyen, modéré, media, moderado, normale",
    SEV4="minor, low, trivial, cosmetic, tweak, text, informational, info, negligible, niedrig, gering, kosmetisch, "
    "faible, mineur, mineure, cosmétique, baja, menor, trivial, cosmético",
) | {
    **{f"{mark}{number}": f"SEV{number}" for number in (1, 2, 3, 4) for mark in ("sev", "sev ", "s", "p", "")},
    **dict.fromkeys(("sev0", "sev 0", "s0", "p0", "0"), "SEV1"),
    **dict.fromkeys(("sev5", "sev 5", "s5", "p5", "5"), "SEV4"),
    **dict.fromkeys(("none", "not set", "undefined"), ""),
    **dict.fromkeys(("enhancement", "feature", "feature request", "improvement", "wishlist"), LEAVE_OUT),
}
IMPACT = {"critical": "SEV1", "major": "SEV2", "minor": "SEV3", "none": "SEV4", "maintenance": "SEV4"}

STAGE = {
    **dict.fromkeys(("design", "requirements", "requirement", "specification", "anforderung", "entwurf"), "design"),
    **dict.fromkeys(("coding", "development", "dev", "implementation", "entwicklung", "desarrollo"), "coding"),
    **dict.fromkeys(("pre commit", "precommit", "unit test", "unit testing", "unit tests"), "pre-commit"),
    **dict.fromkeys(("code review", "review", "pull request", "peer review", "inspection"), "code-review"),
    **dict.fromkeys(
        ("ci", "caught", "test", "testing", "tests", "qa", "integration", "integration test", "integration testing",
         "system test", "system testing", "regression", "regression test", "sit", "qualité", "pruebas"),
        "ci",
    ),
    **dict.fromkeys(
        ("pre deploy", "predeploy", "staging", "stage", "uat", "pre production", "preproduction", "pre prod", "preprod",
         "acceptance", "acceptance test", "acceptance testing", "abnahme", "abnahmetest", "recette", "préproduction"),
        "pre-deploy",
    ),
    **dict.fromkeys(
        ("production", "prod", "live", "escaped", "customer", "customers", "field", "release", "released", "post release",
         "produktion", "kunde", "betrieb", "client", "producción", "cliente"),
        "production",
    ),
}  # fmt: skip
STAGE = {plain(word): key for word, key in STAGE.items()} | dict.fromkeys(("unknown", "unbekannt", "other"), UNKNOWN)

RESOLUTION = {
    plain(word): key
    for words, key in (
        ("fixed, done, resolved, complete, completed, solved, fix, closed, merged, behoben, erledigt, fertig, gelöst, "
         "corrigé, résolu, terminé, corregido, resuelto, resuelta, solucionado, hecho, finalizado, software failure, "
         "hardware failure, solved permanently, solved remotely permanently, solved work around, solved workaround, "
         "workaround provided, resolved by change, resolved by problem, permanently resolved", "fixed"),
        ("won't fix, wontfix, won't do, wont do, wont fix, will not fix, deferred, later, postponed, remind, not planned, "
         "not_planned, known error, wird nicht behoben, ne sera pas corrigé, ne pas corriger, no se corregirá, "
         "no se hará", "wont_fix"),
        ("works as designed, as designed, not a bug, notabug, by design, as expected, working as intended, not an issue, "
         "answered, user error, funktioniert wie entworfen, kein fehler", "works_as_designed"),
        ("cannot reproduce, can't reproduce, worksforme, works for me, incomplete, needs more info, needinfo, "
         "could not reproduce, not reproducible, not_reproducible, noresponse, no response, unable to reproduce, "
         "insufficient information, insufficient_data, obsolete, nicht reproduzierbar, impossible à reproduire, "
         "non reproductible, no se puede reproducir, no reproducible", "cannot_reproduce"),
        ("duplicate, dup, duplicated, duplikat, doublon, dupliqué, duplicado, duplicada", "duplicate"),
        ("invalid, support, rejected, spam, not applicable, wrong, misfiled, ungültig, abgelehnt, non valide, rejeté, "
         "inválido, no válido, rechazado", "invalid"),
        ("external, moved, not our bug, upstream, notourbug, third party, vendor, extern, externe, externo", "external"),
        ("declined, declined by policy, expired, inactive, hold, abandoned, ignored, archived, muted, cancelled, "
         "canceled, eol, removed, rejected by policy, closed/resolved by caller, abgebrochen, annulé, cancelado, "
         "cancelada, stale", "declined"),
        ("feature, enhancement, feature request", LEAVE_OUT),
        ("unresolved, none, open, not closed, nicht erledigt, offen, non résolu, sin resolver, reopened", ""),
    )
    for word in words.split(",")
}  # fmt: skip

# Issue types that are defects. All others are work.
DEFECT_TYPES = _list(
    defect="bug, bugs, fault, error, problem, regression, crash, failure, fehler, fehlerbericht, bogue, anomalie, défaut, "
    "erreur, defecto, fallo, erro, difetto",
) | {DEFECT: DEFECT}

STATUS = {
    "defect": _list(
        new="open, new, to do, todo, backlog, reopened, unresolved, unconfirmed, submitted, reported, proposed, opened, "
        "created, needs triage, offen, neu, zu erledigen, wiedereröffnet, ouvert, nouveau, à faire, rouvert, abierto, "
        "abierta, nuevo, nueva, por hacer, tareas por hacer, reabierto, unassigned, needinfo, needs information",
        triaged="triaged, selected for development, ready for development, accepted, confirmed, acknowledged, approved, "
        "ready, ready for dev, planned, assigned to team, bestätigt, accepté, confirmado",
        in_progress="in progress, in review, in development, code review, assigned, started, doing, work in progress, "
        "wip, under review, in arbeit, wird bearbeitet, in bearbeitung, in umsetzung, en cours, en curso, "
        "en progreso, in_progress, review, committed, active, blocked, waiting, pending, feedback, on hold",
        fixed="resolved, fixed, in test, in testing, in qa, in qe test, ready for test, ready for testing, ready for qa, "
        "ready for release, ready for deployment, testing, qa, test, on qa, merged, modified, post, gelöst, "
        "behoben, im test, résolu, résolue, corrigé, resuelto, resuelta, corregido",
        verified="verified, tested, qa passed, release pending, geprüft, verifiziert, vérifié, verificado",
        closed="closed, done, released, rejected, complete, completed, finished, deployed, removed, won't do, won't fix, "
        "wont fix, wont do, cancelled, canceled, declined, invalid, abandoned, ignored, archived, "
        "resolved_in_next_release, fertig, geschlossen, erledigt, abgeschlossen, abgelehnt, abgebrochen, fermé, "
        "fermée, terminé, terminée, terminé(e), fini, annulé, rejeté, cerrado, cerrada, finalizado, finalizada, "
        "hecho, hecha, listo, cancelado, cancelada, rechazado",
        duplicate="duplicate, duplikat, doublon, duplicado",
    ),
    "incident": _list(
        triage="new, open, triggered, triage, reported, unassigned, neu, offen, nouveau, ouvert, nuevo, abierto, detected",
        active="active, investigating, identified, in progress, acknowledged, acked, accepted, queued, scheduled, assigned, "
        "awaiting user info, awaiting problem, awaiting vendor, awaiting evidence, awaiting caller, on hold, "
        "pending, work in progress, reopened, in arbeit, in bearbeitung, en cours, en curso, update, "
        "service_disruption, service_outage, service_information, ongoing",
        mitigated="monitoring, verifying, mitigated, stabilised, stabilized, fixing complete",
        restored="resolved, postmortem, completed, restored, recovered, fixed, available, ended, gelöst, behoben, résolu, "
        "resuelto, post-incident, false_positive",
        closed="closed, done, complete, geschlossen, abgeschlossen, fermé, cerrado, finished, reviewed",
        cancelled="cancelled, canceled, declined, rejected, false alarm, abgebrochen, annulé, cancelado, suppressed",
        duplicate="duplicate, merged, duplikat",
    ),
}

KIND = _list(
    real="real, incident, outage, unplanned, störung, degradation, production incident",
    retrospective="retrospective, back-filled, backfilled, backfill",
    exercise="exercise, drill, game day, gameday, test, simulation, tutorial, übung, exercice, simulacro, chaos",
    maintenance="maintenance, planned maintenance, scheduled maintenance, scheduled, planned, wartung, mantenimiento",
)
ENVIRONMENT = _list(
    production="production, prod, live, prd, produktion, producción",
    staging="staging, stage, uat, preprod, pre production, acceptance, qa, test, testing, abnahme, recette",
    other="other, development, dev, local, sandbox, lab, integration, demo",
)
FOUND_BY = _list(
    customer="customer, client, user, end user, external, customer support, support, kunde, cliente, field",
    tester="tester, qa, test team, quality assurance, testing, internal testing, manual test",
    developer="developer, dev, engineer, engineering, entwickler, desarrollador, développeur, internal",
    automated_test="automated test, automation, automated tests, ci, test automation, unit test",
    monitor="monitor, monitoring, alert, alerting, telemetry",
    static_analysis="static analysis, linter, sast, sonar, code scan, scanner",
    review="review, code review, inspection, peer review",
)
DETECTION = _list(
    monitor="monitor, monitoring, alert, alerting, event, automated, api, integration, event management",
    customer="customer, client, user, end user, customer report, support, self-service, phone, email, e-mail, chat, kunde",
    internal_user="internal user, employee, staff, internal, walk-in",
    engineer="engineer, developer, on call, on-call, operator, manual",
    test="test, synthetic, smoke test",
    partner="partner, vendor, third party, supplier",
)
IMPACT_KIND = _list(
    outage="outage, down, unavailable, service_outage, full outage, ausfall",
    degraded="degraded, degradation, slow, partial, partial outage, performance, service_disruption",
    data_loss="data loss, data corruption, datenverlust",
    security="security, breach, vulnerability, sicherheit",
    none="none, no impact, service_information, keine",
)
CUSTOMER_IMPACT = _list(
    none="none, no impact, keine",
    cosmetic="cosmetic, trivial",
    workaround="workaround, there is a workaround",
    blocked="blocked, no workaround",
    data_loss="data loss, data corruption, datenverlust",
)
REPRODUCIBILITY = _list(
    always="always, immer, 100%",
    sometimes="sometimes, intermittent, random, manchmal",
    rarely="rarely, seldom, selten",
    once="once, seen once, have not tried, unable to reproduce",
)
YES_NO = _list(
    yes="yes, true, 1, y, x, ja, oui, si, sí, on", no="no, false, 0, n, nein, non, off",
)  # fmt: skip
ROLE = _list(
    manager="manager, lead, team lead, owner, admin, leiter, teamleiter, leitung, responsable, jefe, maintainer",
    engineer="engineer, developer, member, dev, tester, qa, entwickler, mitglied, membre, développeur, miembro, "
    "desarrollador",
    trainee="trainee, new hire, apprentice, intern, junior, azubi, stagiaire, aprendiz",
)
ESCAPE_REASON = _list(
    no_test="no test, not tested, missing test",
    test_wrong="the test was wrong, test wrong, wrong test",
    test_skipped="the test was skipped or flaky, test skipped, skipped, flaky, flaky test",
    environment="the environment differs, environment, environment differs",
    data="the data differs, data, data differs, test data",
    review="the code review missed it, review, code review, review missed",
    requirement="requirement gap, requirement, requirements, unclear requirement",
    monitoring="monitoring gap, monitoring, no alert",
    accepted="accepted risk, accepted, known risk",
)
VISIBILITY = _list(
    members="members, members only, private, hidden, secret, confidential, restricted, yes, y, true, x, 1, ja, oui, sí, "
    "privat, privé, privado",
    everyone="everyone, public, visible, open, internal, organisation, organization, no, n, false, 0, nein, non, "
    "öffentlich, publique, público",
)
CHANGE_STATE = _list(
    open="open, opened, active, draft, in review, review required, approved, changes requested, offen, ouvert, abierto",
    merged="merged, completed, complete, integrated, gemergt, fusionné, fusionado",
    abandoned="closed, abandoned, declined, rejected, superseded, locked, cancelled, canceled, geschlossen, fermé, cerrado",
)
DEPLOYMENT_ENVIRONMENT = _list(
    production="production, prod, prd, live, produktion, producción",
    staging="staging, stage, stg, uat, preprod, pre production, pre prod, acceptance, abnahme, recette",
    test="test, testing, tst, qa, ci, integration, development, dev, sandbox, preview, lab",
)
DEPLOYMENT_RESULT = _list(
    # A deployment is replaced only after it has succeeded.
    succeeded="succeeded, success, successful, ok, passed, pass, deployed, complete, completed, done, finished, active, "
    "inactive, destroyed, erfolgreich, réussi, correcto",
    failed="failed, failure, error, errored, rolled back, rollback, rolledback, partially succeeded, partiallysucceeded, "
    "fail, fehlgeschlagen, échoué, fallido",
) | dict.fromkeys(
    ("in progress", "inprogress", "queued", "pending", "waiting", "running", "created", "not deployed", "notdeployed",
     "abandoned", "cancelled", "canceled", "skipped", "blocked", "undefined", "rejected"),
    LEAVE_OUT,
)  # fmt: skip
DEPLOYMENT_KIND = _list(
    planned="planned, release, prerelease, pre release, regular, normal, standard, scheduled, feature, geplant, planifié",
    rework="rework, hotfix, hot fix, fix, bugfix, patch, emergency, unplanned, rollback, revert, notfall, urgence",
)
CATEGORY = _list(
    new="to do, new, zu erledigen, à faire, por hacer, proposed",
    in_progress="in progress, in arbeit, en cours, en curso, indeterminate",
    closed="done, complete, fertig, terminé, listo, finalizado, completed, removed",
)

VOCABULARY: dict[str, dict[str, str]] = {
    "priority": PRIORITY,
    "severity": SEVERITY,
    "stage": STAGE,
    "resolution": RESOLUTION,
    "defect status": STATUS["defect"],
    "incident status": STATUS["incident"],
    "issue type": DEFECT_TYPES,
    "status category": CATEGORY,
    "incident kind": KIND,
    "environment": ENVIRONMENT,
    "found by": FOUND_BY,
    "detection source": DETECTION,
    "impact kind": IMPACT_KIND,
    "escape reason": ESCAPE_REASON,
    "customer impact": CUSTOMER_IMPACT,
    "reproducibility": REPRODUCIBILITY,
    "yes or no": YES_NO,
    "role": ROLE,
    "visibility": VISIBILITY,
    "change state": CHANGE_STATE,
    "deployment environment": DEPLOYMENT_ENVIRONMENT,
    "deployment result": DEPLOYMENT_RESULT,
    "deployment kind": DEPLOYMENT_KIND,
}

# {list: {key: label}} that a person can choose from. Severities and stages are in the database instead.
KEYS: dict[str, dict[str, str]] = {
    "priority": {"urgent": "Urgent", "high": "High", "medium": "Medium", "low": "Low"},
    "resolution": {
        "fixed": "Fixed",
        "wont_fix": "Won't fix",
        "works_as_designed": "Works as designed",
        "cannot_reproduce": "Cannot reproduce",
        "duplicate": "Duplicate",
        "invalid": "Invalid",
        "external": "External",
        "declined": "Declined by policy",
    },
    "defect status": {
        "new": "New",
        "triaged": "Triaged",
        "in_progress": "In progress",
        "fixed": "Fixed",
        "verified": "Verified",
        "closed": "Closed",
        "duplicate": "Duplicate",
        "rejected": "Rejected",
    },
    "incident status": {
        "triage": "Triage",
        "active": "Active",
        "mitigated": "Mitigated",
        "restored": "Restored",
        "closed": "Closed",
        "cancelled": "Cancelled",
        "duplicate": "Duplicate",
    },
    "issue type": {DEFECT: "A defect"},
    "status category": {"new": "To do", "in_progress": "In progress", "closed": "Done"},
    "incident kind": {
        "real": "Real",
        "retrospective": "Back-filled",
        "exercise": "Exercise",
        "maintenance": "Planned maintenance",
    },
    "environment": {"production": "Production", "staging": "Staging", "other": "Other"},
    "found by": {
        "customer": "Customer",
        "tester": "Tester",
        "developer": "Developer",
        "automated_test": "Automated test",
        "monitor": "Monitor",
        "static_analysis": "Static analysis",
        "review": "Review",
    },
    "detection source": {
        "monitor": "Monitor",
        "customer": "Customer",
        "internal_user": "Internal user",
        "engineer": "Engineer",
        "test": "Test",
        "partner": "Partner",
    },
    "impact kind": {
        "outage": "Outage",
        "degraded": "Degraded",
        "data_loss": "Data loss",
        "security": "Security",
        "none": "None",
    },
    "customer impact": {
        "none": "None",
        "cosmetic": "Cosmetic",
        "workaround": "There is a workaround",
        "blocked": "Blocked",
        "data_loss": "Data loss",
    },
    "reproducibility": {"always": "Always", "sometimes": "Sometimes", "rarely": "Rarely", "once": "Seen once"},
    "escape reason": {
        "no_test": "No test",
        "test_wrong": "The test was wrong",
        "test_skipped": "The test was skipped or flaky",
        "environment": "The environment differs",
        "data": "The data differs",
        "review": "The code review missed it",
        "requirement": "Requirement gap",
        "monitoring": "Monitoring gap",
        "accepted": "Accepted risk",
    },
    "odc trigger": {
        "design_conformance": "Design conformance",
        "logic_flow": "Logic or flow",
        "compatibility": "Compatibility",
        "concurrency": "Concurrency",
        "documentation": "Internal documentation",
        "side_effects": "Side effects",
        "rare_situation": "Rare situation",
        "simple_path": "Simple path",
        "complex_path": "Complex path",
        "coverage": "Test coverage",
        "variation": "Test variation",
        "sequencing": "Test sequencing",
        "interaction": "Test interaction",
        "workload": "Workload or stress",
        "recovery": "Recovery or exception",
        "startup": "Start-up or restart",
        "configuration": "Configuration",
    },
    "odc type": {
        "function": "Function",
        "interface": "Interface",
        "checking": "Checking",
        "assignment": "Assignment",
        "timing": "Timing or serialisation",
        "algorithm": "Algorithm",
        "build": "Build or package",
        "documentation": "Documentation",
    },
    "odc qualifier": {"missing": "Missing", "incorrect": "Incorrect", "extraneous": "Extraneous"},
    "yes or no": {"yes": "Yes", "no": "No"},
    "role": {"manager": "Manager", "engineer": "Engineer", "trainee": "Trainee"},
    "visibility": {"members": "Members only", "everyone": "Everyone"},
    "change state": {"open": "Open", "merged": "Merged", "abandoned": "Closed without a merge"},
    "deployment environment": {"production": "Production", "staging": "Staging", "test": "Test"},
    "deployment result": {"succeeded": "Succeeded", "failed": "Failed"},
    "deployment kind": {"planned": "Planned", "rework": "Rework"},
}

# Lists that only have their own words.
for _name in ("odc trigger", "odc type", "odc qualifier"):
    VOCABULARY[_name] = _list(**{key: f"{key}, {label}" for key, label in KEYS[_name].items()})

# "Severity 1", "S1 - Critical", "2 - High", "Priority 3 (medium)", "[P4]"
NUMBERED = re.compile(r"(?:(?:sev(?:erity)?|s|p(?:rio(?:rity)?)?|level|schweregrad|prioritat|gravite) ?)?([0-5])(?: .*)?")
# "Critical (1)", "High - 2"
NUMBER_LAST = re.compile(r"(.+?) [0-5]")
BY_NUMBER = {
    "severity": ("SEV1", "SEV1", "SEV2", "SEV3", "SEV4", "SEV4"),
    "priority": ("urgent", "urgent", "high", "medium", "low", "low"),
}


def meaning(words: str, text: str) -> str | None:
    """The key for a word of this list, which may come with a number; None if it is unknown."""
    name = plain(text)
    known = VOCABULARY[words]
    if name in known:
        return known[name]
    if (numbers := BY_NUMBER.get(words)) and (match := NUMBERED.fullmatch(name)):
        return numbers[int(match[1])]
    without = NUMBER_LAST.fullmatch(name)
    return known.get(without[1]) if without else None
