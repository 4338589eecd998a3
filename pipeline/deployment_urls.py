from django.urls import path

from pipeline.models import Deployment
from qmportal.lib.late import LateModule
from records.history import record_history

views = LateModule("pipeline.change_views")

app_name = "deployments"
urlpatterns = [
    path("", views.deployment_list, name="list"),
    path("new/", views.deployment_create, name="create"),
    path("<str:reference>/", views.deployment_detail, name="detail"),
    path("<str:reference>/edit/", views.deployment_edit, name="edit"),
    path("<str:reference>/history/", record_history, {"model": Deployment}, name="history"),
]
