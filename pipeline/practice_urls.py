from django.urls import path

from pipeline import practice_views as views

app_name = "practices"
urlpatterns = [
    path("", views.heat_table, name="overview"),
    path("<slug:slug>/", views.team_practices, name="team"),
    path("<slug:slug>/<slug:practice>/", views.answer, name="answer"),
    path("<slug:slug>/<slug:practice>/mark/", views.mark, name="mark"),
]
