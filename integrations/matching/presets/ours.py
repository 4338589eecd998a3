"""The portal's own columns, as its lists export them."""

from integrations.matching.preset import Preset


def _ours(kind: str, first: dict[str, tuple[str, ...]], names: str) -> Preset:
    columns = first | {name: (name,) for name in names.split()}
    return Preset(
        kind=kind,
        name="qmportal",
        label="This portal's columns",
        columns=columns,
        marks=("external_id", "reference", "found_at", "detected_at", "opened_at", "finished_at"),
        exact=True,
        all_types=True,
        hint=", ".join(names[0] for names in columns.values()),
    )


DEFECTS = _ours(
    "defects",
    {"external_id": ("external_id", "id"), "title": ("title",), "found_at": ("found_at", "found")},
    "reference source team severity stage_found stage_introduced stage_should_catch status resolution priority found_by "
    "service component environment version_found version_introduced version_fixed reproducibility customer_impact "
    "customers_affected support_tickets root_cause escape_reason odc_trigger odc_type odc_qualifier steps expected "
    "actual triaged_at fixed_at verified_at closed_at",
)
INCIDENTS = _ours(
    "incidents",
    {"external_id": ("external_id", "id"), "title": ("title",), "detected_at": ("detected_at", "detected")},
    "reference source team severity status kind environment services started_at acknowledged_at mitigated_at restored_at "
    "closed_at detection_source alert_url customer_impacted customer_impact customers_affected revenue_impact impact_kind "
    "summary root_cause should_have_caught escape_reason impact_intervals",
)
CHANGES = _ours(
    "changes",
    {"external_id": ("external_id", "id"), "title": ("title",), "opened_at": ("opened_at", "opened")},
    "reference source team service lines reviewers review_minutes ai_assisted committed_at first_review_at merged_at commit "
    "url",
)
DEPLOYMENTS = _ours(
    "deployments",
    {"external_id": ("external_id", "id"), "finished_at": ("finished_at", "finished")},
    "reference source team service environment release result kind changes url",
)
