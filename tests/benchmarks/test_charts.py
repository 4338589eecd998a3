import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from benchmarks import charts
from benchmarks.tiers import BEST_FIRST

RATE_CUTS = (5, 10, 20, 35)
HOUR = 3600
RESTORE_CUTS = (HOUR, 4 * HOUR, 24 * HOUR, 168 * HOUR)


def test_sparkline_is_whole_numbers_and_stays_short() -> None:
    spark = charts.sparkline([i % 7 for i in range(90)])
    assert spark is not None
    assert len(spark.line) < 100
    assert "." not in spark.line


def test_sparkline_rises_when_values_rise() -> None:
    spark = charts.sparkline([1, 2], width=100, height=24)
    assert spark is not None
    assert spark.line == "m2 21 96-18"
    assert spark.dot == "M98 3h0"


def test_sparkline_breaks_at_a_gap_and_leaves_the_area_out() -> None:
    spark = charts.sparkline([1, None, 2, 3])
    assert spark is not None
    assert spark.line == "m2 21m64-9 32-9"
    assert spark.area == ""


@pytest.mark.parametrize("values", [[], [5], [None, None], [None, 3]])
def test_sparkline_needs_two_values(values: list[float | None]) -> None:
    assert charts.sparkline(values) is None


def test_flat_sparkline_runs_through_the_middle() -> None:
    spark = charts.sparkline([4, 4, 4], height=24)
    assert spark is not None
    assert spark.line == "m2 12 48 0 48 0"


def test_trend_of_nothing_is_none() -> None:
    assert charts.trend(["a", "b"], [None, None]) is None


def test_trend_line_breaks_on_a_day_without_data() -> None:
    trend = charts.trend(["a", "b", "c"], [10, None, 20])
    assert trend is not None
    assert trend.line.count("M") == 2
    assert trend.points[1].text == "No data"


def test_bands_touch_each_other_and_fill_the_plot() -> None:
    trend = charts.trend(["a", "b"], [4, 50], cuts=RATE_CUTS)
    assert trend is not None
    assert [band.tier for band in trend.bands] == list(BEST_FIRST)
    assert sum(float(band.height) for band in trend.bands) == pytest.approx(100, abs=0.5)
    assert float(trend.bands[0].y) > float(trend.bands[-1].y)  # Elite at the foot: lower is better


def test_higher_is_better_puts_elite_on_top() -> None:
    trend = charts.trend(["a", "b"], [70, 96], cuts=(95, 90, 80, 65), lower_is_better=False)
    assert trend is not None
    elite = next(band for band in trend.bands if band.tier == "elite")
    assert elite.y == "0"


def test_value_at_a_cut_lies_on_the_edge_of_its_band() -> None:
    trend = charts.trend(["a", "b"], [10, 10], cuts=RATE_CUTS)
    assert trend is not None
    average = next(band for band in trend.bands if band.tier == "average")
    assert float(trend.line.split()[1]) == pytest.approx(float(average.y) + float(average.height), abs=0.11)


def test_percent_axis_ends_at_one_hundred() -> None:
    trend = charts.trend(["a", "b"], [93, 99])
    assert trend is not None
    assert trend.ticks[-1].label == "100%"


def test_log_axis_of_durations_has_ticks_of_sensible_units() -> None:
    trend = charts.trend(["a", "b"], [3 * HOUR, 48 * HOUR], unit="seconds", cuts=RESTORE_CUTS, log=True)
    assert trend is not None
    labels = [tick.label for tick in trend.ticks]
    assert {"1 h", "4 h", "1 d", "7 d"} <= set(labels)


def test_log_axis_holds_a_zero_second_incident() -> None:
    trend = charts.trend(["a", "b"], [0, HOUR], unit="seconds", cuts=RESTORE_CUTS, log=True)
    assert trend is not None
    assert trend.line.startswith("M0 100")


@pytest.mark.parametrize("values", [[0, 0], [0.0, 0.1], [3, 3], [1e6, 2e6]])
@pytest.mark.parametrize("unit", ["percent", "count", "seconds"])
@pytest.mark.parametrize("log", [False, True])
def test_every_point_lies_inside_the_plot(values: list[float], unit: str, log: bool) -> None:
    trend = charts.trend(["a", "b"], values, unit=unit, log=log)
    assert trend is not None
    ys = [float(y) for y in trend.line.removeprefix("M").split()[1::2]]
    assert all(0 <= y <= 100 for y in ys)


