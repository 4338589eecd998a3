"""Changes and deployments from files: exports of other tools, lists of one's own, and our own lists back again."""

import io
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from dashboards.delivery import figure
from integrations.matching.guess import guess
from integrations.matching.presets import PRESETS
from integrations.matching.survey import Survey
from integrations.models import ImportJob
from integrations.shipping import names_in
from pipeline.models import Change, Deployment, ReviewLimits
from qmportal.lib.days import Window, local_day
from teams.models import Role
from tests.factories import NOON, make_change, make_deployment, make_incident, make_member, make_service, make_team
from tests.integrations.test_import_pages import checked, page
from tests.integrations.test_tools import read, time
from tests.integrations.test_undo import imported, undo_it

GITHUB_REST = [
    {
        "node_id": f"PR_{number}",
        "number": number,
        "html_url": f"https://github.com/o/r/pull/{number}",
        "url": f"https://api.github.com/repos/o/r/pulls/{number}",
        "state": state,
        "title": "Round late",
        "body": "Assisted-by: a tool" if number == 1 else None,
        "user": {"login": "ann"},
        "labels": [{"name": "no-ai"}] if number == 2 else [],
        "created_at": "2026-03-01T09:00:00Z",
        "closed_at": closed,
        "merged_at": merged,
        "merge_commit_sha": "f4b8",
        "draft": False,
        "requested_reviewers": [],
        "base": {"repo": {"name": "cards", "full_name": "o/cards"}},
    }
    for number, state, closed, merged in (
        (1, "closed", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        (2, "open", None, None),
        (3, "closed", "2026-03-02T09:00:00Z", None),
    )
]
GH = [
    {
        "id": "PR_9",
        "number": 9,
        "title": "Round early",
        "state": "MERGED",
        "createdAt": "2026-03-01T09:00:00Z",
        "mergedAt": "2026-03-02T09:00:00Z",
        "closedAt": "2026-03-02T09:00:00Z",
        "additions": 120,
        "deletions": 30,
        "author": {"login": "ann"},
        "labels": [],
        "url": "https://github.com/o/r/pull/9",
        "mergeCommit": {"oid": "4acd"},
        "reviews": [
            {"author": {"login": "ann"}, "submittedAt": "2026-03-01T10:00:00Z", "state": "COMMENTED"},
            {"author": {"login": "bob"}, "submittedAt": "2026-03-01T12:00:00Z", "state": "APPROVED"},
            {"author": {"login": "bob"}, "submittedAt": "2026-03-01T11:00:00Z", "state": "COMMENTED"},
            {"author": {"login": "eve"}, "submittedAt": "2026-03-01T13:00:00Z", "state": "APPROVED"},
        ],
        "commits": [{"authoredDate": "2026-02-27T10:00:00Z", "messageBody": "Generated-by: none"}],
    },
]
GH_CSV = """
number,title,state,createdAt,mergedAt,additions,deletions,url
9,Round early,MERGED,2026-03-01T09:00:00Z,2026-03-02T09:00:00Z,120,30,https://github.com/o/r/pull/9
10,Round late,OPEN,2026-03-01T09:00:00Z,,1,0,https://github.com/o/r/pull/10
"""
GITLAB_CSV = """
Title,Description,MR IID,URL,State,Source Branch,Target Branch,Source Project ID,Target Project ID,Author,Author Username,\
Assignees,Assignee Usernames,Approvers,Approver Usernames,Merged User,Merged Username,Milestone ID,\
Created At (UTC),Updated At (UTC)
Round late,,7,https://gitlab.com/o/r/-/merge_requests/7,merged,late,main,1,1,Ann,ann,,,"Bob, Eve","bob, eve",Bob,bob,,\
2026-03-01 09:00:00 UTC,2026-03-02 09:00:00 UTC
Round never,,8,https://gitlab.com/o/r/-/merge_requests/8,closed,never,main,1,1,Ann,ann,,,,,,,,\
2026-03-01 09:00:00 UTC,2026-03-02 09:00:00 UTC
"""
GITLAB_JSON = [
    {
        "id": 900,
        "iid": 7,
        "title": "Round late",
        "description": "",
        "state": "merged",
        "created_at": "2026-03-01T09:00:00.000Z",
        "updated_at": "2026-04-01T09:00:00.000Z",
        "merged_at": "2026-03-02T09:00:00.000Z",
        "closed_at": None,
        "source_branch": "late",
        "target_branch": "main",
        "sha": "19a2",
        "merge_commit_sha": None,
        "squash_commit_sha": "f8c6",
        "labels": ["ai-assisted"],
        "reviewers": [{"id": 1, "username": "bob", "name": "Bob"}],
        "web_url": "https://gitlab.com/o/r/-/merge_requests/7",
    }
]
AZURE_PULLS = [
    {
        "pullRequestId": number,
        "title": "Round late",
        "status": status,
        "creationDate": "2026-03-01T09:00:00.123456+00:00",
        "lastMergeCommit": {"commitId": "19a2"},
        "closedDate": "2026-03-02T09:00:00.123456+00:00" if status != "active" else None,
        "reviewers": [{"displayName": "Bob", "vote": 10}, {"displayName": "Eve", "vote": 0}],
        "repository": {"name": "cards", "webUrl": "https://dev.azure.com/o/p/_git/cards"},
        "sourceRefName": "refs/heads/late",
        "targetRefName": "refs/heads/main",
    }
    for number, status in ((1, "completed"), (2, "active"), (3, "abandoned"))
]
OWN_CHANGES = """
PR;Title;Opened on;Merged on;Lines changed;Reviewers;Link
12;Round late;13.03.2026 09:00;14.03.2026 09:00;1.200;2;see PR
13;Round early;13.03.2026 09:00;;40;;
"""
GITHUB_DEPLOYMENTS = [
    {
        "id": f"DE_{number}",
        "environment": environment,
        "createdAt": "2026-03-01T09:00:00Z",
        "state": state,
        "commitOid": "f4b8f6c1",
        "ref": {"name": "v1"},
        "statuses": {"nodes": statuses},
    }
    for number, environment, state, statuses in (
        (
            1,
            "production",
            "INACTIVE",
            [
                {"state": "INACTIVE", "createdAt": "2026-03-09T09:00:00Z"},
                {"state": "SUCCESS", "createdAt": "2026-03-01T09:05:00Z"},
                {"state": "IN_PROGRESS", "createdAt": "2026-03-01T09:01:00Z"},
            ],
        ),
        (2, "staging", "FAILURE", [{"state": "FAILURE", "createdAt": "2026-03-01T09:04:00Z"}]),
        (3, "production", "QUEUED", []),
    )
]
GITHUB_DEPLOYMENTS_REST = [
    {
        "node_id": "DE_1",
        "id": 1,
        "sha": "f4b8",
        "ref": "v1",
        "task": "deploy",
        "original_environment": "production",
        "environment": "production",
        "created_at": "2026-03-01T09:00:00Z",
        "updated_at": "2026-03-09T09:00:00Z",
        "statuses_url": "https://api.github.com/repos/o/r/deployments/1/statuses",
        "production_environment": True,
    }
]
GITLAB_DEPLOYMENTS = [
    {
        "id": 41 + number,
        "iid": number,
        "ref": "v1",
        "sha": "f4b8",
        "status": status,
        "created_at": "2026-03-01T09:00:00.000Z",
        "updated_at": "2026-03-01T09:10:00.000Z",
        "environment": {"id": 9, "name": "production", "external_url": "https://example.org"},
        "deployable": {"id": 1, "status": status, "finished_at": "2026-03-01T09:08:00.000Z"},
    }
    for number, status in ((1, "success"), (2, "canceled"))
]
AZURE_RELEASES = {
    "count": 1,
    "value": [
        {
            "id": 5,
            "release": {"id": 3, "name": "Release-3"},
            "releaseDefinition": {"id": 1, "name": "cards"},
            "releaseEnvironment": {"id": 2, "name": "Production"},
            "deploymentStatus": "partiallySucceeded",
            "operationStatus": "PhasePartiallySucceeded",
            "queuedOn": "2026-03-01T09:00:00.000Z",
            "completedOn": "2026-03-01T09:08:00.000Z",
        }
    ],
}
TAGS = """
tag,created_at,commit,kind
v1,2026-03-01T09:00Z,f4b8f6c191e872907dc4b362da39e43a78cf6188,release
v2,2026-03-02T09:00Z,4acde6d79cb61ab0415f0f75a55f7975953d6459,prerelease
v2.1,2026-03-03T09:00Z,5acde6d79cb61ab0415f0f75a55f7975953d6459,hotfix
"""
OWN_DEPLOYMENTS = """
Deployed at,Version,Service,Env,Status
2026-03-01 09:00,v1,cards,staging,OK
2026-03-01 10:00,v1,cards,live,OK
2026-03-02 10:00,v1,cards,live,rolled back
"""


@pytest.mark.parametrize(
    ("content", "key", "expected"),
    [
        (
            GITHUB_REST,
            "changes/github",
            [
                {
                    "external_id": "PR_1", "title": "Round late", "opened_at": time("2026-03-01T09:00"),
                    "merged_at": time("2026-03-02T09:00"), "url": "https://github.com/o/r/pull/1", "ai_assisted": True,
                    "service": "cards", "commit": "f4b8",
                },
                {"external_id": "PR_2", "merged_at": None, "ai_assisted": False, "commit": None},
                "closed without a merge",
            ],
        ),
        (
            GH,
            "changes/github",
            [
                {
                    "external_id": "PR_9", "lines": 150, "reviewers": 2, "first_review_at": time("2026-03-01T11:00"),
                    "committed_at": time("2026-02-27T10:00"), "ai_assisted": False, "url": "https://github.com/o/r/pull/9",
                    "commit": "4acd",
                },
            ],
        ),
        (GH_CSV, "changes/github", [{"external_id": "9", "lines": 150}, {"external_id": "10", "merged_at": None}]),
        (
            GITLAB_CSV,
            "changes/gitlab",
            [{"external_id": "7", "merged_at": time("2026-03-02T09:00"), "reviewers": 2}, "closed without a merge"],
        ),
        (
            GITLAB_JSON,
            "changes/gitlab",
            [{"merged_at": time("2026-03-02T09:00"), "reviewers": 1, "ai_assisted": True, "commit": "f8c6"}],
        ),
        (
            AZURE_PULLS,
            "changes/azure",
            [
                {
                    "external_id": "1", "reviewers": 1, "merged_at": datetime.fromisoformat("2026-03-02T09:00:00.123456Z"),
                    "url": "https://dev.azure.com/o/p/_git/cards/pullrequest/1", "commit": "19a2",
                },
                {"external_id": "2", "merged_at": None, "commit": None},
                "closed without a merge",
            ],
        ),
        (
            OWN_CHANGES,
            "changes/spreadsheet",
            [
                {"external_id": "12", "lines": 1200, "reviewers": 2, "merged_at": time("2026-03-14T09:00"), "url": None},
                {"external_id": "13", "lines": 40, "merged_at": None},
            ],
        ),
        (
            GITHUB_DEPLOYMENTS,
            "deployments/github",
            [
                {
                    "external_id": "DE_1", "release": "v1", "environment": "production", "result": "succeeded",
                    "finished_at": time("2026-03-01T09:05"),
                },
                {"environment": "staging", "result": "failed", "finished_at": time("2026-03-01T09:04")},
                "left out: result “QUEUED”",
            ],
        ),
        (
            GITHUB_DEPLOYMENTS_REST,
            "deployments/github",
            [{"external_id": "DE_1", "finished_at": time("2026-03-01T09:00"), "result": None}],
        ),
        (
            GITLAB_DEPLOYMENTS,
            "deployments/gitlab",
            [
                {"external_id": "42", "finished_at": time("2026-03-01T09:08"), "result": "succeeded", "release": "v1"},
                "left out: result “canceled”",
            ],
        ),
        (
            AZURE_RELEASES,
            "deployments/azure",
            [{"external_id": "5", "release": "Release-3", "service": "cards", "result": "failed"}],
        ),
        (
            TAGS,
            "deployments/spreadsheet",
            [
                {"external_id": "v1", "release": "v1", "kind": "planned"},
                {"external_id": "v2", "kind": "planned"},
                {"external_id": "v2.1", "kind": "rework"},
            ],
        ),
        (
            OWN_DEPLOYMENTS,
            "deployments/spreadsheet",
            [
                {"external_id": "v1, cards, staging, 2026-03-01 09:00", "environment": "staging"},
                {"external_id": "v1, cards, live, 2026-03-01 10:00", "environment": "production"},
                {"result": "failed"},
            ],
        ),
    ],
)  # fmt: skip
def test_an_export_unchanged(content, key, expected):
    found, rows = read(content)
    assert found.plan.key == key
    assert found.missing == []
    for row, values in zip(rows, expected, strict=True):
        assert row.problems == {}
        if isinstance(values, str):
            assert row.skipped == values
        else:
            assert {name: row.values.get(name) for name in values} == values


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bug ID,Title,Found on,PR", "defects"),
        ("ID,Title,Opened,Merged,Severity", "defects"),
        ("Incident,Title,Start,End,Deployed at,Severity", "incidents"),
        ("PR,Title,Created", "changes"),
        ("Pull request,Summary,Opened,Merged,Deployed at", "deployments"),
        ("sha,environment,created_at,creator", "deployments"),
    ],
)
def test_lists_of_the_kinds_are_told_apart(header, expected):
    names = header.split(",")
    cells = ["2026-03-01 09:00" if name in ("Found on", "Opened", "Created", "created_at") else "a" for name in names]
    assert guess(Survey.of(names, [cells])).plan.kind == expected


