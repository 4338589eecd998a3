from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("teams.views")

app_name = "teams"
urlpatterns = [
    path("new/", views.team_create, name="create"),
    path("suggest/", views.suggest, name="suggest"),
    path("people/", views.people, name="people"),
    path("people/<int:pk>/history/", views.person_history, name="person_history"),
    path("people/<int:pk>/deactivate/", views.set_active, {"active": False}, name="deactivate"),
    path("people/<int:pk>/reactivate/", views.set_active, {"active": True}, name="reactivate"),
    path("people/<int:pk>/grant-admin/", views.set_admin, {"admin": True}, name="grant_admin"),
    path("people/<int:pk>/revoke-admin/", views.set_admin, {"admin": False}, name="revoke_admin"),
    path("profile/", views.profile, name="profile"),
    path("calendar/", views.calendar_create, name="calendar_create"),
    path("calendar/revoke/", views.calendar_revoke, name="calendar_revoke"),
    path("preferences/", views.preferences, name="preferences"),
    path("tokens/", views.tokens, name="tokens"),
    path("sessions/", views.sessions, name="sessions"),
    path("sessions/end/", views.sessions_end, name="sessions_end"),
    path("sessions/<int:pk>/end/", views.session_end, name="session_end"),
    path("<slug:slug>/edit/", views.team_edit, name="edit"),
    path("<slug:slug>/archive/", views.team_archive, name="archive"),
    path("<slug:slug>/restore/", views.team_restore, name="restore"),
    path("<slug:slug>/history/", views.team_history, name="history"),
    path("<slug:slug>/members/", views.members, name="members"),
    path("<slug:slug>/members/<int:pk>/role/", views.role, name="role"),
    path("<slug:slug>/members/<int:pk>/remove/", views.remove, name="remove"),
    path("<slug:slug>/invite/", views.invite, name="invite"),
    path("<slug:slug>/invitations/<int:pk>/resend/", views.invitation_resend, name="resend"),
    path("<slug:slug>/invitations/<int:pk>/withdraw/", views.invitation_withdraw, name="withdraw"),
    # After the fixed addresses, so that a team can be called "join" or "tokens".
    path("join/<str:token>/", views.accept, name="accept"),
    path("tokens/<str:token_key>/revoke/", views.token_revoke, name="token_revoke"),
]
