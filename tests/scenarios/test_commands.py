"""The commands of authors and of set-up: check_scenario, load_library."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from library import content
from library.models import LibraryLink
from scenarios import engine
from scenarios.content import HERE, scenario_texts
from scenarios.models import Scenario, ScenarioVersion
from scenarios.publishing import TEMPLATE
from tests.factories import make_user
from tests.scenarios.loops import LOOPS, looping
from training.management.commands import load_library

ZERO_BUG = HERE / "shipped" / "zero_bug_policy.yaml"


def run(command, *arguments, **options):
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue().splitlines()


def test_a_sound_file_is_said_to_be_fit(tmp_path):
    file = tmp_path / "my_scenario.yaml"
    file.write_text(TEMPLATE)
    lines = run("check_scenario", str(file))
    assert lines[0].startswith("Difficulty 100 of 100. Of 2 decisions, ")
    assert lines[1:] == [f"{file} is ready to publish."]


def test_every_path_is_listed_the_best_first():
    lines = [line for line in run("check_scenario", str(ZERO_BUG), "--paths") if " W " not in line]
    assert len(lines) == 406
    assert lines[0] == "bankrupt > scan > fix_now > pareto | end_sustained | 98.4"
    assert "smash > push_on | end_burnout | 47.3" in lines
    scores = [float(line.rpartition(" ")[2]) for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert all(line[-2] == "." for line in lines), "every score has one decimal, 79.0 too"


def test_a_fault_ends_with_an_error_and_names_its_line(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text(ZERO_BUG.read_text().replace("to: close_how", "to: nowhere", 1))
    out = StringIO()
    with pytest.raises(CommandError, match="cannot be published yet"):
        call_command("check_scenario", str(file), stdout=out)
    assert "E03 E line" in out.getvalue()


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loop_is_a_fault_and_its_paths_are_not_followed(tmp_path, loop):
    file = tmp_path / "loop.yaml"
    file.write_text(looping(loop))
    out = StringIO()
    with pytest.raises(CommandError, match="cannot be published yet"):
        call_command("check_scenario", str(file), "--paths", stdout=out)
    assert "E07 E line" in out.getvalue()


@pytest.mark.parametrize("text", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path, text):
    file = tmp_path / "file.yaml"
    if text:
        file.write_bytes(text)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("check_scenario", str(file))


@pytest.mark.django_db
def test_the_library_is_published_once():
    run("load_library")
    assert set(Scenario.objects.published().values_list("slug", flat=True)) == set(scenario_texts())
    assert LibraryLink.objects.count() == len(content.links())
    before = list(ScenarioVersion.objects.values_list("pk", flat=True))
    assert run("load_library") == ["Published: nothing new."]
    assert list(ScenarioVersion.objects.values_list("pk", flat=True)) == before


@pytest.mark.django_db
def test_what_the_organisation_edited_or_retired_stays():
    changed, _ = engine.validate(ZERO_BUG.read_text().replace("The quarter opens.", "Monday."))
    edited = Scenario.objects.create(slug="zero_bug_policy")
    edited.publish(changed, now=timezone.now(), by=make_user(admin=True))
    old, _ = engine.validate(scenario_texts()["the_qa_sprint"].replace("minutes: 9", "minutes: 8"))
    retired = Scenario.objects.create(slug="the_qa_sprint")
    retired.publish(old, now=timezone.now())
    Scenario.objects.filter(pk=retired.pk).update(state=Scenario.State.RETIRED)
    LibraryLink.objects.create(section="tool", title="Ours")
    run("load_library")
    assert edited.versions.count() == retired.versions.count() == 1
    assert LibraryLink.objects.count() == 1


@pytest.mark.django_db
def test_a_shipped_scenario_that_changed_gets_a_version(monkeypatch):
    run("load_library")
    texts = scenario_texts() | {"zero_bug_policy": ZERO_BUG.read_text().replace("version: 1.1.0", "version: 1.1.1")}
    texts["zero_bug_policy"] = texts["zero_bug_policy"].replace("The quarter opens.", "A new quarter opens.")
    monkeypatch.setattr(load_library, "scenario_texts", lambda: texts)
    assert run("load_library") == ["Published: zero_bug_policy 1.1.1."]


@pytest.mark.django_db
def test_a_shipped_scenario_that_kept_its_version_keeps_nobody_from_starting(monkeypatch, capsys):
    run("load_library")
    changed = ZERO_BUG.read_text().replace("The quarter opens.", "A new quarter opens.")
    texts = scenario_texts() | {"zero_bug_policy": changed}
    monkeypatch.setattr(load_library, "scenario_texts", lambda: texts)
    assert run("load_library") == ["Published: nothing new."]
    assert "zero_bug_policy 1.1.0 was skipped: This version was already published." in capsys.readouterr().err
