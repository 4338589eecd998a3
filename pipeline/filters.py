"""The filter by service, for lists whose rows name services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict

from pipeline.choices import MOST_BOXES
from pipeline.models import Service
from pipeline.models.services import Named
from records.filters import ListForm

if TYPE_CHECKING:
    from teams.models import User
    from teams.permissions import AnyUser


class ServiceFilter(ListForm):
    """Base of the filter forms of these lists. It offers no services if there are none, or too many for a menu."""

    service = forms.ChoiceField()

    def __init__(self, data: QueryDict, *, user: AnyUser):
        super().__init__(data, user=user)
        if user.is_authenticated and not (self._limit_services(user, data) or data.get("service")):
            del self.fields["service"]

    def _limit_services(self, user: User, data: QueryDict) -> bool:
        """Offers the services in use and the chosen one. Returns False if none are offered."""
        self.catalogue = Service.objects.catalogue(user.versions)
        offered = self.catalogue.offered()
        if len(offered) > MOST_BOXES:
            offered = []
        chosen = self.catalogue.called(data.get("service", "")[:80])
        choices = dict(offered) | ({chosen.slug: chosen.name} if chosen else {})
        self.limit_choices("service", ("", "Any service"), *choices.items())
        return bool(offered)

    def service_in(self, chosen: dict[str, Any]) -> Named | None:
        """The service that was chosen."""
        return self.catalogue.called(chosen["service"]) if chosen.get("service") else None
