from django.urls import path

from incidents.models import Incident
from incidents.views import incident as views
from qmportal.lib.late import LateModule
from records import list_views
from records import views as record_views
from records.history import record_history

response = LateModule("incidents.views.response")

app_name = "incidents"
urlpatterns = [
    path("", views.incident_list, name="list"),
    path("new/", views.incident_create, name="create"),
    path("bulk/", list_views.record_bulk, {"kind": views.INCIDENTS}, name="bulk"),
    path("bulk/<int:pk>/", list_views.record_bulk_result, {"kind": views.INCIDENTS}, name="bulk_result"),
    path("views/", list_views.view_save, {"kind": views.INCIDENTS}, name="view_save"),
    path("views/<int:pk>/delete/", list_views.view_delete, {"kind": views.INCIDENTS}, name="view_delete"),
    path("deleted/", list_views.record_deleted, {"kind": views.INCIDENTS}, name="deleted"),
    path("similar/", views.incident_similar, name="similar"),
    path("<str:reference>/", views.incident_detail, name="detail"),
    path("<str:reference>/history/", record_history, {"model": Incident}, name="history"),
    path("<str:reference>/edit/", views.incident_edit, name="edit"),
    path("<str:reference>/lead/", response.incident_lead, name="lead"),
    path("<str:reference>/roles/", response.incident_roles, name="roles"),
    path("<str:reference>/moves/<slug:name>/", views.incident_move, name="move"),
    path("<str:reference>/undo/", views.incident_undo_move, name="undo_move"),
    path("<str:reference>/timeline/", views.incident_note, name="note"),
    path("<str:reference>/timeline/<int:pk>/pin/", views.incident_pin, name="pin"),
    path("<str:reference>/fix/<slug:field>/", record_views.record_fix, {"kind": views.INCIDENTS}, name="fix"),
    path("<str:reference>/delete/", views.incident_delete, name="delete"),
    path("<str:reference>/restore/", views.incident_restore, name="restore"),
]
