from django.apps import AppConfig
from django.utils import timezone


class ScenariosConfig(AppConfig):
    name = "scenarios"

    def ready(self) -> None:
        from scenarios.models import Plan
        from teams.models import Membership

        def assign_plans(membership: Membership) -> None:
            Plan.objects.assign_automatic(timezone.now(), only=membership.user)

        Membership.on_joining.append(assign_plans)
