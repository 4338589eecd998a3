import os

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Set the password of the demo accounts to QMPORTAL_DEMO_PASSWORD."

    def handle(self, **options: object) -> None:
        for user in get_user_model().objects.filter(email__endswith="@demo.example"):
            if user.has_usable_password():
                user.set_password(os.environ["QMPORTAL_DEMO_PASSWORD"])
                user.save(update_fields=["password"])
