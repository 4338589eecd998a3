from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from qmportal.tasks import waiting_work


class Command(BaseCommand):
    help = "Do all waiting work now, in this process, without a broker or worker."

    def handle(self, **options: object) -> None:
        done = 0
        while rows := waiting_work():
            for row in rows:
                import_string(row.TASK)(row._meta.label, row.pk)
                done += 1
        self.stdout.write(f"{done} done")
