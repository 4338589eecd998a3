"""A team's report is a page that prints well."""

import re

from django.utils import timezone
from playwright.sync_api import expect

from incidents.models import Incident, Review
from qmportal.lib.days import local_day
from tests.factories import make_action


def test_a_printed_metric_names_its_team_and_shows_no_controls(engineer):
    engineer.goto("/t/payments/mttr/")
    team = engineer.locator("#main .print-only")
    expect(team).to_be_hidden()
    engineer.emulate_media(media="print")
    expect(team).to_be_visible()
    expect(team).to_have_text("Payments")
    expect(engineer.get_by_label("Show data up to")).to_be_hidden()
    expect(engineer.locator(".chart-data table")).to_be_visible()


def test_the_report_of_a_team_is_two_sheets_that_say_whose_and_when(engineer):
    engineer.goto("/t/payments/?window=30")
    head = engineer.locator("#main .print-head")
    expect(head).to_be_hidden()
    for size in ("A4", "Letter"):
        sheets = re.findall(rb"/Type\s*/Page\b(?!s)", engineer.pdf(format=size))
        assert len(sheets) == 2, size
    engineer.emulate_media(media="print")
    today = f"{local_day(timezone.now()):%-d %b %Y}"
    expect(head).to_contain_text("Payments")
    expect(head).to_contain_text(f"30 days up to {today}")
    expect(head).to_contain_text(f"Printed {today}")
    expect(engineer.get_by_role("button", name="Print")).to_be_hidden()


def test_the_draft_of_a_usual_review_is_two_sheets(engineer):
    incident = Incident.objects.get(reference="PAY-INC-2")
    texts = dict.fromkeys(("summary", "impact", "went_well", "went_wrong", "lessons"), "It was human error. " * 20)
    review = Review.objects.create(incident=incident, due_on=local_day(timezone.now()), **texts)
    parent = None
    for number in range(6):
        parent = review.causes.create(text=f"The limit of connections was reached {number}", group="code", parent=parent)
    for number in range(4):
        make_action(team=incident.team, incident=incident, title=f"Alert on 80% of the limit of connections {number}")
    engineer.goto("/reviews/PAY-INC-2/")
    for size in ("A4", "Letter"):
        sheets = re.findall(rb"/Type\s*/Page\b(?!s)", engineer.pdf(format=size))
        assert len(sheets) <= 2, (size, len(sheets))
