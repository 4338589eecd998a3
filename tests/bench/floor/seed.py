"""`python -m tests.bench.floor.seed`: 10,000 items and a user; prints the cookie of the user's session and a token."""

import json
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

from tests.bench.floor.models import Item  # noqa: E402

now = timezone.now()
Item.objects.bulk_create(
    Item(
        name=f"Item number {number} that somebody found",
        state="open" if number % 3 else "closed",
        kind="ordinary",
        place=f"place-{number % 20}",
        amount=number,
        found_at=now - timedelta(minutes=number),
        fixed_at=None if number % 3 else now,
    )
    for number in range(10_000)
)
settings.ALLOWED_HOSTS += ["testserver"]
client = Client()
somebody = User.objects.create_user("somebody")
client.force_login(somebody)
token = Token.objects.create(user=somebody)
print(json.dumps({"cookie": f"sessionid={client.cookies['sessionid'].value}", "token": token.key}))
