"""The class of all Celery tasks; only processes that know Celery import it."""

from typing import Any

from celery import Task

from qmportal.lib.acting import acting


class ActingTask(Task):
    """Changes of a task are the task's own, unless its row of work says who asked for it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting("task", request=str(self.name)):
            return super().__call__(*args, **kwargs)
