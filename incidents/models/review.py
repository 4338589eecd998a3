"""Reviews: what a team learned from an incident. One per incident, from draft to published.

Its times say how far it is, so it has no status of its own. Severities have a policy: whether a review is required before
closing, and how soon it is due. Templates give the first text of its sections.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Q, Value, When
from django.urls import reverse
from django.utils import timezone

from incidents.models.incident import Incident
from notifications.access import managers_of
from notifications.models import Notification
from qmportal.lib.days import local_day, read_day
from qmportal.lib.history import tracked
from qmportal.lib.versions import Versioned
from qmportal.lib.wording import day_words, duration
from records.models import Severity
from records.rules import OUR_SOURCES, Order, Rule, rule_problems
from teams.models import Team, User
from teams.permissions import can_manage, can_report, is_member

if TYPE_CHECKING:
    from teams.permissions import AnyUser

KIND = "review"
PUBLISHED = "A published review can't be edited. Choose “Edit again” first."
ONLY_THE_REVIEWER = "Only the reviewer or a manager can do this."
NOT_A_MEMBER = "Nobody who can see this incident has that email."
SECTIONS = ("summary", "impact", "went_well", "went_wrong", "lessons")
LONGEST = 20_000
# Restored longer ago than this, an incident gets no review by itself.
OPENED_WITHIN = timedelta(days=7)


def section(label: str) -> models.TextField[str, str]:
    return models.TextField(label, max_length=LONGEST, blank=True, default="", db_default="")


class Sections(models.Model):
    """Abstract base: the sections of a review, in Markdown."""

    summary = section("what happened")
    impact = section("impact")
    went_well = section("what went well")
    went_wrong = section("what was difficult")
    lessons = section("what we learned")

    class Meta:
        abstract = True


@tracked()
class ReviewPolicy(models.Model):
    """What a severity asks for. A severity without a policy asks for nothing."""

    severity = models.OneToOneField(Severity, on_delete=models.CASCADE, related_name="review_policy")
    is_required = models.BooleanField("required before closing", default=False)
    due_in_days = models.PositiveSmallIntegerField(default=10, help_text="Days after service was restored.")

    class Meta:
        ordering = ["severity__rank"]
        verbose_name_plural = "review policies"

    def __str__(self) -> str:
        return f"Reviews of {self.severity}"


@tracked()
class ReviewTemplate(Sections):
    """The first text of the sections. The template of the team and severity wins, then the team's, then the severity's."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    severity = models.ForeignKey(Severity, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "severity"],
                nulls_distinct=False,
                name="review_template_unique",
                violation_error_message="There is already a template for this team and severity.",
            )
        ]

    def __str__(self) -> str:
        return f"Template for {self.team or 'any team'}, {self.severity or 'any severity'}"

    @classmethod
    def fitting(cls, incident: Incident) -> ReviewTemplate | None:
        teams, severities = Q(team=None) | Q(team=incident.team_id), Q(severity=None) | Q(severity=incident.severity_id)
        rows = cls.objects.filter(teams, severities)
        return max(rows, key=lambda row: (row.team_id is not None, row.severity_id is not None), default=None)


RULES = (
    Order("created_at", "submitted_at", "A review cannot be submitted before it is started."),
    Order("submitted_at", "published_at", "A review cannot be published before it is submitted."),
    Rule(
        "submitted_if_published",
        "published_at",
        lambda row: row.published_at is None or row.submitted_at is not None,
        Q(published_at=None) | Q(submitted_at__isnull=False),
        "Only a review that was submitted can be published.",
    ),
    Rule(
        "has_reviewer_when_submitted",
        "reviewer",
        lambda row: row.submitted_at is None or row.published_at is not None or row.reviewer_id is not None,
        Q(submitted_at=None) | Q(published_at__isnull=False) | Q(reviewer__isnull=False),
        "Choose who reviews it.",
    ),
)


CSV_COLUMNS = {
    "incident": "incident__reference",
    "title": "incident__title",
    "team": "incident__team__slug",
    "severity": "incident__severity__key",
    "status": "state",
    "author": "author__email",
    "reviewer": "reviewer__email",
    "due_on": "due_on",
    "submitted_at": "submitted_at",
    "published_at": "published_at",
}


