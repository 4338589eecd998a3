from django.urls import path

from defects import views
from defects.models import Defect
from qmportal.lib.late import LateModule
from records import list_views
from records import views as record_views
from records.history import record_history

bankruptcy_views = LateModule("defects.bankruptcy_views")
policy_views = LateModule("defects.policy_views")

app_name = "defects"
urlpatterns = [
    path("", views.defect_list, name="list"),
    path("new/", views.defect_create, name="create"),
    path("bulk/", list_views.record_bulk, {"kind": views.DEFECTS}, name="bulk"),
    path("bulk/<int:pk>/", list_views.record_bulk_result, {"kind": views.DEFECTS}, name="bulk_result"),
    path("views/", list_views.view_save, {"kind": views.DEFECTS}, name="view_save"),
    path("views/<int:pk>/delete/", list_views.view_delete, {"kind": views.DEFECTS}, name="view_delete"),
    path("board/", views.defect_board, name="board"),
    path("triage/", views.defect_triage, name="triage"),
    path("deleted/", list_views.record_deleted, {"kind": views.DEFECTS}, name="deleted"),
    path("similar/", views.defect_similar, name="similar"),
    path("policy/<slug:slug>/", policy_views.policy, name="policy"),
    path("bankruptcies/of/<slug:slug>/", bankruptcy_views.bankruptcies, name="bankruptcies"),
    path("bankruptcies/<int:pk>/", bankruptcy_views.bankruptcy, name="bankruptcy"),
    path("bankruptcies/<int:pk>/choose/", bankruptcy_views.choose, name="bankruptcy_choose"),
    path("bankruptcies/<int:pk>/close/", bankruptcy_views.close, name="bankruptcy_close"),
    path("bankruptcies/<int:pk>/undo/", bankruptcy_views.undo, name="bankruptcy_undo"),
    path("bankruptcies/<int:pk>/reopen/<str:reference>/", bankruptcy_views.reopen, name="bankruptcy_reopen"),
    path("<str:reference>/", views.defect_detail, name="detail"),
    path("<str:reference>/history/", record_history, {"model": Defect}, name="history"),
    path("<str:reference>/edit/", views.defect_edit, name="edit"),
    path("<str:reference>/moves/<slug:name>/", views.defect_move, name="move"),
    path("<str:reference>/undo/", views.defect_undo_move, name="undo_move"),
    path("<str:reference>/fix/<slug:field>/", record_views.record_fix, {"kind": views.DEFECTS}, name="fix"),
    path("<str:reference>/timeline/", views.defect_note, name="note"),
    path("<str:reference>/timeline/<int:pk>/pin/", views.defect_pin, name="pin"),
    path("<str:reference>/snooze/", views.defect_snooze, name="snooze"),
    path("<str:reference>/links/", views.link_add, name="link_add"),
    path("<str:reference>/links/<int:pk>/remove/", views.link_remove, name="link_remove"),
    path("<str:reference>/delete/", views.defect_delete, name="delete"),
    path("<str:reference>/restore/", views.defect_restore, name="restore"),
]
