"""`manage.py lti_platform NAME --url ... --team ...`: registers a learning platform, or changes its registration."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.models import Team
from training.forms.connections import PlatformForm
from training.models import Platform


class Command(BaseCommand):
    help = "Registers a learning platform (LTI 1.3). If the name is known, changes what is given and leaves the rest."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--url", help="Where people open the platform, as in https://moodle.example.")
        parser.add_argument("--issuer", help="Also called platform ID.")
        parser.add_argument("--client-id")
        parser.add_argument("--deployment", action="append", dest="deployments", help="A deployment ID; may be repeated.")
        parser.add_argument("--auth-url", help="Authentication request URL.")
        parser.add_argument("--token-url", help="Access token URL.")
        parser.add_argument("--keys-url", help="Public keyset URL.")
        parser.add_argument("--audience", help="Token audience, if the platform names one.")
        parser.add_argument("--team", help="The slug of the team whose trainees its people become.")
        parser.add_argument("--off", action="store_true", help="Accept no launches.")

    def handle(self, *args: Any, name: str, off: bool, team: str | None, **options: Any) -> None:
        platform = Platform.objects.filter(name=name).first() or Platform()
        given: dict[str, Any] = dict(PlatformForm(instance=platform).initial) | {"name": name, "is_active": not off}
        given |= {field: options[field] for field in PlatformForm.base_fields if options.get(field)}
        given["deployments"] = "\n".join(options["deployments"] or platform.deployments or [])
        if team:
            given["team"] = Team.objects.filter(slug=team).values_list("pk", flat=True).first()
        form = PlatformForm(given, instance=platform)
        if not form.is_valid():
            raise CommandError("\n".join(f"{name}: {' '.join(map(str, texts))}" for name, texts in form.errors.items()))
        form.save()
        self.stdout.write(f"Saved: {platform}.")
