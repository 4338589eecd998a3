"""All shipped texts hold together: valid, linked, and taught by numbers that are true."""

import math
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import mean, median

import pytest

from benchmarks.metrics import METRICS
from benchmarks.tiers import BEST_FIRST
from library import content
from library.checks import ChoiceField, grade
from qmportal.lib.documents import Unreadable
from scenarios import engine
from scenarios.content import HERE, scenario_texts
from scenarios.engine.shape import HTML

SCENARIOS = sorted((HERE / "shipped").glob("*.yaml"))
CALCULATORS = {"edr", "mttr", "mtbf", "cost_of_quality", "canary"}
STAGES = {"design", "coding", "pre-commit", "code-review", "ci", "pre-deploy", "production"}
SLUGS = {page.slug for page in content.pages()}
CHECKS = {check.id: check for check in content.checks()}

# id: (paths, passing, optimal score, endings that are reached)
SHAPES = {
    "canary_that_sang_too_late": (280, 69, "98.2", 4),
    "one_advisory_forty_services": (243, 55, "91.0", 4),
    "one_hundred_percent": (364, 65, "94.9", 4),
    "pull_the_cord": (236, 50, "95.6", 3),
    "red_green_red": (117, 26, "89.9", 4),
    "the_budget_is_spent": (243, 63, "92.6", 4),
    "the_inspectors": (290, 53, "98.3", 4),
    "the_pager_at_three": (99, 26, "95.1", 4),
    "the_qa_sprint": (264, 28, "93.2", 5),
    "two_thousand_lines_on_friday": (81, 29, "90.2", 4),
    "two_units_one_number": (432, 66, "94.2", 3),
    "what_urgent_meant": (162, 64, "95.1", 4),
    "zero_bug_policy": (406, 54, "98.4", 5),
}


def test_all_scenarios_are_there():
    assert [path.stem for path in SCENARIOS] == sorted(SHAPES) == list(scenario_texts())


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_is_valid_without_a_single_warning(path):
    scenario, problems = engine.validate(path.read_text())
    assert problems == []
    assert scenario.id == path.stem
    assert engine.validate(engine.to_yaml(scenario)) == (scenario, [])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_has_the_shape_that_its_author_meant(path):
    scenario, _, table, _ = engine.examine(path.read_text())
    paths, passing, best, endings = SHAPES[scenario.id]
    assert len(table) == paths
    assert sum(result.passed for _, result in table) == passing
    assert table[0][1].score == Decimal(best)
    assert len({result.ending for _, result in table}) == endings
    assert 3 <= len(scenario.optimal_path) <= 5
    failures = {node.id for node in scenario.nodes.values() if node.outcome == "failure"}
    assert not any(result.passed for _, result in table if result.ending in failures)
    assert all(result.score == min(result.uncapped, result.cap) for _, result in table), "exact without its cap"


@pytest.mark.parametrize("slug", SHAPES)
def test_nobody_reads_a_good_ending_and_fails(slug):
    scenario, _, table, _ = engine.examine(scenario_texts()[slug])
    good = {node.id for node in scenario.nodes.values() if node.outcome == "success"}
    assert [path for path, result in table if result.ending in good and not result.passed] == []


# Pages


def test_every_concept_has_its_page():
    wanted = """quality-management the-trap what-to-do formula pro-tips myths benchmarks case-mars-climate-orbiter
    case-toyota case-boeing-737-max tools-and-certifications escaped-defects mttr mtbf code-review
    progressive-delivery andon cost-of-quality incident-review control-charts technical-debt
    error-budgets on-call test-pyramid flaky-tests requirements security-defects feature-flags"""
    assert [page.slug for page in content.pages()] == wanted.split()


@pytest.mark.parametrize("page", content.pages(), ids=lambda page: page.slug)
def test_page_is_complete_and_its_links_lead_somewhere(page):
    assert (content.HERE / "pages" / f"{page.slug}.md").exists()
    assert 250 <= len(page.body.split()) <= 600
    assert page.sources
    assert page.summary
    linked = content.PAGE_LINK.findall(page.body)
    assert {*page.related, *linked} <= SLUGS - {page.slug}
    assert set(page.scenarios) <= SHAPES.keys()
    assert len(re.findall(r"\]\(", page.body)) == len(linked)
    assert not HTML.search(page.body)
    assert not re.search(r"^# ", page.body, re.MULTILINE), "the title is the only first-level heading"


def test_orders_are_unique_and_no_page_is_an_island():
    assert len({page.order for page in content.pages()}) == len(content.pages())
    assert {slug for page in content.pages() for slug in page.related} == SLUGS


def test_wrapped_lines_become_one_and_blocks_stay_apart():
    front = "---\ntitle: T\nslug: t\ngroup: case\norder: 1\nsummary: S\nrelated: []\nscenarios: []\nsources: []\n---\n"
    body = """\
## Head
One
line.

- a
  b
1. c
- d

| x |
| - |
Text **bold**
* e

```
as
is
```
"""
    unwrapped = "## Head\nOne line.\n\n- a b\n1. c\n- d\n\n| x |\n| - |\nText **bold**\n* e\n\n```\nas\nis\n```"
    assert content.read_page(front + body).body == unwrapped


