"""Group sessions: a facilitator plays a scenario with a group, which votes on each decision. Nobody is graded.

Votes belong to people only until the group has decided. Then their totals are kept, and with the session's end everything
that names a participant is deleted.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.functional import cached_property

from qmportal.lib.late_import import LateImport
from scenarios.models import DecisionEvent, NotOffered, OutOfStep, Scenario, ScenarioVersion
from teams.models import User

if TYPE_CHECKING:
    from scenarios import attempts, engine
else:
    attempts, engine = LateImport("scenarios.attempts"), LateImport("scenarios.engine")

# Letters and digits that nobody confuses when they are read aloud.
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 6
LONGEST_NOTE = 5_000
# A session that nobody ended is over after this.
MOST_TIME = timedelta(hours=12)


class GroupSessionQuerySet(models.QuerySet["GroupSession"]):
    @transaction.atomic
    def begin(self, scenario: Scenario, facilitator: User, now: datetime) -> GroupSession:
        """Starts a session at the scenario's current version. Raises `NotOffered`."""
        version = scenario.current
        if scenario.state != Scenario.State.PUBLISHED or version is None:
            raise NotOffered
        code = next(code for code in iter(_random_code, "") if not self.filter(code=code).exists())
        seed = secrets.randbelow(2**31)
        return self.create(code=code, version=version, facilitator=facilitator, seed=seed, started_at=now)

    def marker(self, code: str, user: User) -> str | None:
        """Changes when this person's page does; None if there is no such session. One cheap query for each poll."""
        row = self.filter(code=code).only("turn", "news", "facilitator").first()
        return row.marker_for(user) if row else None

    def end_old(self, now: datetime) -> None:
        """Ends sessions that nobody has ended."""
        for session in self.filter(ended_at=None, started_at__lt=now - MOST_TIME):
            session.end(now)


def _random_code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


