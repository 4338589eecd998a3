from django.apps import AppConfig


class QmportalConfig(AppConfig):
    name = "qmportal"
