from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from qmportal.lib import field_messages
        from teams.sessions import remember_session

        field_messages.install()
        user_logged_in.connect(remember_session)
