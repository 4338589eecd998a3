"""The pages with a record's form."""

import pytest
from django.urls import reverse

from defects.models import Defect
from incidents.models import Incident
from tests.factories import make_defect, make_incident, make_member, make_service, make_team

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", [Defect, Incident])
def test_every_field_is_on_the_page(client, kind):
    """One that is missing would come back empty, and an edit of something else would erase what is stored."""
    team = make_team()
    client.force_login(make_member(team=team))
    if kind is Defect:
        original = make_defect(team=team)
        record = make_defect(team=team, status="duplicate", resolution="duplicate", duplicate_of=original)
    else:
        make_service()
        original = make_incident(team=team)
        record = make_incident(team=team, status="duplicate", duplicate_of=original)
    for row in (record, original):
        answer = client.get(reverse(f"{kind._meta.app_label}:edit", args=[row.reference]))
        fields = [*answer.context["form"].columns, "version"]
        assert [name for name in fields if f'name="{name}"' not in answer.text] == []