def test_a_place_that_nobody_knows_is_asked_for_and_counts_nowhere():
    found, rows = read("Deployment ID,Deployed at,Environment,Status\n1,2026-03-01 09:00,github-pages,OK\n")
    assert [(word.word, word.key) for word in found.unmapped["environment"]] == [("github-pages", "(leave out)")]
    assert rows[0].problems["environment"].startswith("“github-pages” is not known. Match it to one of: production,")


@pytest.mark.parametrize("content", [GITHUB_DEPLOYMENTS, GITHUB_DEPLOYMENTS_REST, GITLAB_DEPLOYMENTS])
def test_deployments_name_their_commit(content):
    assert read(content)[1][0].links["changes"].startswith("f4b8")


def test_a_commit_after_the_merge_and_a_review_before_the_opening_are_dropped():
    _, rows = read(
        "PR,Title,Opened,First commit,First review,Merged\n"
        "1,a,2026-03-02 09:00,2026-03-09 09:00,2026-03-01 09:00,2026-03-03 09:00\n"
    )
    assert {"committed_at", "first_review_at"}.isdisjoint(rows[0].values)


# --- In the portal ------------------------------------------------------------------------------------------------------


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def manager(team, client, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    manager = make_member(team=team, role=Role.MANAGER)
    client.force_login(manager)
    return manager


def rows_of(model):
    return list(model.objects.order_by("pk").values()), list(Deployment.changes.through.objects.order_by("pk").values())


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Change, Deployment])
def test_our_own_list_comes_back_unchanged(client, team, manager, tmp_path, model):
    kind = model._meta.verbose_name_plural
    cards = make_service("Cards")
    if model is Change:
        make_change(team=team, title="=1+1", source="", external_id="own")
        make_change(
            team=team, service=cards, lines=0, reviewers=1, review_minutes=5, ai_assisted=False, committed_at=NOON,
            first_review_at=NOON, merged_at=NOON, commit="f4b8", source="github", external_id="PR_1", url="https://example.org/1",
        )  # fmt: skip
    else:
        make_deployment(team=team)
        make_deployment(
            team=team, service=cards, release="v1", environment="staging", result="failed", kind="rework",
            source="github", external_id="DE_1", url="https://example.org/1",
            changes=[make_change(team=team), make_change(team=team, external_id="PR_1"), make_change(team=make_team())],
        )  # fmt: skip
    before = rows_of(model)
    content = client.get(reverse(f"{kind}:list"), {"format": "csv"}).getvalue()
    header = content.decode("utf-8-sig").partition("\r\n")[0].replace('"', "").split(",")
    assert set(header) == set(PRESETS[f"{kind}/qmportal"].columns)
    assert guess(Survey(header)).plan.key == f"{kind}/qmportal"
    path, printed = tmp_path / "file.csv", io.StringIO()
    path.write_bytes(content)
    call_command("import_csv", kind, str(path), stdout=printed)
    assert "created 0, updated 0, unchanged 2, skipped 0, errors 0" in printed.getvalue()
    assert rows_of(model) == before


