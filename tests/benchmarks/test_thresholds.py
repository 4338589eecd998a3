import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from benchmarks.models import MetricSnapshot, SnapshotRun, ThresholdSet
from benchmarks.quantities import limits, parse, spans, typed
from benchmarks.tiers import Cuts
from qmportal.lib.days import local_day, midnight
from tests.factories import make_defects, make_incident, make_team, make_user

HOUR, DAY = 3600, 86400
THRESHOLDS = "/thresholds/"
RATE, RESTORE, REMOVAL = "/thresholds/escaped_defect_rate/", "/thresholds/mttr/", "/thresholds/defect_removal_efficiency/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def today(db):
    return local_day(timezone.now())


@pytest.fixture
def admin(client, db):
    user = make_user(name="Ada Admin", email="ada@example.com", admin=True)
    client.force_login(user)
    return user


def in_force(metric):
    return ThresholdSet.objects.by_metric(local_day(timezone.now()))[metric]


def typed_form(client, path, **changes):
    """What a browser sends for the editor as it was opened, with the given fields changed (None: left out)."""
    form = client.get(f"{path}edit/").context["form"]
    data = {}
    for name in form.fields:
        value = form[name].value()
        if value not in (None, False, []):
            data[name] = "on" if value is True else value
    data |= {"action": "apply", "reason": "We ship every day now"} | changes
    return {name: value for name, value in data.items() if value is not None}


def send(client, path, *, htmx=False, **changes):
    return client.post(f"{path}edit/", typed_form(client, path, **changes), headers=HTMX if htmx else None)