class ReviewQuerySet(models.QuerySet["Review"]):
    def with_status(self) -> ReviewQuerySet:
        """Adds the status as `state`, for rows without a model."""
        published = When(published_at__isnull=False, then=Value(Status.PUBLISHED.value))
        submitted = When(submitted_at__isnull=False, then=Value(Status.IN_REVIEW.value))
        return self.annotate(state=Case(published, submitted, default=Value(Status.DRAFT.value)))

    def visible_to(self, user: AnyUser) -> ReviewQuerySet:
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def called(self, references: Collection[str]) -> ReviewQuerySet:
        """The reviews of incidents with these references."""
        return self.filter(incident__reference__in=references)

    def to_do(self) -> ReviewQuerySet:
        return self.filter(published_at=None)

    def overdue(self, today: date) -> ReviewQuerySet:
        return self.to_do().filter(due_on__lt=today)

    @transaction.atomic
    def start(self, incident: Incident, *, by: User | None, at: datetime) -> Review:
        """The review of the incident: a new one, filled in from template and incident, or the one that exists."""
        Incident.objects.select_for_update().get(pk=incident.pk)
        found = self.filter(incident=incident).first()
        if found:
            return found
        policy = ReviewPolicy.objects.filter(severity=incident.severity_id).first()
        days = policy.due_in_days if policy else ReviewPolicy._meta.get_field("due_in_days").default
        due_on = local_day(incident.restored_at or at) + timedelta(days=days)
        review = Review(incident=incident, author=by or incident.lead, created_at=at, due_on=due_on)
        review.fill_in()
        review.save()
        return review

    def open_required(self, now: datetime) -> int:
        """Starts the reviews that policies require of incidents restored lately, and tells who writes them."""
        required = ReviewPolicy.objects.filter(is_required=True).values("severity")
        rows = Incident.objects.counted().filter(
            severity__in=required,
            review=None,
            status=Incident.Status.RESTORED,
            restored_at__gt=now - OPENED_WITHIN,
            source__in=OUR_SOURCES,
        )
        incidents = list(rows.select_related("team", "severity", "lead"))
        for incident in incidents:
            review = self.start(incident, by=None, at=now)
            day = day_words(review.due_on)
            review.tell(review.responsible(), "started", f"Review due on {day}: {incident.reference}", incident.title)
        return len(incidents)

    def remind(self, now: datetime) -> int:
        """Tells who writes a review a day before it is due, and when it is overdue: once each. Safe to repeat."""
        today = local_day(now)
        alive = self.filter(incident__deleted_at=None, incident__team__archived_at=None)
        rows = alive.to_do().filter(due_on__lte=today + timedelta(days=1))
        for review in rows.select_related("incident__team", "author", "reviewer"):
            word = "Overdue since" if review.due_on < today else "Due on"
            subject = f"{word} {day_words(review.due_on)}: review of {review.incident.reference}"
            people = [review.reviewer] if review.submitted_at and review.reviewer else review.responsible()
            review.tell(people, f"{word.partition(' ')[0].lower()}-{review.due_on}", subject, review.incident.title)
        return rows.count()


class Status(models.TextChoices):
    """How far a review is. It follows from its times."""

    DRAFT = "draft", "Draft"
    IN_REVIEW = "in_review", "In review"
    PUBLISHED = "published", "Published"


class Step(NamedTuple):
    """A step of a review. `needs_reviewer`: only the reviewer or a manager can take it."""

    name: str
    label: str
    done: str
    source: Status
    to: Status
    needs_reviewer: bool = False


SUBMIT = Step("submit", "Submit for review", "in review", Status.DRAFT, Status.IN_REVIEW)
PUBLISH = Step("publish", "Publish", "published", Status.IN_REVIEW, Status.PUBLISHED, needs_reviewer=True)
RETURN = Step("return", "Back to draft", "a draft again", Status.IN_REVIEW, Status.DRAFT)
REOPEN = Step("reopen", "Edit again", "a draft again", Status.PUBLISHED, Status.DRAFT, needs_reviewer=True)
STEPS = (SUBMIT, PUBLISH, RETURN, REOPEN)


