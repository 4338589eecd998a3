from django.urls import path

from dashboards import views
from qmportal.lib.late import LateModule

delivery_views = LateModule("dashboards.delivery_views")
escape_views = LateModule("dashboards.escape_views")
quality_views = LateModule("dashboards.quality_views")
zero_bugs = LateModule("dashboards.zero_bugs")

app_name = "dashboards"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("t/<slug:slug>/", views.team, name="team"),
    path("t/<slug:slug>/delivery/", delivery_views.delivery, name="delivery"),
    path("t/<slug:slug>/delivery/<slug:measure>/", delivery_views.delivery_rows, name="delivery_rows"),
    path("t/<slug:slug>/escape-analysis/", escape_views.escape_analysis, name="escapes"),
    path("t/<slug:slug>/escape-analysis/defects/", escape_views.escape_rows, name="escape_rows"),
    path("t/<slug:slug>/data-quality/", quality_views.data_quality, name="quality"),
    path("t/<slug:slug>/data-quality/<slug:check>/", quality_views.quality_rows, name="quality_rows"),
    path("t/<slug:slug>/zero-bugs/", zero_bugs.zero_bugs, name="zero_bugs"),
    path("t/<slug:slug>/<slug:metric>/", views.metric, name="metric"),
    path("cords/", views.cords, name="cords"),
    path("teams/", views.teams, name="teams"),
    path("search/", views.search, name="search"),
    path("help/", views.help, name="help"),
]
