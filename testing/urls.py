from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("testing.views")

app_name = "test_runs"
urlpatterns = [
    path("", views.run_list, name="list"),
    path("new/", views.upload, name="create"),
    path("teams/<slug:slug>/", views.team_tests, name="team"),
    path("teams/<slug:slug>/settings/", views.set_rules, name="settings"),
    path("teams/<slug:slug>/flaky/<int:pk>/owner/", views.own, name="own"),
    path("<str:reference>/", views.run_detail, name="detail"),
]
