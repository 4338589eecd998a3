from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from benchmarks.snapshots import take_snapshots_of_days
from qmportal.lib.days import EARLIEST_YEAR, local_day, read_day


class Command(BaseCommand):
    help = "Count, judge and store the measures of all teams as of a day, or of each day in a span."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", metavar="DATE", help="the window ends at 00:00 of this day (default: today)")
        parser.add_argument("--since", metavar="DATE", help="first day of a span that ends with --as-of")

        parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth day, back from --as-of")

    def handle(self, as_of: str | None, since: str | None, every: int, **options: Any) -> None:
        today = local_day(timezone.now())
        last = parse_day(as_of) if as_of else today
        first = parse_day(since) if since else last
        if last > today:
            raise CommandError(f"{last} has not started yet. Choose today or an earlier day.")
        if first > last:
            raise CommandError("--since must not be later than --as-of.")
        if every < 1:
            raise CommandError("--every must be 1 or more.")
        kept = take_snapshots_of_days(first, last, every=every)
        self.stdout.write(f"{kept} snapshots kept, {first} to {last}")


def parse_day(text: str) -> date:
    try:
        day = read_day(text)
    except ValueError:
        raise CommandError(f"{text!r} is not a date like 2026-03-31.") from None
    if day.year < EARLIEST_YEAR:
        raise CommandError(f"{text} is too early; the first possible day is {EARLIEST_YEAR}-01-01.")
    return day
