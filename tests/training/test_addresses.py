"""Addresses that people have kept: bookmarks, mails and links between library pages lead where they always led."""

import pytest
from django.urls import resolve, reverse

UUID = "2b1e6a5e-5f0e-4b8e-9d43-0d9f3c3f7a11"
KEPT = {
    "/training/scenarios/": "training:list",
    "/training/scenarios/zero_bug_policy/": "training:intro",
    "/training/attempts/7/": "training:attempt",
    "/training/attempts/7/steps/2/": "training:step",
    "/training/checks/": "training:checks",
    "/training/checks/escaped_defect_rate/": "training:check",
    "/training/checks/escaped_defect_rate/7/": "training:check_answer",
    "/training/library/": "library:library",
    "/training/library/mttr/": "library:page",
    "/training/library/mttr/edit/": "library:page_edit",
    "/training/library/links/": "library:links_edit",
    "/training/library/links/new/": "library:link_create",
    "/training/library/links/7/": "library:link_edit",
    "/training/diagnostic/": "training:diagnostic",
    "/training/diagnostic/7/": "training:diagnosis",
    "/training/advice/": "training:advice",
    "/training/advice/7/": "training:advice_answer",
    "/training/mine/": "training:mine",
    "/training/mine/statements.jsonl": "training:my_statements",
    "/training/progress/": "training:progress",
    "/training/progress/statements.jsonl": "training:statements",
    "/training/plans/": "training:plans",
    "/training/plans/new/": "training:plan_create",
    "/training/plans/7/": "training:plan",
    "/training/plans/7/edit/": "training:plan_edit",
    "/training/plans/7/assign/": "training:assign",
    f"/training/certificates/{UUID}/revoke/": "training:revoke",
    "/training/authoring/": "scenarios:authoring",
    "/training/authoring/new/": "scenarios:authoring_new",
    "/training/authoring/tiny/draft/": "scenarios:authoring_edit",
    "/training/authoring/tiny/texts/": "scenarios:authoring_texts",
    "/training/authoring/tiny/preview/": "scenarios:authoring_preview",
    "/training/authoring/tiny/export/": "scenarios:authoring_export",
    "/training/authoring/tiny/publish/": "scenarios:authoring_publish",
    "/training/authoring/tiny/versions/": "scenarios:authoring_versions",
    "/training/authoring/tiny/versions/2/void/": "scenarios:authoring_void",
    "/training/authoring/tiny/analytics/": "scenarios:analytics",
    f"/verify/{UUID}/": "verify",
    f"/verify/{UUID}/badge.json": "badge",
}


@pytest.mark.parametrize(("address", "name"), KEPT.items())
def test_addresses_stay(address, name):
    found = resolve(address)
    assert found.view_name == name
    assert reverse(name, kwargs=found.kwargs) == address