def test_points_outside_the_limits_are_marked_in_picture_and_table() -> None:
    trend = charts.trend(["a", "b", "c"], [5, 30, 6], limits=(2, 18))
    assert trend is not None
    assert trend.dots_out.count("M") == 1
    assert [point.note for point in trend.points] == ["", "outside control limits", ""]


def test_the_chart_repeats_the_tiers_it_is_given_and_judges_nothing() -> None:
    trend = charts.trend(["a", "b"], [4, 5], cuts=RATE_CUTS, tiers=[None, "needs_work"])
    assert trend is not None
    assert [point.tier_label for point in trend.points] == ["", "Needs Work"]


def test_one_value_is_one_dot() -> None:
    trend = charts.trend(["a"], [12], cuts=RATE_CUTS)
    assert trend is not None
    assert trend.dots.count("M") == 1


def test_ninety_days_draw_the_line_and_its_end_only() -> None:
    trend = charts.trend([str(i) for i in range(90)], list(range(90)))
    assert trend is not None
    assert trend.dots.count("M") == 1
    assert len(trend.xticks) <= 8


def test_long_days_stand_further_apart() -> None:
    days = ["31 Dec 2025"] * 4 + ["4 Feb"] * 22
    trend = charts.trend(days, list(range(26)))
    assert trend is not None
    assert [tick.label for tick in trend.xticks] == ["31 Dec 2025", "4 Feb", "4 Feb", "4 Feb", "4 Feb"]


@pytest.mark.parametrize(("value", "low", "high"), [(2, 80, 100), (7, 60, 80), (15, 40, 60), (30, 20, 40), (90, 0, 20)])
def test_tier_bar_puts_each_value_into_its_fifth(value: float, low: float, high: float) -> None:
    bar = charts.tier_bar(value, RATE_CUTS)
    assert bar is not None
    assert low < float(bar.x) < high


def test_tier_bar_of_higher_is_better_grows_to_the_right() -> None:
    low = charts.tier_bar(70, (95, 90, 80, 65), ceiling=100)
    high = charts.tier_bar(99, (95, 90, 80, 65), ceiling=100)
    assert low is not None
    assert high is not None
    assert float(low.x) < 40 < 90 < float(high.x)


def test_tier_bar_shows_the_interval_around_the_value() -> None:
    bar = charts.tier_bar(15.79, RATE_CUTS, interval=(9.81, 24.43))
    assert bar is not None
    left, width = float(bar.interval_x), float(bar.interval_width)
    assert left < float(bar.x) < left + width


@pytest.mark.parametrize("cuts", [(), (5, 10)])
def test_no_tier_bar_without_four_cuts(cuts: tuple[float, ...]) -> None:
    assert charts.tier_bar(3, cuts) is None


def test_stacked_fills_the_whole() -> None:
    parts = charts.stacked([("SEV1", "Critical", 1), ("SEV2", "Major", 3)])
    assert [part.percent for part in parts] == ["25.0%", "75.0%"]
    assert float(parts[-1].x) + float(parts[-1].width) == pytest.approx(100, abs=0.2)


def test_a_trace_is_not_nothing_and_nearly_all_is_not_all() -> None:
    parts = charts.stacked([("SEV1", "Critical", 1), ("SEV4", "Low", 2499)])
    assert [part.percent for part in parts] == ["0.04%", "99.96%"]


def test_stacked_and_bars_of_nothing_have_no_width() -> None:
    assert [part.width for part in charts.stacked([("a", "A", 0)])] == ["0"]
    assert [part.width for part in charts.bars([("a", "A", 0)])] == ["0"]
    assert charts.bars([]) == []


def test_bars_are_relative_to_the_largest() -> None:
    assert [bar.width for bar in charts.bars([("a", "A", 5), ("a", "B", 10)])] == ["50", "100"]


def test_a_second_line_shares_the_scale_and_the_table() -> None:
    trend = charts.trend(["Start", "1", "2"], [10, 20, None], also=[10, 30, 40], unit="count")
    assert trend is not None
    assert [(point.text, point.also) for point in trend.points] == [("10", "10"), ("20", "30"), ("No data", "40")]
    assert trend.also.startswith("M0 ")
    assert trend.also.count(" ") == 5
    assert float(trend.ticks[-1].label) >= 40
    assert charts.trend(["1"], [5]).also == ""


@pytest.mark.parametrize("values", [[0.0, 0.0], [1.0, 3.0], [0.0, 7.0], [12.0, 40.0]])
def test_counts_are_marked_in_whole_numbers(values: list[float]) -> None:
    drawn = charts.trend(["a", "b"], values, unit="count")
    assert drawn is not None
    assert all("." not in tick.label for tick in drawn.ticks)


