"""Learning record stores: each result becomes rows first, and a worker sends them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from qmportal.lib.history import tracked
from qmportal.lib.outside import Answer, Unfetchable, send
from qmportal.lib.sealing import Unsealable, seal, unseal
from qmportal.lib.work import Work, WorkQuerySet, ring
from scenarios.models import Attempt
from training.statements import Writer

# Statements per request.
BATCH = 50
# When all retries have failed, the store is tried again after this, for as long as there is something to send.
TRIED_AGAIN_AFTER = timedelta(minutes=15)
# How long sent statements are kept, so that an admin can see what was sent.
KEPT_FOR = timedelta(days=90)
# The store takes none of the statements in the request because of one of them.
REFUSES_STATEMENTS = (400, 409, 413)


class Refused(Exception):
    """The store refuses every request. A retry cannot fix it. The message is a sentence for people."""


class RecordStoreQuerySet(WorkQuerySet):
    def add_result(self, attempt: Attempt, now: datetime) -> None:
        """Queues the statements about a finished attempt. Belongs into the transaction that finishes it."""
        stores: Any = self.filter(is_active=True)
        for store in stores:
            store.add([attempt], now)
            store.queue(now)

    def send_waiting(self, now: datetime) -> None:
        """Queues stores with waiting statements: idle ones, and those that failed a while ago."""
        idle = Q(state=Work.State.DONE) | Q(state=Work.State.FAILED, finished_at__lt=now - TRIED_AGAIN_AFTER)
        waiting = Statement.objects.waiting().filter(store=OuterRef("pk"))
        stores: Any = self.filter(idle, Exists(waiting), is_active=True)
        for store in stores:
            store.queue(now)

    def with_counts(self) -> RecordStoreQuerySet:
        waiting = Q(statements__sent_at=None, statements__refusal="")
        return self.annotate(
            waiting_count=Count("statements", filter=waiting),
            sent_count=Count("statements", filter=Q(statements__sent_at__isnull=False)),
            refused_count=Count("statements", filter=~Q(statements__refusal="")),
        )


@tracked(of=["name", "url", "username", "mailto", "is_active"])
class RecordStore(Work):
    """A learning record store that gets xAPI statements. The row is also the work of sending what waits."""

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField("xAPI address", max_length=500)
    username = models.CharField("user name or key", max_length=200, blank=True)
    password = models.TextField(blank=True, editable=False)
    mailto = models.BooleanField("Identify people by email", default=False)
    is_active = models.BooleanField("Send statements", default=True)
    last_sent_at = models.DateTimeField(null=True, editable=False)

    objects = RecordStoreQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("training:store", args=[self.pk])

    def set_password(self, password: str) -> None:
        self.password = seal(password)

    @property
    def problem(self) -> str:
        """Why the last attempt failed, as a sentence, else ""."""
        return self.error.removeprefix("Unfetchable: ")

    def add(self, attempts: Iterable[Attempt], now: datetime) -> int:
        """Adds the statements about these attempts. Those that it already has are left as they are."""
        writer = Writer(settings.SITE_URL, self.mailto)
        rows = [
            Statement(store=self, attempt=attempt, uuid=document["id"], document=document, queued_at=now)
            for attempt in attempts
            for document in writer.statements(attempt)
        ]
        Statement.objects.bulk_create(rows, ignore_conflicts=True)
        return len(rows)

    def queue(self, now: datetime, *, at_once: bool = False) -> None:
        """Has a worker send the waiting statements, unless one already is. `at_once`: even if a retry is due later."""
        idle = [self.State.DONE, self.State.FAILED, *([self.State.QUEUED] if at_once else ())]
        mine = type(self).objects.filter(pk=self.pk, state__in=idle)
        # Attempts begin again, because the row is used for years.
        if mine.update(state=self.State.QUEUED, attempts=0, failures=0, error="", run_after=now):
            ring(self)

    def foreseen(self) -> tuple[type[Exception], ...]:
        return (Refused, Unsealable)

    def prepare(self) -> None:
        """Sends what waits. What was sent stays marked if a later request fails."""
        done, total = 0, self.statements.waiting().count() if self.is_active else 0
        while self.is_active and (batch := list(self.statements.waiting()[:BATCH])):
            self._send(batch)
            done += len(batch)
            self.report(done, max(done, total))

    def run(self) -> None:
        """Everything was sent before."""

    def _send(self, batch: Sequence[Statement]) -> None:
        """Sends statements together or, if the store refuses them because of one, one by one."""
        answer = self._post([each.document for each in batch])
        status = answer.status
        rows, now = Statement.objects.filter(pk__in=[each.pk for each in batch]), timezone.now()
        if status in (200, 204):
            rows.update(sent_at=now)
            type(self).objects.filter(pk=self.pk).update(last_sent_at=now)
        elif status in REFUSES_STATEMENTS and len(batch) > 1:
            for each in batch:
                self._send([each])
        elif status in REFUSES_STATEMENTS:
            rows.update(refusal=f"The store refused it with status {status}.")
        elif status in (401, 403):
            raise Refused(f"The store refused the user name or password (status {status}).")
        elif answer.is_final:
            raise Refused(f"There is no xAPI service at this address (status {status}).")
        else:
            raise Unfetchable(f"The server answered with status {status}.")

    def _post(self, documents: list[dict[str, object]]) -> Answer:
        headers = {"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3"}
        if self.username or self.password:
            pair = f"{self.username}:{unseal(self.password) if self.password else ''}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        body = json.dumps(documents, ensure_ascii=False, separators=(",", ":")).encode()
        return send("POST", f"{self.url}/statements", body, headers=headers)


class StatementQuerySet(models.QuerySet["Statement"]):
    def waiting(self) -> StatementQuerySet:
        return self.filter(sent_at=None, refusal="").order_by("pk")

    def forget_sent(self, now: datetime) -> None:
        self.filter(sent_at__lt=now - KEPT_FOR).delete()


class Statement(models.Model):
    """One xAPI statement for one store. Its id depends on the result alone, so sending it twice changes nothing there."""

    store = models.ForeignKey(RecordStore, on_delete=models.CASCADE, related_name="statements")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="+")
    uuid = models.UUIDField(editable=False)
    document = models.JSONField()
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=200, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "uuid"], name="statement_once")]
        indexes = [models.Index(fields=["store", "id"], condition=Q(sent_at=None, refusal=""), name="statement_waiting")]

    def __str__(self) -> str:
        return str(self.uuid)
