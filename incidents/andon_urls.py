from django.urls import path

from qmportal.lib.late import LateModule

views = LateModule("incidents.views.andon")

app_name = "andon"
urlpatterns = [
    path("", views.cord_list, name="list"),
    path("pull/", views.pull, name="pull"),
    path("<int:pk>/", views.cord_detail, name="detail"),
    path("<int:pk>/confirm/", views.confirm, name="confirm"),
]
