from django.apps import AppConfig


class QmportalConfig(AppConfig):
    name = "qmportal"

    def ready(self) -> None:
        from qmportal.lib import timestamps  # noqa: F401
