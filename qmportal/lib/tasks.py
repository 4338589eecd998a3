"""The base class of all Celery tasks. Only processes that use Celery import it."""

from typing import Any

from celery import Task

from qmportal.lib.acting import acting


class ActingTask(Task):
    """Attributes a task's changes to the task, unless its row of work names the person who requested it."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with acting("task", request=str(self.name)):
            return super().__call__(*args, **kwargs)