def test_a_narrow_log_axis_has_marks_between_its_ends() -> None:
    days = 86400.0
    drawn = charts.trend(["a", "b"], [11 * days, 15 * days], unit="seconds", log=True)
    assert drawn is not None
    assert [tick.label for tick in drawn.ticks] == ["7 d", "14 d", "30 d"]


LONGEST = 100 * 365 * 24 * HOUR
amounts = {
    "percent": some.one_of(some.sampled_from([0.0, 100.0, 5.0, 99.9, 1e-9]), some.floats(0, 100)),
    "count": some.one_of(some.sampled_from([0.0, 1.0, 1e7]), some.integers(0, 10**7).map(float)),
    "seconds": some.one_of(some.sampled_from([0.0, 1e-6, 1.0, float(HOUR), LONGEST]), some.floats(0, LONGEST)),
}
CUTS = {"percent": [(), RATE_CUTS, (95, 90, 80, 65)], "count": [()], "seconds": [(), RESTORE_CUTS, RESTORE_CUTS[::-1]]}


def numbers_of(*texts: str) -> list[float]:
    return [float(number) for text in texts for number in re.findall(r"-?[0-9.]+|nan|inf", text)]


@given(some.data(), some.sampled_from(["percent", "count", "seconds"]), some.booleans(), some.booleans())
def test_any_series_can_be_drawn(data, unit, log, lower_is_better) -> None:
    amount = amounts[unit]
    equal = some.tuples(amount, some.integers(1, 30)).map(lambda pair: [pair[0]] * pair[1])
    values = data.draw(some.one_of(equal, some.lists(some.none() | amount, max_size=12)))
    cuts = data.draw(some.sampled_from(CUTS[unit]))
    trend = charts.trend(
        [str(i) for i in range(len(values))],
        values,
        unit=unit,
        cuts=cuts,
        lower_is_better=cuts[0] < cuts[-1] if cuts else lower_is_better,
        log=log,
        limits=data.draw(some.none() | some.tuples(amount, amount).map(lambda pair: (min(pair), max(pair)))),
        centre=data.draw(some.none() | amount),
        also=data.draw(some.just([]) | some.lists(some.none() | amount, min_size=len(values), max_size=len(values))),
    )
    spark = charts.sparkline(values)
    known = [value for value in values if value is not None]
    assert (trend is None) == (not known)
    assert spark is None or "nan" not in spark.line + spark.area + spark.dot
    if trend is None:
        return
    ticks = [float(tick.at) for tick in trend.ticks]
    assert len(ticks) >= 2
    assert (ticks[0], ticks[-1]) == (100, 0)
    assert ticks == sorted(ticks, reverse=True)
    marks = [*ticks, *(float(tick.at) for tick in [*trend.xticks, *trend.limits, *filter(None, [trend.centre])])]
    assert all(0 <= mark <= 100 for mark in marks)
    assert all(0 <= number <= charts.WIDTH for number in numbers_of(trend.line, trend.also, trend.dots, trend.dots_out))
    assert sum(float(band.height) for band in trend.bands) == pytest.approx(100 if cuts else 0, abs=3)


@given(some.data(), some.sampled_from(["percent", "seconds"]))
def test_any_value_stands_somewhere_on_the_bar(data, unit) -> None:
    amount = amounts[unit]
    interval = data.draw(some.none() | some.tuples(amount, amount))
    cuts = data.draw(some.sampled_from(CUTS[unit]))
    bar = charts.tier_bar(
        data.draw(some.none() | amount), cuts, interval=interval, ceiling=data.draw(some.sampled_from([None, 100]))
    )
    if bar:
        assert 0 <= float(bar.x) <= 100
        assert all(0 <= number <= 100.5 for number in numbers_of(bar.interval_x, bar.interval_width))


@given(some.lists(amounts["count"], max_size=8))
def test_any_parts_can_be_drawn(values) -> None:
    items = [(str(i), str(i), value) for i, value in enumerate(values)]
    for segment in [*charts.stacked(items), *charts.bars(items)]:
        assert 0 <= float(segment.x) <= 101
        assert 0 <= float(segment.width) <= 100


@pytest.mark.parametrize("values", [[100.0, 100.0], [100.0], [100.0, None, 100.0], [0.0, 0.0]])
@pytest.mark.parametrize("lower_is_better", [True, False])
def test_equal_shares_have_an_axis(values: list[float | None], lower_is_better: bool) -> None:
    trend = charts.trend(["a"] * len(values), values, lower_is_better=lower_is_better)
    assert trend is not None
    assert len({tick.label for tick in trend.ticks}) >= 2
