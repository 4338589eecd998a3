from django.urls import path

from pipeline.models import Change
from qmportal.lib.late import LateModule
from records.history import record_history

views = LateModule("pipeline.change_views")

app_name = "changes"
urlpatterns = [
    path("", views.change_list, name="list"),
    path("new/", views.change_create, name="create"),
    path("<str:reference>/", views.change_detail, name="detail"),
    path("<str:reference>/edit/", views.change_edit, name="edit"),
    path("<str:reference>/history/", record_history, {"model": Change}, name="history"),
]
