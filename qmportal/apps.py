from django.apps import AppConfig


class QmportalConfig(AppConfig):
    name = "qmportal"

    def ready(self) -> None:
        import qmportal.celery  # noqa: F401 - without it the web process would ring Celery's default broker
