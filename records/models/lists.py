"""Saved views of a list, and edits of many records at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from qmportal.lib.history import tracked
from qmportal.lib.work import Work
from teams.models import Role, Team

if TYPE_CHECKING:
    from teams.models import User


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: User) -> SavedViewQuerySet:
        """The person's own, those of their teams, and those for everyone."""
        return self.filter(Q(owner=user) | Q(for_everyone=True) | Q(team__in=Team.objects.with_rows_for(user)))

    def changeable_by(self, user: User) -> SavedViewQuerySet:
        """Private ones: their owner's. Shared ones: also managers of the team, and admins."""
        shared = Q(team__in=Team.objects.with_rows_for(user, Role.MANAGER)) | (
            Q(for_everyone=True) if user.is_admin else Q()
        )
        return self.filter(Q(owner=user) | shared)


@tracked()
class SavedView(models.Model):
    """The address of a list under a name: for its owner alone, a team, or everyone."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_views")
    for_everyone = models.BooleanField(default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = [Lower("name"), "id"]
        constraints = [
            models.CheckConstraint(condition=Q(team=None) | Q(for_everyone=False), name="view_for_team_or_everyone"),
            models.UniqueConstraint("kind", "owner", Lower("name"), name="view_name"),
        ]

    def __str__(self) -> str:
        return self.name


class BulkEdit(Work):
    """One edit of many records of a kind, with a reason. `records.bulk` does it; a small one runs within the request.

    `changes`: the new value of each field as a form or the API would send it. `result` grows with each batch.
    """

    TASK = "records.tasks.edit_many"
    DOOR = "bulk"

    # The label of the model.
    model = models.CharField(max_length=60)
    ids = ArrayField(models.BigIntegerField())
    changes = models.JSONField(default=dict)
    move = models.CharField(max_length=40, blank=True)
    reason = models.TextField(max_length=2000)
    result = models.JSONField(default=dict)

    def run(self) -> None:
        """Everything happens in batches before, see `records.bulk.edit`."""

    @property
    def acting_name(self) -> str:
        return " ".join(self.reason.split())

    @property
    def done(self) -> int:
        done: int = self.result.get("done", 0)
        return done

    @property
    def skipped(self) -> int:
        return sum(len(references) for references in self.reasons.values())

    @property
    def reasons(self) -> dict[str, list[str]]:
        """The references of skipped records, by reason."""
        found: dict[str, Any] = self.result.get("skipped", {})
        return found
