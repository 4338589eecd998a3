"""A tracker archive in which someone marked each row as escaped or caught."""

from integrations.matching.preset import Preset

DEFECTS = Preset(
    kind="defects",
    name="titanium",
    label="Tracker archive with found_in (escaped, caught)",
    columns={
        "external_id": ("external_id",),
        "title": ("title",),
        "found_at": ("opened_at",),
        "stage_found": ("found_in",),
        "source": ("source",),
        "team": ("team",),
        "component": ("component",),
        "severity": ("severity",),
        "priority": ("priority",),
        "status": ("status",),
        "resolution": ("resolution",),
        "issue_type": ("issue_type",),
        "version_found": ("version",),
        "version_fixed": ("fix_version",),
        "ended_at": ("resolved_at",),
    },
    marks=("found_in",),
    all_types=True,
    hint="found_in: escaped means production, caught means CI, empty means stage unknown. "
    "Every row is a defect, whatever its issue type.",
)
