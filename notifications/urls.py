"""The inbox."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("", views.inbox, name="list"),
    path("read/", views.read_all, name="read_all"),
    path("choices/", views.choose, name="choices"),
    path("<int:pk>/", views.open_one, name="open"),
    path("ask-access/<slug:slug>/", views.ask_access, name="ask_access"),
]
