from django.urls import path

from pipeline import change_views as views

app_name = "deployments"
urlpatterns = [
    path("", views.deployment_list, name="list"),
    path("<str:reference>/", views.deployment_detail, name="detail"),
]
