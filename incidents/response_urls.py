from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("incidents.views.response")

app_name = "response"
urlpatterns = [
    path("<slug:slug>/", views.plan, name="plan"),
    path("<slug:slug>/calendar/", views.calendar_set, name="calendar_set"),
    path("<slug:slug>/calendar/remove/", views.calendar_remove, name="calendar_remove"),
    path("<slug:slug>/templates/new/", views.template_create, name="template_create"),
    path("<slug:slug>/templates/<int:pk>/", views.template_edit, name="template_edit"),
    path("<slug:slug>/templates/<int:pk>/delete/", views.template_delete, name="template_delete"),
]