@pytest.mark.django_db
def test_changes_from_the_drop_to_the_undo(client, team, manager):
    cards = make_service("Cards")
    known = make_change(team=team, source="pulls-payments", external_id="12", title="Round", lines=7)
    rows = "12,Round late,2026-03-01 09:00,,40,cards\n13,New,2026-03-01,,1,Moon\n"
    text = f"PR,Title,Opened on,Merged on,Lines changed,Service\n{rows}"
    job = checked(client, text, name="pulls.csv", team=team)
    assert (job.result["created"], job.result["updated"], job.kind) == (1, 1, "changes")
    shown = page(client, job).text
    assert "no service is called “Moon”: left empty" in shown
    assert "Severity" not in shown
    job = imported(client, text, name="pulls.csv", team=team)
    known.refresh_from_db()
    assert (known.title, known.lines, known.service, known.version) == ("Round late", 40, cards, 2)
    made = Change.objects.get(external_id="13")
    assert (made.reference, made.service) == ("PAY-CHG-2", None)
    assert (job.nights, job.result["earliest"]) == (None, None)
    undo_it(client, job)
    known.refresh_from_db()
    assert (known.title, known.lines, known.service) == ("Round", 7, None)
    assert not Change.objects.filter(pk=made.pk).exists()
    assert "1 new change deleted." in page(client, job).text


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("PAY-CHG-7", ["PAY-CHG-7"]),
        ("#12, !13;PR_9\nf4b8f6c1 ", ["12", "13", "PR_9", "f4b8f6c1"]),
        (" ,;#", []),
    ],
)
def test_the_names_in_a_cell(cell, names):
    assert names_in(cell) == names


