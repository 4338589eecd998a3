from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("integrations.views")

app_name = "integrations"
urlpatterns = [
    path("", views.import_list, name="import_list"),
    path("new/", views.import_new, name="import_new"),
    path("uploads/", views.upload_new, name="upload_new"),
    path("uploads/<str:token>/", views.upload, name="upload"),
    path("<int:pk>/", views.import_detail, name="import_detail"),
    path("template/<slug:kind>.csv", views.template, name="template"),
    path("mappings/new/", views.mapping_new, name="mapping_new"),
    path("mappings/<int:pk>.yaml", views.mapping_yaml, name="mapping_yaml"),
    path("mappings/<int:pk>/delete/", views.mapping_delete, name="mapping_delete"),
    path("<int:pk>/match/", views.import_match, name="import_match"),
    path("<int:pk>/start/", views.import_start, name="import_start"),
    path("<int:pk>/send/", views.import_send, name="import_send"),
    path("<int:pk>/undo/", views.import_undo, name="import_undo"),
    path("<int:pk>/failed.csv", views.import_failed, name="import_failed"),
    path("<int:pk>/discard/", views.import_discard, name="import_discard"),
]
