from django.urls import path

from dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("t/<slug:slug>/", views.team, name="team"),
    path("t/<slug:slug>/<slug:metric>/", views.metric, name="metric"),
    path("teams/", views.teams, name="teams"),
    path("search/", views.search, name="search"),
    path("help/", views.help, name="help"),
]