RELEASES = "Deployment ID,Deployed at,Version,PRs\n"


@pytest.mark.django_db
def test_a_column_of_changes_links_them_until_the_undo(client, team, manager):
    """By reference in any case or by ID; of the row's team alone; what is unknown is said and nothing stored goes."""
    make_change(team=make_team(), external_id="9")
    merged = {"team": team, "opened_at": NOON - timedelta(days=2), "merged_at": NOON - timedelta(days=1)}
    first, third = make_change(**merged, external_id="1"), make_change(**merged, external_id="3")
    second = make_change(**merged, commit="f4b8f6c1")
    known = make_deployment(team=team, source="releases-payments", external_id="a", release="v1", changes=[third])
    rows = f'a,2026-03-02 12:00,v1,#1; 9\nb,2026-03-03 09:00,v2,"f4b8f6c1, {first.reference.lower()}"\n'
    job = checked(client, RELEASES + rows, name="releases.csv", team=team)
    assert (job.result["created"], job.result["updated"]) == (1, 1)
    assert not second.deployments.exists()
    said = page(client, job).text
    assert "1 row: changes not linked, because the team doesn&#x27;t have them" in said
    assert "Changes that the team does not have, by rows: “9” (1)." in said
    job = imported(client, RELEASES + rows, name="releases.csv", team=team)
    assert [set(each.changes.all()) for each in Deployment.objects.order_by("external_id")] == [
        {first, third},
        {first, second},
    ]
    lead_time = figure("lead-time", [team.pk], Window(local_day(NOON) + timedelta(days=2), 30), ReviewLimits.current())
    assert lead_time.n == 3
    assert imported_counts(client, RELEASES + rows, team) == (0, 0, 2)
    only = RELEASES + "a,2026-03-02 12:00,v1,1\nb,2026-03-03 09:00,v2,\n"
    later = imported(client, only, name="releases.csv", team=team)
    assert (later.result["changed"], set(known.changes.all())) == ({"changes": 1}, {first})
    first.delete()
    undo_it(client, later)
    assert set(known.changes.all()) == {third}
    undo_it(client, job)
    assert list(Deployment.objects.all()) == [known]
    assert set(known.changes.all()) == {third}


