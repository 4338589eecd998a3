"""The library. Its pages link to each other as ../slug/."""

from django.urls import path

from qmportal.lib.late import LateModule

pages = LateModule("library.views.pages")

app_name = "library"
urlpatterns = [
    path("library/", pages.library, name="library"),
    path("library/links/", pages.links_edit, name="links_edit"),
    path("library/links/new/", pages.link_create, name="link_create"),
    path("library/links/<int:pk>/", pages.link_edit, name="link_edit"),
    path("library/links/<int:pk>/move/", pages.link_move, name="link_move"),
    path("library/links/<int:pk>/delete/", pages.link_delete, name="link_delete"),
    path("library/<slug:slug>/", pages.page, name="page"),
    path("library/<slug:slug>/edit/", pages.page_edit, name="page_edit"),
]
