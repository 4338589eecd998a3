from django.apps import AppConfig


class TeamsConfig(AppConfig):
    name = "teams"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from teams.sessions import remember_session

        user_logged_in.connect(remember_session)
