"""Services: what runs, who owns it and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import pgtrigger
from django.core.validators import RegexValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.text import slugify

from qmportal.lib.history import tracked
from qmportal.lib.kept import Kept, Versions
from qmportal.lib.text import clean_line, folded, in_latin
from teams.models import Team

if TYPE_CHECKING:
    from teams.models import AnyUser

# Files and forms list names with these in between.
BETWEEN_NAMES = RegexValidator(r"[,;\n]", "A name can't contain a comma or a semicolon.", inverse_match=True)
HTTP = URLValidator(schemes=["http", "https"])
CATALOGUE = Kept(8)


class Named(NamedTuple):
    """A service in the catalogue, as lists, forms and files need it."""

    pk: int
    slug: str
    name: str
    is_retired: bool


class Catalogue:
    """All services by id, slug and name. Kept in memory until one of them changes."""

    def __init__(self, rows: Iterable[Named]):
        self.by_id = {each.pk: each for each in rows}
        services = self.by_id.values()
        self._by_text = {folded(each.slug): each for each in services} | {folded(each.name): each for each in services}

    def called(self, text: str) -> Named | None:
        """The service with this name or slug, ignoring case."""
        return self._by_text.get(folded(clean_line(text)))

    def in_use(self) -> list[Named]:
        return [each for each in self.by_id.values() if not each.is_retired]

    def offered(self, stored: int | None = None) -> list[tuple[str, str]]:
        """The services that a form offers: those in use, and the one that the record has (its id)."""
        return [(each.slug, each.name) for each in self.by_id.values() if not each.is_retired or each.pk == stored]

    def among(self, ids: Iterable[int]) -> list[Named]:
        """These services by name."""
        return sorted((self.by_id[pk] for pk in ids if pk in self.by_id), key=lambda each: folded(each.name))

    def read(self, text: str) -> tuple[list[int], list[str]]:
        """The ids of the services that a text lists, and the names that no service has."""
        names = [name for part in text.replace(";", ",").replace("\n", ",").split(",") if (name := clean_line(part))]
        found = {name: self.called(name) for name in names}
        return sorted({each.pk for each in found.values() if each}), [name for name, each in found.items() if not each]


class ServiceQuerySet(models.QuerySet["Service"]):
    def visible_to(self, user: AnyUser) -> ServiceQuerySet:
        """The catalogue is open to everyone who is signed in."""
        return self.all() if user.is_authenticated else self.none()

    def in_use(self) -> ServiceQuerySet:
        return self.filter(retired_at=None)

    def catalogue(self, versions: Versions | None = None) -> Catalogue:
        changes = (versions or Versions()).of(Service)
        return CATALOGUE.get_or_make(changes, lambda: Catalogue(self._named()))

    def _named(self) -> list[Named]:
        rows = self.order_by(Lower("name")).values_list("pk", "slug", "name", "retired_at")
        return [Named(pk, slug, name, retired is not None) for pk, slug, name, retired in rows]

    def free_slug(self, name: str) -> str:
        """An unused slug, made from the name: "cards", then "cards-2"."""
        base = slugify(in_latin(name))[:55].strip("-_") or "service"
        candidates = (base if number == 1 else f"{base}-{number}" for number in count(1))
        return next(slug for slug in candidates if not self.filter(slug=slug).exists())


@tracked()
class Service(models.Model):
    """Something that runs and that people depend on. Everyone who is signed in can see the catalogue.

    Services are retired, never deleted, because incidents keep naming them.
    """

    class Tier(models.IntegerChoices):
        CRITICAL = 1, "1, critical"
        IMPORTANT = 2, "2, important"
        NORMAL = 3, "3, normal"
        MINOR = 4, "4, minor"

    slug = models.SlugField("address", max_length=63, unique=True)
    name = models.CharField(max_length=80, validators=[BETWEEN_NAMES])
    description = models.CharField(max_length=500, blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, null=True, blank=True, related_name="services", verbose_name="owner"
    )
    tier = models.PositiveSmallIntegerField("service tier", choices=Tier, null=True, blank=True)
    runbook_url = models.URLField("runbook", max_length=500, blank=True, validators=[HTTP])
    # As an import gave them: [{"title": ..., "url": ...}].
    links = models.JSONField(default=list, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ServiceQuerySet.as_manager()

    # Set by the list of services for its viewer.
    shown_owner: Team | None

    class Meta:
        ordering = [Lower("name")]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="service_name_unique", violation_error_message="Another service has this name."
            ),
            models.CheckConstraint(
                condition=~Q(name__regex="[,;\n]"),
                name="service_name_is_one",
                violation_error_message=str(BETWEEN_NAMES.message),
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("pipeline:service", args=[self.slug])

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    def retire(self, at: datetime) -> None:
        """Forms no longer offer it. Incidents that name it keep it."""
        self.retired_at = self.retired_at or at
        self.save(update_fields=["retired_at"])

    def bring_back(self) -> None:
        self.retired_at = None
        self.save(update_fields=["retired_at"])