def imported_counts(client, text, team):
    result = checked(client, text, name="releases.csv", team=team).result
    return result["created"], result["updated"], result["unchanged"]


@pytest.mark.django_db
def test_a_cell_with_too_many_changes_is_an_error(client, team, manager):
    many = "; ".join(map(str, range(1001)))
    job = checked(client, f"{RELEASES}a,2026-03-02 12:00,v1,{many}\n", team=team)
    assert job.result["errors"] == [[2, "PRs", "Name at most 1,000 changes."]]


@pytest.mark.django_db
def test_an_undo_leaves_what_others_name_by_now(client, team, manager):
    text = "Deployment ID,Deployed at,Version\n1,2026-03-01 09:00,v1\n2,2026-03-02 09:00,v2\n"
    job = imported(client, text, team=team)
    kept, gone = Deployment.objects.order_by("external_id")
    make_incident(team=team, caused_by_deployment=kept)
    changes = imported(client, "PR,Title,Opened\n1,a,2026-03-01 09:00\n2,b,2026-03-01 09:00\n", team=team)
    gone.changes.add(Change.objects.get(external_id="1"))
    undo_it(client, changes)
    assert list(Change.objects.values_list("external_id", flat=True)) == ["1"]
    undo_it(client, job)
    assert list(Deployment.objects.all()) == [kept]
    assert "PAY-DEP-1</a> v1" in " ".join(page(client, job).text.split())


@pytest.mark.django_db
def test_over_the_api_in_one_call_and_unchanged_the_second_time(client, team, manager):
    from tests.api.test_imports import bearer, ended, send

    api = bearer(manager)
    found = ended(api, send(api, TAGS.strip(), team="payments", name="tags.csv"))
    assert (found["kind"], found["created"], found["status"]) == ("deployments", 3, "imported")
    assert ended(api, send(api, TAGS.strip(), team="payments", name="tags.csv"))["unchanged"] == 3
    assert ImportJob.objects.count() == 2


@pytest.mark.django_db
def test_empty_tables_to_start_from(client, manager):
    for kind, first in (("changes", "external_id"), ("deployments", "external_id")):
        text = client.get(reverse("integrations:template", args=[kind])).content.decode("utf-8-sig")
        assert text.startswith(f'"{first}"')
        assert "reference" not in text