@tracked()
class Review(Versioned, Sections):
    RULES = RULES
    Status = Status

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="review")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    due_on = models.DateField("due")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField("submitted", null=True, editable=False)
    published_at = models.DateTimeField("published", null=True, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "id"]
        indexes = [models.Index(fields=["due_on"], condition=Q(published_at=None), name="review_to_do")]
        constraints = [rule.constraint("review") for rule in RULES]

    def __str__(self) -> str:
        return f"Review of {self.incident.reference}"

    def get_absolute_url(self) -> str:
        return reverse("reviews:detail", args=[self.incident.reference])

    @property
    def reference(self) -> str:
        """That of its incident, since an incident has one review."""
        return self.incident.reference

    @property
    def teams(self) -> list[Team]:
        """The teams whose members work on it."""
        return [self.incident.team]

    @property
    def status(self) -> models.TextChoices:
        return Status.PUBLISHED if self.published_at else Status.IN_REVIEW if self.submitted_at else Status.DRAFT

    @property
    def status_label(self) -> str:
        return str(self.status.label)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The sections in order: heading and text."""
        fields = [self._meta.get_field(name) for name in SECTIONS]
        return [(str(field.verbose_name).capitalize(), getattr(self, field.name)) for field in fields]  # type: ignore[union-attr]

    @property
    def is_written(self) -> bool:
        """Whether any section has a text."""
        return any(text for _, text in self.parts)

    @property
    def measures(self) -> list[tuple[str, str]]:
        """What was measured of the incident, in words."""
        incident = self.incident
        spans = (
            ("Time to detect", incident.time_to_detect),
            ("Time to acknowledge", incident.time_to_acknowledge),
            ("Time to mitigate", incident.time_to_mitigate),
            ("Time to restore", incident.time_to_restore),
        )
        found = [(label, duration(span)) for label, span in spans if span is not None]
        if incident.customers_affected is not None:
            found.append(("Customers affected", f"{incident.customers_affected:,}"))
        return found

    def fill_in(self) -> None:
        """The first text of each section: from the incident, then from the template."""
        template = ReviewTemplate.fitting(self.incident)
        known = {"summary": self.incident.summary, "impact": self.incident.customer_impact}
        for name in SECTIONS:
            text = "\n\n".join(filter(None, (known.get(name, ""), getattr(template, name, ""))))
            setattr(self, name, text[:LONGEST])

    def is_overdue(self, today: date) -> bool:
        return self.published_at is None and self.due_on < today

    def responsible(self) -> list[User]:
        """Who writes it: its author, else the incident's lead, else the team's managers."""
        person = self.author or self.incident.lead
        return [person] if person else list(managers_of(self.incident.team))

    def possible_steps(self) -> list[Step]:
        """The steps that somebody can take now."""
        return [step for step in STEPS if step.source == self.status]

    def may_take(self, step: Step, by: User) -> bool:
        team = self.incident.team
        judges = not step.needs_reviewer or by.pk == self.reviewer_id or can_manage(by, team)
        return judges and can_report(by, team)

    def steps(self, by: User) -> list[Step]:
        """The steps that this person can take now."""
        return [step for step in self.possible_steps() if self.may_take(step, by)]

    @transaction.atomic
    def take(self, name: str, *, by: User, at: datetime) -> Step:
        """Takes a step. Raises ValidationError if it isn't possible now, or not by this person."""
        self.refresh_from_db(from_queryset=type(self)._base_manager.select_for_update(of=("self",)))
        step = next((step for step in self.possible_steps() if step.name == name), None)
        if step is None:
            raise ValidationError(f"This is not possible now: the review is {self.status_label.lower()}.")
        if not self.may_take(step, by):
            raise ValidationError(ONLY_THE_REVIEWER)
        if step == SUBMIT:
            self.submitted_at = max(at, self.created_at)
        elif step == PUBLISH:
            self.published_at, self.published_by = max(at, self.submitted_at or at), by
        else:
            self.submitted_at = self.published_at = self.published_by = None
        if problems := rule_problems(self, RULES):
            raise ValidationError(problems)
        self.save()
        self._tell_about(step, by)
        return step

    def refuse_reviewer(self, person: User | None) -> None:
        """Raises ValidationError if this person can't see the incident. The present reviewer may stay."""
        if person and person.pk != self.reviewer_id and not is_member(person, self.incident.team):
            raise ValidationError(NOT_A_MEMBER)

    def change_with_others(self, changes: Mapping[str, str], step: str, *, by: User, at: datetime, reason: str) -> bool:
        """One edit of many. `changes`: email of the `reviewer`, day `due_on`. Returns whether anything changed.

        The reason is added to each review as a comment.
        """
        before = (self.reviewer_id, self.due_on)
        if email := changes.get("reviewer"):
            person = User.objects.filter(is_active=True, email=email.strip().lower()).first()
            if person is None:
                raise ValidationError(NOT_A_MEMBER)
            self.refuse_reviewer(person)
            self.reviewer = person
        if day := changes.get("due_on"):
            self.due_on = read_day(day)
        changed = (self.reviewer_id, self.due_on) != before
        if changed and self.published_at:
            raise ValidationError(PUBLISHED)
        if changed:
            self.save()
        if step:
            self.take(step, by=by, at=at)
        if changed or step:
            self.comments.create(author=by, text=f"Edited with others: {reason}", at=at)
        return changed or bool(step)

    def _tell_about(self, step: Step, by: User) -> None:
        people = [self.reviewer] if step == SUBMIT else self.responsible()
        subject = f"{'Please review' if step == SUBMIT else f'Review is {step.done}'}: {self.incident.reference}"
        told = [person for person in people if person and person != by]
        self.tell(told, f"{step.name}-{self.version}", subject, self.incident.title)

    def tell(self, people: Iterable[User], event: str, subject: str, body: str) -> None:
        Notification.objects.tell_all(
            list(people),
            key=f"{KIND}-{self.pk}-{event}",
            kind=KIND,
            subject=subject,
            body=body,
            url=self.get_absolute_url(),
            teams=[self.incident.team_id],
        )