@pytest.mark.parametrize("text", ["no front", "---\ntitle: x\n---\nbody", "---\n- a\n---\nbody"])
def test_a_page_without_proper_front_matter_is_refused(text):
    with pytest.raises(Unreadable):
        content.read_page(text)


def all_texts() -> dict[str, str]:
    texts = {page.slug: page.body for page in content.pages()}
    texts |= scenario_texts()
    return texts | {"checks": (content.HERE / "checks.yaml").read_text()}


def test_claims_are_worded_with_care():
    """What engineers would rightly object to: see the sources of each page."""
    for name, text in all_texts().items():
        flat = " ".join(text.split())
        if "IBM" in flat:
            assert "cannot be traced" in flat, name
        if "DORA" in flat and "Average" in flat:
            assert "not a DORA" in flat, name
        assert "share price" not in flat or "pandemic" in flat, name
        assert "nine dollars" not in flat or "did not write MCAS" in flat, name
    orbiter = next(page.body for page in content.pages() if page.slug == "case-mars-climate-orbiter")
    assert "impulse" in orbiter
    assert "4.45" in orbiter


def test_the_pages_say_where_a_figure_comes_from_and_where_it_does_not():
    pages = {page.slug: page.body for page in content.pages()}
    grounded = (date(2020, 11, 18) - date(2019, 3, 13)).days
    assert f"{grounded} days" in pages["case-boeing-737-max"]
    for slug, words in {
        "case-boeing-737-max": ["up to 900 quality inspectors", "no inspectors were cut"],
        "case-toyota": ["total quality management", "studies of vehicle reliability"],
        "myths": ["11.6 seconds", "11.7"],
        "quality-management": ["We know of no source for any of the three"],
        "benchmarks": ["20-35%"],
    }.items():
        assert [missing for missing in words if missing not in pages[slug]] == [], slug
    assert all("reportedly" in body for body in pages.values() if "GitLab" in body)


# Checks


def test_twelve_checks_and_one_about_each_metric():
    assert len(CHECKS) >= 12 + len(METRICS)
    assert {check.metric for check in CHECKS.values() if check.metric} == METRICS.keys()


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)
def test_check_links_somewhere_and_its_own_answer_is_right(check):
    assert check.page in SLUGS
    assert check.calculator in CALCULATORS | {""}
    own = {f.id: f.accepted[0] if isinstance(f, ChoiceField) else str(f.answer) for f in check.fields}
    assert grade(check, own).right
    assert not grade(check, {}).right
    assert check.worked
    assert check.trap


def tier(value: float, bounds: tuple[float, ...]) -> str:
    """The tiers of the benchmarks page, recomputed: strictly below a bound, the last one included."""
    keys = list(BEST_FIRST)
    below = sum(value >= bound for bound in bounds[:-1])
    return keys[below] if value <= bounds[-1] else keys[-1]


