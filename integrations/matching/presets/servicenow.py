"""ServiceNow: an incident list, or a log with a row for each change of an incident."""

from integrations.matching.preset import Preset

INCIDENTS = Preset(
    kind="incidents",
    name="servicenow",
    label="ServiceNow incidents (list or task log)",
    columns={
        "external_id": ("Number", "task_number", "Task"),
        "title": ("Short description", "Description", "u_symptom", "subcategory", "Category"),
        "detected_at": ("Opened", "opened_at", "Created", "sys_created_on", "sys_created_at"),
        "status": ("State", "Incident state", "incident_state"),
        "severity": ("Priority", "Severity", "Impact"),
        "restored_at": ("Resolved", "resolved_at", "u_resolved"),
        "closed_at": ("Closed", "closed_at"),
        "services": ("Configuration item", "cmdb_ci", "Service", "business_service"),
        "team": ("Team", "Assignment group", "assignment_group"),
        "summary": ("Description", "description"),
        "root_cause": ("Cause", "caused_by", "u_root_cause"),
        "detection_source": ("Channel", "Contact type", "contact_type"),
        "duplicate_of": ("Parent Incident", "parent_incident"),
        "lead": ("Assigned to", "assigned_to"),
        "changed_at": ("Updated", "sys_updated_on", "sys_updated_at"),
    },
    marks=("Short description", "incident_state", "Incident state", "sys_mod_count", "Assignment group", "sys_updated_on"),
    words={
        "status": {
            **{"1": "triage", "2": "active", "3": "active", "4": "active", "5": "active", "6": "restored", "7": "closed"},
            **{"8": "cancelled", "-100": "active"},
        },
    },
    helpers=("changed_at",),
    folds=True,
    hint="A log with several rows per number becomes one incident each, with its first opening and last state.",
    steps=(
        "Open *Incident*, then *All*.",
        "Right-click any column heading. The list needs *Opened*, *Resolved* and *Closed*; add them with "
        "the gear at the left.",
        "Choose *Export*, then *CSV* or *Excel*.",
    ),
)
