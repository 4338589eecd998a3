"""What changes and deployments share: facts that machines or people report, each with a reference of its team."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models, transaction

from qmportal.lib.changes import Source, history_of
from qmportal.lib.versions import Versioned
from records.rules import Order, Rule, date_problems, rule_problems
from teams.permissions import has_visible_team

if TYPE_CHECKING:
    from teams.models import Team
    from teams.permissions import AnyUser

M = TypeVar("M", bound=models.Model)


class TeamRowsQuerySet(models.QuerySet[M]):
    """Rows that belong to a team."""

    def visible_to(self, user: AnyUser) -> Self:
        """Rows of the teams whose records the person can see."""
        return self.filter(has_visible_team(user))


class Fact(Versioned):
    """Abstract base. Subclasses add `team`. Has no status: what happened is in its times.

    `source` and `external_id` name it in the tool that reported it; reporting it again changes the same row.
    """

    # Other rows in the API name it only to people who can see it.
    IS_NAMED_TO_VIEWERS_ONLY = True
    # Nobody has to explain a corrected time of a machine.
    HAS_TIMELINE = False
    # No long text takes a title that had to be cut.
    ROOM_FOR_TITLE = ""
    REFERENCE_KIND: str
    RULES: tuple[Rule | Order, ...]
    TIMES: tuple[str, ...]

    reference = models.CharField(max_length=24, unique=True, editable=False)
    url = models.URLField("link", max_length=500, blank=True)
    source = models.CharField(max_length=40, blank=True)
    external_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    @property
    def teams(self) -> list[Team]:
        """The teams whose members can work on it."""
        return [self.team]  # type: ignore[attr-defined]

    def problems(self, now: datetime) -> dict[str, str]:
        return rule_problems(self, self.RULES) | date_problems(self, self.TIMES, now)

    def history_sources(self) -> list[Source]:
        """The events that its history page shows."""
        return [history_of(self)]

    def link_problems(self, values: Mapping[str, Any]) -> dict[str, str]:
        """None: a fact can link to anything. The intake calls it for every row."""
        return {}

    def begin(self, status: str = "", *, at: datetime | None) -> None:
        """Does nothing, because a fact has no status. The intake calls it for every new record."""

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new row gets the team's next reference."""
        if self._state.adding and not self.reference:
            self.reference = self.team.next_references(self.REFERENCE_KIND)[0]  # type: ignore[attr-defined]
        super().save(*args, **kwargs)
