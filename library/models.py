"""Answers to knowledge checks, read marks and edits of pages, and links."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.conf import settings
from django.db import connection, models, transaction
from django.urls import reverse

from library.checks import KnowledgeCheck, grade, next_due
from qmportal.lib.days import local_day
from qmportal.lib.history import tracked
from qmportal.lib.ordered import Ordered
from qmportal.lib.versions import require_newest
from teams.models import User


class CheckAnswerQuerySet(models.QuerySet["CheckAnswer"]):
    def latest_of(self, user: User) -> dict[str, CheckAnswer]:
        """The person's latest answer to each check, by check id."""
        rows = self.filter(user=user).order_by("check_id", "-at", "-id").distinct("check_id")
        return {row.check_id: row for row in rows}

    @transaction.atomic
    def record(
        self, user: User, check: KnowledgeCheck, given: dict[str, str], *, after: int | None, now: datetime
    ) -> CheckAnswer:
        """Grades and stores an answer, to the question with the numbers of this try.

        `after`: the person's latest answer when the question was shown. If there is a newer one (double click, another
        tab), that one counts: `Stale` has it. Only the first answer and one on a due day count. A correct answer in between
        is practice and doesn't change the box, else people could move up right after reading the solution.
        """
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        latest = self.filter(user=user, check_id=check.id).first()
        require_newest(latest, after)
        number = latest.number + 1 if latest else 1
        right = grade(check.drawn(user.pk, number), given).right
        counted = latest is None or local_day(now) >= latest.due_on
        box, due_on = next_due(latest.box if latest else 0, right, local_day(now))
        if right and latest and not counted:
            box, due_on = latest.box, latest.due_on
        return self.create(
            user=user,
            check_id=check.id,
            number=number,
            given=given,
            right=right,
            counted=counted,
            box=box,
            due_on=due_on,
            at=now,
        )

    def ask_again(self, people: Collection[User], checks: Collection[str], today: date) -> None:
        """Makes these checks due, for people who have answered them before."""
        self.filter(user__in=people, check_id__in=checks, due_on__gt=today).update(due_on=today)


class CheckAnswer(models.Model):
    """One answer to a knowledge check, and when to ask again: after 1, 3, 7, 21 or 60 days."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="check_answers")
    check_id = models.CharField(max_length=60)
    number = models.PositiveIntegerField(default=1, help_text="1, 2, 3: the person's tries at this check.")
    given = models.JSONField()
    right = models.BooleanField()
    counted = models.BooleanField(default=True, help_text="The first answer, or one on a due day; others are practice.")
    box = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    at = models.DateTimeField()

    objects = CheckAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["user", "check_id", "-at"], name="check_answer_latest")]

    def __str__(self) -> str:
        return f"{self.user}: {self.check_id}"

    def get_absolute_url(self) -> str:
        return reverse("training:check_answer", args=[self.check_id, self.pk])


class PageReadQuerySet(models.QuerySet["PageRead"]):
    def mark(self, user: User, page: str, now: datetime) -> None:
        """Stores that the person has read the page. Safe to repeat."""
        self.get_or_create(user=user, page=page, defaults={"at": now})


class PageRead(models.Model):
    """A library page that someone marked as read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pages_read")
    page = models.CharField(max_length=60)
    at = models.DateTimeField()

    objects = PageReadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="page_read_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.page}"


class PageEditQuerySet(models.QuerySet["PageEdit"]):
    def newest(self) -> PageEditQuerySet:
        """The latest edit of each page."""
        return self.order_by("page", "-at", "-id").distinct("page")

    @transaction.atomic
    def save_after(self, edit: PageEdit, base: int) -> None:
        """Saves an edit. Raises `Stale` if `base` is no longer the page's newest edit (0: none)."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"library.page.{edit.page}"])
        require_newest(self.filter(page=edit.page).first(), base)
        edit.save()


class PageEdit(models.Model):
    """An organisation's own text for a library page. The newest replaces the default text; older ones are the history."""

    page = models.CharField(max_length=60)
    body = models.TextField(max_length=40_000, blank=True, help_text="Markdown. Empty: the shipped text again.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects = PageEditQuerySet.as_manager()

    class Meta:
        ordering = ["page", "-at", "-id"]

    def __str__(self) -> str:
        return f"{self.page} at {self.at:%Y-%m-%d}"


@tracked()
class LibraryLink(Ordered):
    """A tool or certification, with its kind and cost. Admins can edit it."""

    class Section(models.TextChoices):
        TOOL = "tool", "Tool"
        CERTIFICATION = "certification", "Certification"

    section = models.CharField(max_length=13, choices=Section)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=120, blank=True)
    cost = models.CharField(max_length=120, blank=True)
    url = models.URLField(blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["section", "position", "id"]

    def __str__(self) -> str:
        return self.title

    def siblings(self) -> models.QuerySet[LibraryLink]:
        return LibraryLink.objects.filter(section=self.section)
