"""The sentences at the top of the pages."""

import pytest

from benchmarks.metrics import METRICS, Measure
from benchmarks.tiers import Rules
from dashboards import findings

HOUR = 3600


@pytest.mark.parametrize(
    ("measure", "sentence"),
    [
        (
            Measure(12.0, 50, 6, 50, metric="escaped_defect_rate"),
            "6 of 50 defects found in 90 days reached production.",
        ),
        (
            Measure(88.0, 50, 44, 50, metric="defect_removal_efficiency"),
            "44 of 50 defects found in 90 days were caught before production.",
        ),
        (Measure(None, 0, 0, 0, metric="escaped_defect_rate"), "No defects in 90 days."),
        (
            Measure(2.5 * HOUR, 7, None, None, metric="mttr", median=2 * HOUR),
            "7 incidents in 90 days were restored after 2 h 30 min on average, half of them within 2 h.",
        ),
        (
            Measure(HOUR, 1, None, None, metric="mttr", median=HOUR),
            "The one incident in 90 days was restored after 1 h.",
        ),
        (Measure(None, 0, None, None, metric="time_to_detect"), "No incidents in 90 days."),
        (
            Measure(48 * HOUR, 3, None, None, metric="mtbf"),
            "3 failures in 90 days: one every 2 d of uptime.",
        ),
        (
            Measure(0, 3, 0, 3, metric="mtbf"),
            "3 failures in 90 days, with an incident open the whole time.",
        ),
        (
            Measure(None, 0, 0, 0, metric="mtbf"),
            "No failures in 90 days, with an incident open the whole time.",
        ),
        (Measure(None, 0, None, None, low=720 * HOUR, metric="mtbf"), "No failures in 90 days."),
        (Measure(1, 1, 1, None, metric="defects_found"), "1 defect found in 90 days, at any stage."),
        (Measure(2, 2, 2, None, metric="open_incidents"), "2 incidents not yet restored at the end of the period."),
    ],
)
def test_the_counts_behind_a_number(measure, sentence):
    assert findings.counts(measure, 90).replace("\u00a0", " ") == sentence


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_sentence(metric):
    assert findings.counts(Measure(1.0, 1, 1, 1, metric=metric), 30).endswith(".")


def test_a_number_and_its_unit_stay_on_one_line():
    mean = findings.standing(Measure(2.5 * HOUR, 7, None, None, metric="mttr"), Rules())
    assert mean == "service was back after 2\u00a0h\u00a030\u00a0min on average"
    median = findings.standing(Measure(2.5 * HOUR, 7, None, None, metric="mttr", median=HOUR), Rules(statistic="median"))
    assert median == "service was back after 1\u00a0h at the median"
