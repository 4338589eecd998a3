"""Grades for learning platforms: rows first, sent and retried by a worker."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, Max, When
from django.utils import timezone

from library.models import CheckAnswer
from qmportal.lib.outside import Answer, Unfetchable, send
from qmportal.lib.sealing import Unsealable
from qmportal.lib.work import Work, WorkQuerySet, ring
from scenarios.models import Attempt
from teams.models import User
from training import lti
from training.kinds import PLAN, ItemKind
from training.models.assignments import Assignment
from training.models.plans import PlanItem
from training.models.platforms import Platform, PlatformPerson, ToolKey

# After all retries, a grade is tried again this often, and for this long.
TRIED_AGAIN_AFTER = timedelta(hours=1)
TRIED_AGAIN_FOR = timedelta(days=7)


class GradeQuerySet(WorkQuerySet):
    def settle(self, user: User, now: datetime) -> None:
        """Queues the grades that have changed with what this person has just done."""
        mine: Any = self.filter(person__user=user).select_related("person__user")
        for grade in mine:
            grade.settle(now)

    def try_again(self, now: datetime) -> None:
        """Queues grades that failed a while ago."""
        over: Any = self.filter(state=Work.State.FAILED, finished_at__lt=now - TRIED_AGAIN_AFTER)
        for grade in over.filter(scored_at__gte=now - TRIED_AGAIN_FOR):
            grade.queue(now)


class Grade(Work):
    """One person's score for one column of a platform's gradebook. The row is also the work of sending it."""

    person = models.ForeignKey(PlatformPerson, on_delete=models.CASCADE, related_name="grades")
    line_item = models.CharField(max_length=1000)
    kind = models.CharField(max_length=8)
    ref = models.CharField(max_length=60)
    score = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    is_complete = models.BooleanField(default=False)
    scored_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    objects = GradeQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "line_item"], name="grade_once")]

    def __str__(self) -> str:
        return f"{self.person}: {self.kind} {self.ref}"

    def settle(self, now: datetime) -> None:
        """Queues the score if it is new."""
        score, is_complete = self.earned()
        if score is not None and (score, is_complete) != (self.score, self.is_complete):
            self.score, self.is_complete, self.scored_at = score, is_complete, now
            self.save(update_fields=["score", "is_complete", "scored_at"])
            self.queue(now)

    def earned(self) -> tuple[Any, bool]:
        """The best score so far, None for none yet; and whether the item is done."""
        user = self.person.user
        if self.kind == ItemKind.SCENARIO:
            tries = Attempt.objects.graded().finished().filter(user=user, version__scenario__slug=self.ref)
            best = tries.aggregate(best=Max("score"))["best"]
            return best, best is not None
        if self.kind == ItemKind.CHECK:
            counted = CheckAnswer.objects.filter(user=user, check_id=self.ref, counted=True)
            right = counted.aggregate(right=Max(Case(When(right=True, then=100), default=0)))["right"]
            return right, right == 100
        if self.kind == PLAN:
            items = set(PlanItem.objects.filter(plan=int(self.ref)).values_list("kind", "ref"))
            # By whichever plan they were assigned: nobody gets an item twice.
            done = items & set(Assignment.objects.filter(user=user, done_at__isnull=False).values_list("kind", "ref"))
            return round(100 * len(done) / len(items), 1) if done else None, bool(items) and done == items
        return (100, True) if user.pages_read.filter(page=self.ref).exists() else (None, False)

    def queue(self, now: datetime) -> None:
        type(self).objects.filter(pk=self.pk).update(state=self.State.QUEUED, failures=0, error="", run_after=now)
        ring(self)

    def foreseen(self) -> tuple[type[Exception], ...]:
        return (lti.Refused, Unsealable)

    def prepare(self) -> None:
        """Sends the score. Sending it twice changes nothing, because it has the time when it was reached."""
        platform = self.person.platform
        if self.score is None or self.scored_at is None or not platform.is_active:
            return
        body = lti.score(sub=self.person.sub, given=float(self.score), is_complete=self.is_complete, at=self.scored_at)
        headers = {"Authorization": f"Bearer {self._access_token(platform)}", "Content-Type": lti.SCORE_TYPE}
        # 409: the platform has a newer score.
        _answered(send("POST", lti.scores_url(self.line_item), body, headers=headers), accepted=409)

    def run(self) -> None:
        type(self).objects.filter(pk=self.pk, score=self.score).update(sent_at=timezone.now())

    def _access_token(self, platform: Platform) -> str:
        asked = lti.token_request(
            ToolKey.objects.signer(),
            client_id=platform.client_id,
            audience=platform.audience or platform.token_url,
            now=timezone.now(),
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = _answered(send("POST", platform.token_url, asked, headers=headers))
        try:
            return str(json.loads(answer)["access_token"])
        except (ValueError, KeyError, TypeError):
            raise lti.Refused("The learning platform gave no access token.") from None


def _answered(answer: Answer, accepted: int = 200) -> bytes:
    """The body of a success. Raises `lti.Refused` for what a retry can't fix, else `Unfetchable`."""
    if 200 <= answer.status < 300 or answer.status == accepted:
        return answer.body
    if answer.is_final:
        raise lti.Refused(f"The learning platform refused the score (status {answer.status}).")
    raise Unfetchable(f"The server answered with status {answer.status}.")