def text_of(response):
    """What a person reads on the page."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def defects(team, *, escaped, caught):
    found = midnight(local_day(timezone.now())) - timedelta(days=10)
    make_defects(team, escaped=escaped, caught=caught, found_at=found)


class TestReading:
    def test_the_current_sets_are_open_to_everyone_who_is_signed_in(self, client, db):
        client.force_login(make_user())
        page = client.get(THRESHOLDS)
        assert page.status_code == 200
        words = text_of(page)
        assert "Elite 0 below 5% Good 5% below 10% Average 10% below 20% Needs Work 20% up to 35%" in words
        assert "Critical above 7 d no limit" in words
        assert "portal's benchmarks, not DORA's" in page.content.decode()
        assert "portal default" in words
        assert "In force from the beginning" in words
        assert "Recompute now" not in words
        assert "/edit/" not in page.content.decode()

    def test_an_admin_finds_the_editor_and_the_recomputation(self, client, admin):
        page = client.get(THRESHOLDS).content.decode()
        assert f'href="{RATE}edit/"' in page
        assert "Recompute now" in page

    def test_the_history_says_what_changed_by_whom_and_why(self, client, admin):
        send(client, RATE, elite_ends="4%", minimum_n="20", reason="Tighter <b>now</b>")
        page = client.get(RATE)
        words = text_of(page)
        assert "Elite below 5% → below 4%" in words
        assert "minimum n 10 → 20" in words
        assert "Ada Admin" in words
        assert escape("Tighter <b>now</b>") in page.content.decode()
        assert "in force" in words

    def test_only_readers_who_are_signed_in(self, client, db):
        for path in (THRESHOLDS, RATE, f"{RATE}edit/"):
            assert client.get(path).status_code == 302

    @pytest.mark.parametrize(
        "path", ["nothing/", "open_incidents/", "defects_found/edit/", "nothing/edit/", "mttr/revert/999999999999/"]
    )
    def test_what_has_no_thresholds_is_not_found(self, client, admin, path):
        assert client.get(THRESHOLDS + path).status_code == 404

    def test_a_version_of_another_metric_is_not_found(self, client, admin):
        assert client.get(f"{RATE}revert/{in_force('mttr').pk}/").status_code == 404

    def test_whoever_is_no_admin_changes_nothing(self, client, db):
        client.force_login(make_user())
        old = in_force("escaped_defect_rate")
        for path in (f"{RATE}edit/", f"{RATE}revert/{old.pk}/"):
            assert client.get(path).status_code == 403
            assert client.post(path, {"action": "apply"}).status_code == 403
        assert client.post("/thresholds/recompute/").status_code == 403
        assert SnapshotRun.objects.count() == 0
        assert ThresholdSet.objects.newest("escaped_defect_rate") == old


class TestEditing:
    def test_a_new_version_is_saved_and_a_recomputation_asked_for(self, client, admin, today):
        answer = send(client, RATE, elite_ends="4 %", source_text="Board decision 7")
        assert answer.status_code == 302
        new = in_force("escaped_defect_rate")
        assert new.cut_points == (4, 10, 20, 35)
        assert (new.author, new.reason, new.source_text) == (admin, "We ship every day now", "Board decision 7")
        assert new.effective_from == today
        run = SnapshotRun.objects.get()
        assert (run.reason, run.as_of, run.requested_by) == ("thresholds", today, admin)
        assert run.get_absolute_url() in client.get(RATE).content.decode()

    def test_the_tier_follows_after_the_recomputation_and_history_keeps_its_own(self, client, admin, today):
        team = make_team()
        defects(team, escaped=4, caught=96)
        yesterday = today - timedelta(days=1)
        call_command("take_snapshots", "--as-of", yesterday.isoformat(), stdout=StringIO())
        old = in_force("escaped_defect_rate")
        send(client, RATE, elite_ends="4", action="preview")
        send(client, RATE, elite_ends="4")
        call_command("sweep")
        rate = MetricSnapshot.objects.filter(team=team, metric="escaped_defect_rate", window_days=90)
        assert [(row.as_of, row.tier, row.threshold_set_id) for row in rate.order_by("as_of")] == [
            (yesterday, "elite", old.pk),
            (today, "good", in_force("escaped_defect_rate").pk),
        ]

    def test_durations_are_typed_in_hours_or_with_a_unit(self, client, admin):
        send(client, RESTORE, elite_ends="30 min", good_ends="2", statistic="median")
        new = in_force("mttr")
        assert new.cut_points == (1800, 2 * HOUR, DAY, 7 * DAY)
        assert new.statistic == "median"

    def test_severities_are_chosen(self, client, admin):
        send(client, RESTORE, severities=["SEV1", "SEV2"])
        assert in_force("mttr").severities == ["SEV1", "SEV2"]
        assert "severities counted all → Critical, Major" in text_of(client.get(RESTORE))

    def test_metrics_on_the_same_rows_follow_its_severities(self, client, admin):
        assert "severities" not in client.get(f"{REMOVAL}edit/").context["form"].fields

    def test_a_metric_without_tiers_may_stay_without(self, client, admin):
        assert send(client, REMOVAL, minimum_n="20").status_code == 302
        assert in_force("defect_removal_efficiency").cut_points is None

    def test_a_metric_gets_tiers_where_higher_is_better(self, client, admin):
        cuts = {"elite_ends": "95", "good_ends": "90%", "average_ends": "80", "needs_work_ends": "65"}
        assert send(client, REMOVAL, no_tiers=None, **cuts).status_code == 302
        assert in_force("defect_removal_efficiency").cut_points == (95, 90, 80, 65)

    def test_tiers_cannot_be_left_out_where_the_portal_rests_on_them(self, client, admin):
        answer = send(client, RATE, no_tiers="on", elite_ends="")
        assert answer.status_code == 422
        assert "Enter where Elite ends." in text_of(answer)

    def test_a_later_day_takes_effect_then(self, client, admin, today):
        later = today + timedelta(days=7)
        answer = send(client, RATE, minimum_n="30", effective_from=later.isoformat())
        assert answer.status_code == 302
        assert in_force("escaped_defect_rate").minimum_n == 10
        assert SnapshotRun.objects.count() == 0
        assert ThresholdSet.objects.by_metric(later)["escaped_defect_rate"].minimum_n == 30
        assert "takes effect later" in text_of(client.get(RATE))
        assert "another version" in text_of(client.get(THRESHOLDS))

    def test_a_reason_is_needed_to_apply_but_not_to_look(self, client, admin):
        answer = send(client, RATE, minimum_n="20", reason="  \u200b ")
        assert answer.status_code == 422
        assert "Enter a reason for the change." in text_of(answer)
        assert send(client, RATE, minimum_n="20", reason="", action="preview").status_code == 200

    def test_applying_without_a_change_is_said(self, client, admin):
        answer = send(client, RATE)
        assert answer.status_code == 422
        assert "Nothing to change" in text_of(answer)
        assert SnapshotRun.objects.count() == 0

    def test_the_past_is_not_judged_anew(self, client, admin, today):
        answer = send(client, RATE, minimum_n="20", effective_from=(today - timedelta(days=1)).isoformat())
        assert answer.status_code == 422
        assert "Past results keep their thresholds." in text_of(answer)

    def test_somebody_else_saved_meanwhile(self, client, admin):
        mine = typed_form(client, RATE, elite_ends="3")
        send(client, RATE, minimum_n="25", reason="Fewer flukes")
        answer = client.post(f"{RATE}edit/", mine)
        words = text_of(answer)
        assert answer.status_code == 409
        assert f"{admin} saved it just now" in words
        assert "minimum n 10 → 25" in words
        assert "Elite below 5% → below 3%" in words
        assert "Fewer flukes" in words
        assert 'value="3"' in answer.content.decode()
        assert in_force("escaped_defect_rate").minimum_n == 25
        mine["base"] = str(in_force("escaped_defect_rate").pk)
        assert f'value="{mine["base"]}"' in answer.content.decode()
        assert client.post(f"{RATE}edit/", mine).status_code == 302
        assert in_force("escaped_defect_rate").cut_points == (3, 10, 20, 35)

    def test_a_version_is_never_edited(self, db):
        with pytest.raises(TypeError):
            in_force("mttr").save()


class TestBadInput:
    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("elite_ends", "12", "Good must end above 12%, where Elite ends."),
            ("good_ends", "3", "Good must end above 5%, where Elite ends."),
            ("elite_ends", "", "Enter where Elite ends."),
            ("elite_ends", "-1", "Elite must end above 0."),
            ("elite_ends", "0." + "1" * 37, "Write at most 6 decimals."),
            ("elite_ends", "0." + "1" * 40, "This number is too long."),
            ("elite_ends", "1" + "0" * 30, "Elite must end below 100%."),
            ("elite_ends", "10^30", "Write a number as in “5%”"),
            ("elite_ends", "1e30", "Write a number as in “5%”"),
            ("elite_ends", "nan", "Write a number as in “5%”"),
            ("elite_ends", "inf", "Write a number as in “5%”"),
            ("elite_ends", "\u0665", "with the digits 0 to 9"),
            ("elite_ends", "five", "Write a number as in “5%”"),
            ("elite_ends", "\x00", "Null characters are not allowed."),
            ("elite_ends", "1,000", "could be read in two ways"),
            ("needs_work_ends", "100", "Needs Work must end below 100%."),
            ("minimum_n", "0", "Enter a whole number from 1 to 1,000."),
            ("minimum_n", "-1", "Enter a whole number from 1 to 1,000."),
            ("minimum_n", "1001", "Enter a whole number from 1 to 1,000."),
            ("minimum_n", "9" * 5000, "Enter a whole number from 1 to 1,000."),
            ("minimum_n", "\uff15", "Enter a whole number from 1 to 1,000."),
            ("minimum_n", "ten", "Enter a whole number from 1 to 1,000."),
            ("minimum_n", "", "Enter how many rows a team needs"),
            ("effective_from", "", "Enter a date."),
            ("effective_from", "2026-02-30", "Enter a date, such as 2026-03-01."),
            ("effective_from", "\uff12026-03-01", "Enter a date, such as 2026-03-01."),
            ("effective_from", "tomorrow", "Enter a date, such as 2026-03-01."),
            ("effective_from", "9999-12-31", "Choose a day within the next two years."),
            ("severities", ["SEV9"], "Choose only from the options."),
            ("reason", "x" * 501, "at most 500 characters"),
            ("source_text", "x" * 501, "at most 500 characters"),
            ("base", "", "the version you started from is missing"),
            ("base", "x", "the version you started from is unknown"),
            ("base", "9" * 30, "the version you started from is unknown"),
        ],
    )
    @pytest.mark.parametrize("action", ["preview", "apply"])
    def test_is_answered_with_a_sentence(self, client, admin, field, value, sentence, action):
        answer = send(client, RATE, **{field: value, "action": action})
        assert answer.status_code == 422
        assert sentence in text_of(answer)
        assert ThresholdSet.objects.history("escaped_defect_rate").count() == 1

    @pytest.mark.parametrize(
        ("value", "sentence"),
        [
            ("3651 d", "Write at most 3650 d, which is ten years."),
            ("9" * 30, "Write at most 3650 d, which is ten years."),
            ("4 fortnights", "Write a number as in"),
            ("0.3333333333333333", "Write at most 6 decimals."),
        ],
    )
    def test_durations_too(self, client, admin, value, sentence):
        answer = send(client, RESTORE, good_ends=value)
        assert answer.status_code == 422
        assert sentence in text_of(answer)

    def test_the_summary_leads_to_the_field(self, client, admin):
        page = send(client, RATE, elite_ends="x").content.decode()
        assert 'href="#id_elite_ends"' in page
        assert 'id="id_elite_ends_error"' in page
        assert 'aria-describedby="id_elite_ends_error"' in page

    @pytest.mark.parametrize("data", [{}, {"action": "apply"}, {"action": "dance"}, {"action": ["preview", "apply"]}])
    def test_an_empty_form_says_what_is_missing(self, client, admin, data):
        answer = client.post(f"{RATE}edit/", data)
        assert answer.status_code == 422
        assert "Enter where Elite ends." in text_of(answer)

    def test_an_unknown_statistic(self, client, admin):
        for statistic in ("mode", ""):
            answer = send(client, RESTORE, statistic=statistic)
            assert answer.status_code == 422
            assert "Statistic: Choose one of the options." in text_of(answer)


class TestPreview:
    def test_names_the_teams_that_would_move(self, client, admin):
        fast, slow = make_team(name="Fast"), make_team(name="Slow")
        defects(fast, escaped=4, caught=96)
        defects(slow, escaped=30, caught=70)
        answer = send(client, RATE, action="preview", elite_ends="4")
        words = text_of(answer)
        assert answer.status_code == 200
        assert "1 of 2 teams would change tier." in words
        assert "Fast 4.0% 100 Elite Good down 1 tier" in words
        assert "Slow" not in words.split("would change tier.")[1].split("With this proposal")[0]
        assert ThresholdSet.objects.history("escaped_defect_rate").count() == 1

    def test_counts_groups_apart_from_teams(self, client, admin):
        group = make_team(name="Group")
        for name in ("One", "Two"):
            defects(make_team(name=name, parent=group), escaped=4, caught=96)
        words = text_of(send(client, RATE, action="preview", elite_ends="4"))
        assert "2 of 2 teams and 1 of 1 group would change tier." in words

    def test_who_applies_without_it_is_shown_it_once(self, client, admin):
        defects(make_team(name="Fast"), escaped=4, caught=96)
        changes = {"elite_ends": "4"}
        shown = send(client, RATE, **changes)
        assert shown.status_code == 422
        assert "1 team would change tier. Select Apply again to confirm." in text_of(shown)
        assert "Fast 4.0% 100 Elite Good down 1 tier" in text_of(shown)
        assert send(client, RATE, elite_ends="3").status_code == 422  # other values, another look
        assert ThresholdSet.objects.history("escaped_defect_rate").count() == 1
        assert send(client, RATE, elite_ends="3").status_code == 302

    def test_who_has_looked_applies_at_once(self, client, admin):
        defects(make_team(), escaped=4, caught=96)
        changes = {"elite_ends": "4"}
        send(client, RATE, action="preview", **changes, htmx=True)
        assert send(client, RATE, **changes).status_code == 302

    def test_a_mended_preview_has_no_error_left(self, client, admin):
        """The button swaps the whole page, so that nothing of the refused one stays above the preview."""
        assert 'hx-target="#main" hx-select="#main > *"' in " ".join(client.get(f"{RATE}edit/").text.split())
        refused = send(client, RATE, action="preview", elite_ends="x", htmx=True)
        assert "There is a problem" in refused.text
        mended = send(client, RATE, action="preview", elite_ends="4", htmx=True)
        assert mended.status_code == 200
        assert "There is a problem" not in mended.text
        assert "No team would change tier." in mended.text
        assert 'value="4"' in mended.text

    @pytest.mark.parametrize("action", ["preview", "apply"])
    def test_says_loudly_that_nearly_everybody_would_move(self, client, admin, action):
        for _ in range(2):
            defects(make_team(), escaped=4, caught=96)
        shares = {"elite_ends": "0.05", "good_ends": "0.1", "average_ends": "0.2", "needs_work_ends": "0.35"}
        words = text_of(send(client, RATE, action=action, **shares))
        assert "These cut points are all at most 1%. Numbers are percent: 0.05% is not 5%." in words
        assert "Both teams with a tier would move to Critical. Check the numbers and their unit." in words

    def test_asks_whether_hours_are_meant(self, client, admin, today):
        end = midnight(today) - timedelta(days=5)
        for team in (make_team(), make_team()):
            for _ in range(5):
                make_incident(team=team, detected_at=end - timedelta(hours=30), restored_at=end)
        minutes = {"elite_ends": "60", "good_ends": "240", "average_ends": "1440", "needs_work_ends": "10080"}
        words = text_of(send(client, RESTORE, action="preview", **minutes))
        assert "Both teams with a tier would move to Elite." in words
        assert "A number without a unit is in hours: for minutes write 60 min." in words

    def test_is_quiet_when_few_would_move(self, client, admin):
        for escaped in (4, 1, 1):
            defects(make_team(), escaped=escaped, caught=100 - escaped)
        assert send(client, RATE, action="preview", elite_ends="4").context["preview"].alarms == []

    def test_up_and_both_kinds_of_bars(self, client, admin):
        team = make_team()
        defects(team, escaped=6, caught=94)
        shown = send(client, RATE, action="preview", elite_ends="7").context["preview"]
        assert [(move.team, move.words, move.before.tier, move.after.tier) for move in shown.moves] == [
            (team, "up 1 tier", "good", "elite")
        ]
        assert {part.key: part.value for part in shown.before if part.value} == {"good": 1}
        assert {part.key: part.value for part in shown.after if part.value} == {"elite": 1}

    def test_names_teams_that_fall_below_the_minimum(self, client, admin):
        small = make_team(name="Small")
        defects(small, escaped=1, caught=11)
        make_team(name="Idle")
        answer = send(client, RATE, action="preview", minimum_n="13")
        words = text_of(answer)
        assert "No longer enough data for a tier: Small (n = 12)" in words
        assert "loses its tier" in words
        assert "Idle" not in words.split("No longer enough data")[1].split(".")[0]

    def test_counts_only_the_severities_of_the_proposal(self, client, admin, today):
        team = make_team()
        for severity, hours in [("SEV1", 30)] * 5 + [("SEV4", 2)] * 20:
            end = midnight(today) - timedelta(days=5)
            make_incident(team=team, severity_key=severity, detected_at=end - timedelta(hours=hours), restored_at=end)
        shown = send(client, RESTORE, action="preview", severities=["SEV1"]).context["preview"]
        [move] = shown.moves
        assert (move.before.n, move.before.tier, move.after.n, move.after.tier) == (25, "average", 5, "needs_work")
        assert move.after.value == "1 d 6 h"

    def test_judges_by_the_proposed_statistic(self, client, admin, today):
        team = make_team()
        end = midnight(today) - timedelta(days=5)
        for hours in [1.5] * 5 + [100]:
            make_incident(team=team, detected_at=end - timedelta(hours=hours), restored_at=end)
        [move] = send(client, RESTORE, action="preview", statistic="median").context["preview"].moves
        assert (move.before.value, move.after.value, move.words) == ("17 h 55 min", "1 h 30 min", "up 1 tier")

    def test_asks_no_more_of_the_database_when_there_are_more_teams(self, client, admin):
        counts = []
        for size in (3, 9):
            for _ in range(size):
                defects(make_team(), escaped=1, caught=11)
            data = typed_form(client, RATE, action="preview", minimum_n="13")
            with CaptureQueriesContext(connection) as queries:
                client.post(f"{RATE}edit/", data, headers=HTMX)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestReverting:
    def test_makes_a_new_version_with_the_old_values(self, client, admin, today):
        default = in_force("escaped_defect_rate")
        send(client, RATE, elite_ends="4")
        page = client.get(f"{RATE}revert/{default.pk}/")
        assert "Elite below 4% → below 5%" in text_of(page)
        answer = client.post(
            f"{RATE}revert/{default.pk}/", {"base": in_force("escaped_defect_rate").pk, "reason": "Too strict"}
        )
        assert answer.status_code == 302
        new = in_force("escaped_defect_rate")
        assert new.cut_points == (5, 10, 20, 35)
        assert (new.reverts_to, new.author, new.reason, new.effective_from) == (default, admin, "Too strict", today)
        assert ThresholdSet.objects.history("escaped_defect_rate").count() == 3
        assert "reverts to the version as shipped" in text_of(client.get(RATE))

    def test_needs_a_reason_and_a_difference(self, client, admin):
        default = in_force("escaped_defect_rate")
        unchanged = client.post(f"{RATE}revert/{default.pk}/", {"base": default.pk, "reason": "Why not"})
        assert unchanged.status_code == 422
        assert "Nothing to change" in text_of(unchanged)
        send(client, RATE, minimum_n="20")
        silent = client.post(f"{RATE}revert/{default.pk}/", {"base": in_force("escaped_defect_rate").pk})
        assert silent.status_code == 422
        assert "Enter a reason" in text_of(silent)

    def test_is_stopped_when_somebody_else_saved_meanwhile(self, client, admin):
        default = in_force("escaped_defect_rate")
        send(client, RATE, minimum_n="20")
        seen = in_force("escaped_defect_rate")
        send(client, RATE, minimum_n="30")
        answer = client.post(f"{RATE}revert/{default.pk}/", {"base": seen.pk, "reason": "Back"})
        assert answer.status_code == 409
        assert "minimum n 20 → 30" in text_of(answer)
        assert in_force("escaped_defect_rate").minimum_n == 30


class TestWordsAndNumbers:
    @pytest.mark.parametrize("unit", ["percent", "seconds"])
    @pytest.mark.parametrize("amount", [0, 1, 5, 60, 90, "2.5", "0.000001", 3600, 5400, 86400, 129600, "99.999999"])
    def test_what_is_shown_is_read_back_exactly(self, unit, amount):
        assert parse(typed(Decimal(amount), unit), unit) == Decimal(amount)

    def test_the_tiers_in_words_when_higher_is_better(self):
        cuts = Cuts(95, 90, 80, 65)
        assert [(start, end) for _, start, end in spans(cuts, "percent")] == [
            ("above 95%", ""), ("above 90%", "95%"), ("above 80%", "90%"), ("65%", "80%"), ("0", "below 65%"),
        ]  # fmt: skip
        assert [words for _, words in limits(cuts, "percent")] == ["above 95%", "above 90%", "above 80%", "down to 65%"]


def test_the_admin_site_shows_versions_runs_and_snapshots_but_edits_none(client, admin):
    admin.is_superuser = True
    admin.save()
    version = in_force("mttr")
    for model in ("thresholdset", "snapshotrun", "metricsnapshot"):
        assert client.get(reverse(f"admin:benchmarks_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:benchmarks_{model}_add")).status_code == 403
    page = reverse("admin:benchmarks_thresholdset_change", args=[version.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"minimum_n": 1}).status_code == 403


@pytest.mark.django_db
def test_an_admin_keeps_the_shipped_thresholds_by_a_press(client):
    admin = make_user(admin=True)
    client.force_login(admin)
    before = {row.metric: row.rules() for row in ThresholdSet.objects.in_force(local_day(timezone.now()))}
    assert "Keep the default thresholds" in client.get("/thresholds/").content.decode()
    client.post("/thresholds/adopt/")
    client.post("/thresholds/adopt/")
    kept = list(ThresholdSet.objects.in_force(local_day(timezone.now())))
    assert {row.metric: row.rules() for row in kept} == before
    assert {row.author for row in kept} == {admin}
    assert ThresholdSet.objects.filter(author=admin).count() == len(before)
    assert "Keep the default thresholds" not in client.get("/thresholds/").content.decode()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(86400, "24 h"), (172800, "2 d"), (604800, "7 d"), (3600, "1 h"), (5400, "90 min"), (45, "45 s"), (0, "0")],
)
def test_a_duration_is_typed_in_its_largest_whole_unit_but_a_day_is_24_hours(seconds, words):
    assert typed(seconds, "seconds") == words
