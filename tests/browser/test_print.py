"""A team's report is a page that prints well."""

from playwright.sync_api import expect


def test_a_printed_metric_names_its_team_and_shows_no_controls(engineer):
    engineer.goto("/t/payments/mttr/")
    team = engineer.locator("#main .print-only")
    expect(team).to_be_hidden()
    engineer.emulate_media(media="print")
    expect(team).to_be_visible()
    expect(team).to_have_text("Payments")
    expect(engineer.get_by_label("The window ends when this day begins")).to_be_hidden()
    expect(engineer.locator(".chart-data table")).to_be_visible()