class Branch(NamedTuple):
    """A cause in its tree: how deep it is (1 for the first why), and what was asked to get there."""

    cause: Cause
    depth: int
    number: str


@tracked(found_by="review")
class Cause(models.Model):
    """A node of the tree of causes. The chain down to it is its whys; by `group` it is a bone of the fishbone."""

    class Group(models.TextChoices):
        PEOPLE = "people", "People"
        PROCESS = "process", "Process"
        CODE = "code", "Code"
        TOOLS = "tools", "Tools"
        REQUIREMENTS = "requirements", "Requirements and data"
        DETECTION = "detection", "Detection"

    MOST = 60

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="causes")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="because")
    text = models.CharField(max_length=300)
    group = models.CharField(max_length=12, choices=Group)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=models.F("id")),
                name="cause_not_its_own_parent",
                violation_error_message="A cause cannot follow from itself.",
            )
        ]

    def __str__(self) -> str:
        return self.text


def branches(causes: Iterable[Cause]) -> list[Branch]:
    """The tree, depth first: each cause after the one that it explains."""
    below: dict[int | None, list[Cause]] = {}
    for cause in causes:
        below.setdefault(cause.parent_id, []).append(cause)
    found: list[Branch] = []

    def walk(parent: int | None, depth: int, prefix: str) -> None:
        for place, cause in enumerate(below.get(parent, ()), start=1):
            number = f"{prefix}{place}"
            found.append(Branch(cause, depth, number))
            walk(cause.pk, depth + 1, f"{number}.")

    walk(None, 1, "")
    return found


class Comment(models.Model):
    """A comment on a review. Comments stay as they are."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=5_000)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"

    def tell(self) -> None:
        """Notifies those who write and review, except its author."""
        people: dict[int, Any] = {person.pk: person for person in self.review.responsible()}
        if self.review.reviewer:
            people[self.review.reviewer.pk] = self.review.reviewer
        people.pop(self.author_id, None)  # type: ignore[arg-type]
        subject = f"Comment on the review of {self.review.incident.reference}"
        self.review.tell(people.values(), f"comment-{self.pk}", subject, f"{self.author}: {self.text}")
