import pytest

from qmportal.lib import charts

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
    assert [band.tier for band in trend.bands] == list(charts.TIERS)
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
    assert [part.percent for part in parts] == ["25%", "75%"]
    assert float(parts[-1].x) + float(parts[-1].width) == pytest.approx(100, abs=0.2)


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