class GroupSession(models.Model):
    """One group's way through one version of a scenario. People join it by its code."""

    class Stage(models.TextChoices):
        VOTING = "voting", "Voting"
        REVEALED = "revealed", "Votes revealed"
        DECIDED = "decided", "Decided"
        OVER = "over", "Over"

    code = models.CharField(max_length=CODE_LENGTH, unique=True)
    version = models.ForeignKey(ScenarioVersion, on_delete=models.PROTECT, related_name="+")
    facilitator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="group_sessions")
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.VOTING)
    choices = ArrayField(models.CharField(max_length=40), default=list)
    seed = models.PositiveIntegerField()
    # Changes with what everybody sees; `news` also with each vote and each person who joins.
    turn = models.PositiveIntegerField(default=0)
    news = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = GroupSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stage="over", ended_at__isnull=False) | (~Q(stage="over") & Q(ended_at=None)),
                name="group_session_over_when_ended",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version.title} with a group"

    def get_absolute_url(self) -> str:
        return reverse("training:group", args=[self.code])

    @cached_property
    def play(self) -> engine.Play:
        content = self.version.content
        return engine.Play(content, engine.replay(content, self.choices), self.seed)

    @property
    def is_at_the_end(self) -> bool:
        """Whether the last decision led to an ending."""
        return bool(self.play.node.kind == "ending")

    def marker_for(self, user: User) -> str:
        """Votes that come in change the facilitator's page only, so nobody's form is replaced while they choose."""
        return f"{self.turn}.{self.news}" if user.pk == self.facilitator_id else str(self.turn)

    def tally(self) -> dict[str, int]:
        """How many people chose each option."""
        votes = self.members.exclude(vote="").order_by().values_list("vote").annotate(n=Count("pk"))
        return dict(votes)

    def reveals(self) -> list[tuple[GroupStep, attempts.Reveal]]:
        """Each past decision with its consequences."""
        play = self.play
        pairs = zip(self.steps.order_by("seq"), play.run.steps, strict=True)
        return [(kept, attempts.reveal(play, DecisionEvent.of(step, seq=kept.seq))) for kept, step in pairs]

    # --- What people do; each is refused with `OutOfStep` if the group has moved on ---

    def join(self, user: User) -> None:
        with transaction.atomic():
            session = self._lock(*set(self.Stage) - {self.Stage.OVER})
            GroupMember.objects.get_or_create(session=session, user=user)
            session._changed(news=F("news") + 1)

    def vote(self, user: User, *, seq: int, choice: str) -> None:
        """Stores or changes a vote. Raises `engine.NotPlayable` if there is no such option."""
        with transaction.atomic():
            session = self._lock(self.Stage.VOTING, seq=seq)
            if choice not in [each.id for each in session.play.options(session.play.run.state)]:
                raise engine.NotPlayable(f"{choice!r} is not offered.")
            if not session.members.filter(user=user).update(vote=choice):
                raise OutOfStep
            session._changed(news=F("news") + 1)

    def reveal(self, *, seq: int) -> None:
        """Shows everybody the totals."""
        with transaction.atomic():
            self._lock(self.Stage.VOTING, seq=seq)._turn(stage=self.Stage.REVEALED)

    def follow(self, *, seq: int, choice: str) -> None:
        """Makes the group's decision. The totals are kept, the votes deleted. A knowledge check takes no votes."""
        with transaction.atomic():
            session = self._lock(self.Stage.REVEALED, self.Stage.VOTING, seq=seq)
            if session.stage == self.Stage.VOTING and session.play.node.kind != "check":
                raise OutOfStep
            step = engine.commit(session.play.content, session.play.run.state, choice)
            session.steps.create(seq=seq, choice=step.choice, tally=session.tally())
            session.members.update(vote="")
            session._turn(stage=self.Stage.DECIDED, choices=[*session.choices, step.choice])

    def go_on(self, *, seq: int, now: datetime) -> None:
        """To the next decision, or to the end. `seq`: of the next one."""
        with transaction.atomic():
            session = self._lock(self.Stage.DECIDED, seq=seq)
            if session.is_at_the_end:
                session._end(now)
            else:
                session._turn(stage=self.Stage.VOTING)

    def end(self, now: datetime) -> None:
        with transaction.atomic():
            self._lock(*set(self.Stage) - {self.Stage.OVER})._end(now)

    def keep_note(self, seq: int, note: str) -> bool:
        """Stores the notes about one decision, also after the end."""
        with transaction.atomic():
            if not self.steps.filter(seq=seq).update(note=note):
                return False
            self._turn()
        return True

    def _end(self, now: datetime) -> None:
        self.members.all().delete()
        self._turn(stage=self.Stage.OVER, ended_at=now)

    def _lock(self, *stages: str, seq: int | None = None) -> GroupSession:
        rows = GroupSession.objects.select_for_update(of=("self",)).select_related("version")
        session = rows.filter(pk=self.pk, stage__in=stages).first()
        if session is None or (seq is not None and seq != session.play.seq):
            raise OutOfStep
        return session

    def _turn(self, **values: Any) -> None:
        self._changed(turn=F("turn") + 1, **values)

    def _changed(self, **values: Any) -> None:
        GroupSession.objects.filter(pk=self.pk).update(**values)


class GroupMember(models.Model):
    """A participant until the session ends, with their vote until the group has decided."""

    session = models.ForeignKey(GroupSession, on_delete=models.CASCADE, related_name="members", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    vote = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="group_member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.session_id}"


class GroupStep(models.Model):
    """What the group decided: the choice, how many voted for what, and notes of the discussion. It names nobody."""

    session = models.ForeignKey(GroupSession, on_delete=models.CASCADE, related_name="steps", db_index=False)
    seq = models.PositiveSmallIntegerField()
    choice = models.CharField(max_length=40)
    tally = models.JSONField(default=dict)
    note = models.TextField(max_length=LONGEST_NOTE, blank=True)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["session", "seq"], name="group_step_once")]

    def __str__(self) -> str:
        return f"{self.session_id}.{self.seq}: {self.choice}"

    def votes_of(self, reveal: attempts.Reveal) -> list[tuple[str, int]]:
        """Each option with its votes."""
        return [(option.label, self.tally.get(option.id, 0)) for option in reveal.options]


def winners(tally: Mapping[str, int]) -> list[str]:
    """The options with most votes: none without votes, several after a tie."""
    most = max(tally.values(), default=0)
    return [choice for choice, votes in tally.items() if votes == most] if most else []
