from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("benchmarks.views")

app_name = "benchmarks"
urlpatterns = [
    path("", views.thresholds, name="thresholds"),
    path("adopt/", views.adopt, name="adopt"),
    path("recompute/", views.recompute, name="recompute"),
    path("runs/<int:pk>/", views.run, name="run"),
    path("<slug:metric>/", views.threshold_history, name="threshold_history"),
    path("<slug:metric>/edit/", views.threshold_edit, name="threshold_edit"),
    path("<slug:metric>/revert/<int:pk>/", views.threshold_revert, name="threshold_revert"),
]
