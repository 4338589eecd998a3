"""Stores the components of a catalogue file as services."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from pipeline.backstage import Component
from pipeline.models import Service
from qmportal.lib.text import clean_line, folded, in_latin
from teams.models import Team, User
from teams.permissions import can_manage_service


@dataclass
class Outcome:
    """What an import did. `skipped`: a name and the reason for each component that was left out."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    # Owners that no team has, with the number of their components. Those services have no owner here.
    unknown_owners: dict[str, int] = field(default_factory=dict)


def import_components(components: Iterable[Component], by: User | None) -> Outcome:
    """Creates and updates services by slug. `by`: the person, who needs to manage the owner; None on the command line."""
    outcome = Outcome()
    teams = {folded(name): team for team in Team.objects.filter(archived_at=None) for name in (team.name, team.slug)}
    for component in components:
        owner = teams.get(folded(component.owner))
        if component.owner and owner is None:
            name = component.owner[:80]
            outcome.unknown_owners[name] = outcome.unknown_owners.get(name, 0) + 1
        try:
            with transaction.atomic():
                _store(component, owner, by, outcome)
        except ValidationError as refused:
            outcome.skipped.append((component.name[:80], " ".join(refused.messages)))
        except IntegrityError:
            outcome.skipped.append((component.name[:80], "Somebody created it at the same moment. Import the file again."))
    return outcome


def _store(component: Component, owner: Team | None, by: User | None, outcome: Outcome) -> None:
    slug = slugify(in_latin(component.name))
    service = Service.objects.select_related("team").select_for_update(of=("self",)).filter(slug=slug).first()
    service = service or Service(slug=slug)
    before = None if service.pk is None else (service.team, *map(service.__getattribute__, COLUMNS))
    owner = owner or service.team
    if by and not (can_manage_service(by, owner) and (before is None or can_manage_service(by, service.team))):
        raise ValidationError("You don't manage the team that owns it.")
    service.name = clean_line(component.title or component.name)
    service.team = owner
    service.description = clean_line(component.description)[:500] or service.description
    service.tier = component.tier or service.tier
    service.runbook_url = component.runbook or service.runbook_url
    service.links = [{"title": clean_line(link["title"]), "url": link["url"]} for link in component.links]
    if before == (service.team, *map(service.__getattribute__, COLUMNS)):
        outcome.unchanged += 1
        return
    service.full_clean()
    service.save()
    outcome.created += before is None
    outcome.updated += before is not None


COLUMNS = ("name", "description", "tier", "runbook_url", "links")
