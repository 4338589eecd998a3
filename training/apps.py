from django.apps import AppConfig
from django.utils import timezone


class TrainingConfig(AppConfig):
    name = "training"

    def ready(self) -> None:
        from scenarios.models import ScenarioVersion
        from teams.models import Membership
        from training.completion import settle_voided
        from training.models import Plan

        def assign_plans(membership: Membership) -> None:
            Plan.objects.assign_automatic(timezone.now(), only=membership.user)

        Membership.on_joining.append(assign_plans)
        ScenarioVersion.on_voiding.append(settle_voided)