EDR = (5, 10, 20, 35)
MTTR = (1, 4, 24, 168)
RECOMPUTED = {
    "escaped_defect_rate": {"rate": 1500 / 95, "tier": tier(1500 / 95, EDR)},
    "boundary_and_removal": {"removal": 19000 / 200, "rate": 5, "tier": tier(5, EDR)},
    "can_we_claim_it": {"claim": "not_shown"},
    "mean_or_median": {
        "mttr": mean([0.5, 1, 2, 3, 20]),
        "tier": tier(5.3, MTTR),
        "median": median([0.5, 1, 2, 3, 20]),
    },
    "availability": {"mttr": 6 / 4, "mtbf": 714 / 4, "availability": 71400 / 720},
    "cost_of_quality": {"coq": 400_000, "copq": 300_000, "share": 75, "revenue": 6},
    "shift_left": {"saving": 20 * 2900, "cautious": 20 * 900},
    "p_chart": {
        "lower": 12 - 300 * math.sqrt(0.12 * 0.88 / 100),
        "upper": 12 + 300 * math.sqrt(0.12 * 0.88 / 100),
        "twenty": "common",
        "twenty_three": "signal",
    },
    "xmr": {"lower": 5.5 - 2.66 * 1.6, "upper": 5.5 + 2.66 * 1.6, "nine": "common"},
    "canary": {"sessions": math.ceil(math.log(0.05) / math.log(0.995))},
    "bug_smash": {"left": 400 - 4 * 36, "weeks": math.ceil(400 / 36)},
    "coverage_myth": {"score": 13000 / 190, "meaning": "executed"},
    "rolling_window": {"rate": 600 / 56, "tier": tier(600 / 56, EDR)},
    "removal_by_stage": {"removal": 4500 / 60},
    "mttr_tier_step": {"now": 20 / 4, "next": 5 * 4.5 - 20},
    "still_open": {"mttr": 2, "with_open": 36 / 4, "tier": tier(9, MTTR)},
    "quiet_team": {"claim": "thirty"},
    "time_to_detect": {"detect": 25, "acknowledge": 10, "restore": 75},
    "escapes_against_found": {"before": 1300 / 58, "after": 900 / 127, "judgement": "better"},
    "what_counts_as_found": {"found": 12 + 71 + 2, "rate": 1200 / (12 + 71), "fewer": "unknown"},
    "one_quiet_month": {"upper": 4 + 3 * math.sqrt(4), "one": "common", "eleven": "signal"},
    "more_incidents_less_harm": {"january": 30 / 3, "february": 6 / 12, "worse": "january"},
    "when_the_old_ones_close": {"after": mean([2] * 8 + [44, 90]), "tier": tier(15, MTTR), "step": "late"},
    "error_budget": {"minutes": 30 * 24 * 60 * 0.001, "requests": 40_000_000 // 1000, "share": 1800 / 43.2},
    "burn_rate": {"rate": 1.44 / 0.1, "share": 100 * 14.4 / 720, "hours": 720 / 14.4},
    "pages_that_need_nobody": {"before": 900 / 40, "after": 800 / 13, "still": 800 / 9},
    "red_for_nothing": {"many": 100 * (1 - 0.998**240), "few": 100 * (1 - 0.998**30)},
    "two_thousand_lines": {"speed": 2000 / 50 * 60, "hours": 2000 / 400, "left": 2 * 15 * (1 - 0.7)},
    "urgent_for_both": {"late": 100 * (69 - 40) / 69, "express": 100 * (40 - 9) / 60},
    "score_and_use": {"needed": 200 / 21, "caught": 200 / 6},
    "flags_and_states": {"states": 2**8, "left": 2**5, "fallen": 100 * (1 - 2**5 / 2**8)},
    "twice_in_the_pyramid": {"before": 26 * 2, "after": 5 * 2 + 14 * 3 / 60},
}


def test_a_month_with_one_escape_comes_about_once_a_year():
    assert round(100 * math.exp(-4) * (1 + 4)) == 9


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.id)
def test_the_taught_numbers_are_true(check):
    answers = {key: value if isinstance(value, str) else f"{value:.6f}" for key, value in RECOMPUTED[check.id].items()}
    result = grade(check, answers)
    assert result.right, result


@pytest.mark.parametrize(
    ("check", "field", "answer"),
    [
        ("escaped_defect_rate", "rate", "18.75"),
        ("availability", "mtbf", "180"),
        ("shift_left", "saving", "60000"),
        ("canary", "sessions", "200"),
        ("coverage_myth", "score", "65"),
        ("rolling_window", "rate", "16.7"),
        ("rolling_window", "rate", "10"),
        ("removal_by_stage", "removal", "90"),
        ("still_open", "with_open", "2"),
        ("time_to_detect", "restore", "40"),
        ("what_counts_as_found", "found", "92"),
        ("what_counts_as_found", "rate", "14.1"),
        ("when_the_old_ones_close", "after", "2"),
        ("pages_that_need_nobody", "after", "64.3"),
        ("red_for_nothing", "many", "48"),
        ("urgent_for_both", "express", "66.7"),
        ("score_and_use", "needed", "1.5"),
        ("flags_and_states", "states", "16"),
    ],
)
def test_the_traps_are_not_accepted(check, field, answer):
    fields = {one.field.id: one for one in grade(CHECKS[check], {field: answer}).fields}
    assert not fields[field].right


# Links


def test_links_name_kinds_and_costs():
    assert {link.group for link in content.links()} == {"tool", "certification"}
    assert len({link.id for link in content.links()}) == len(content.links())
    assert all(link.title and link.kind and link.cost and link.url.startswith("https://") for link in content.links())
    assert all(60 <= len(link.note) <= 300 for link in content.links())  # the database holds 300
    certified = [link for link in content.links() if link.group == "certification"]
    assert all("training and exam" in link.cost and "via Coursera" in link.note for link in certified)


# The guide for authors


def test_the_example_of_the_guide_is_valid_and_all_codes_are_explained():
    guide = (HERE.parent / "docs" / "authoring.md").read_text()
    example = re.search(r"```yaml\n(schema: qm-scenario/1\n.*?)```", guide, re.DOTALL)[1]
    _, problems = engine.validate(example)
    assert [problem.code for problem in problems] == ["W06"], "one decision leaves no way back"
    judge = "".join(Path(part.__file__).read_text() for part in (engine.shape, engine.validation))
    used = set(re.findall(r'"([EW]\d\d)"', judge))
    assert used == set(re.findall(r"^\| ([EW]\d\d) \|", guide, re.MULTILINE))


def test_pages_promise_nothing_that_the_portal_does_not_show():
    """Words of capabilities that are written about in the library and have no page yet."""
    missing = ("cord in the portal", "cord is one click", "review health", "keeps a check-list", "the portal then widens")
    texts = [*(page.body for page in content.pages()), (HERE.parent / "training" / "diagnostic.yaml").read_text()]
    assert [words for words in missing for text in texts if words in " ".join(text.split())] == []
