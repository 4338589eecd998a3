from django.urls import path

from pipeline import change_views as views
from pipeline.models import Deployment
from records.history import record_history

app_name = "deployments"
urlpatterns = [
    path("", views.deployment_list, name="list"),
    path("new/", views.deployment_create, name="create"),
    path("<str:reference>/", views.deployment_detail, name="detail"),
    path("<str:reference>/edit/", views.deployment_edit, name="edit"),
    path("<str:reference>/history/", record_history, {"model": Deployment}, name="history"),
]
