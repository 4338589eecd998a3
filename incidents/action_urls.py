from django.urls import path

from incidents.models import Action
from incidents.views import action as views
from records import list_views
from records.history import record_history

app_name = "actions"
urlpatterns = [
    path("", views.action_list, name="list"),
    path("new/", views.action_create, name="create"),
    path("bulk/", list_views.record_bulk, {"kind": views.ACTIONS}, name="bulk"),
    path("bulk/<int:pk>/", list_views.record_bulk_result, {"kind": views.ACTIONS}, name="bulk_result"),
    path("views/", list_views.view_save, {"kind": views.ACTIONS}, name="view_save"),
    path("views/<int:pk>/delete/", list_views.view_delete, {"kind": views.ACTIONS}, name="view_delete"),
    path("deleted/", list_views.record_deleted, {"kind": views.ACTIONS}, name="deleted"),
    path("<str:reference>/", views.action_detail, name="detail"),
    path("<str:reference>/history/", record_history, {"model": Action}, name="history"),
    path("<str:reference>/edit/", views.action_edit, name="edit"),
    path("<str:reference>/moves/<slug:name>/", views.action_move, name="move"),
    path("<str:reference>/undo/", views.action_undo_move, name="undo_move"),
    path("<str:reference>/delete/", views.action_delete, name="delete"),
    path("<str:reference>/restore/", views.action_restore, name="restore"),
]
