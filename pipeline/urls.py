from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("pipeline.views")

app_name = "pipeline"
urlpatterns = [
    path("", views.service_list, name="services"),
    path("new/", views.service_create, name="service_create"),
    path("import/", views.service_import, name="service_import"),
    path("suggest/", views.suggest, name="service_suggest"),
    path("<slug:slug>/", views.service_detail, name="service"),
    path("<slug:slug>/edit/", views.service_edit, name="service_edit"),
    path("<slug:slug>/retire/", views.service_retire, name="service_retire"),
    path("<slug:slug>/restore/", views.service_restore, name="service_restore"),
    path("<slug:slug>/history/", views.service_history, name="service_history"),
]
