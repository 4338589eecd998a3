from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("pipeline.practice_views")

app_name = "practices"
urlpatterns = [
    path("", views.heat_table, name="overview"),
    path("<slug:slug>/", views.team_practices, name="team"),
    path("<slug:slug>/<slug:practice>/", views.answer, name="answer"),
    path("<slug:slug>/<slug:practice>/mark/", views.mark, name="mark"),
]
