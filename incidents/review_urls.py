from django.urls import path

from incidents.views import review as views
from records import list_views

app_name = "reviews"
urlpatterns = [
    path("", views.review_list, name="list"),
    path("bulk/", list_views.record_bulk, {"kind": views.REVIEWS}, name="bulk"),
    path("bulk/<int:pk>/", list_views.record_bulk_result, {"kind": views.REVIEWS}, name="bulk_result"),
    path("views/", list_views.view_save, {"kind": views.REVIEWS}, name="view_save"),
    path("views/<int:pk>/delete/", list_views.view_delete, {"kind": views.REVIEWS}, name="view_delete"),
    path("<str:reference>/", views.review_detail, name="detail"),
    path("<str:reference>/start/", views.start, name="start"),
    path("<str:reference>/edit/", views.edit, name="edit"),
    path("<str:reference>/steps/<slug:name>/", views.take, name="take"),
    path("<str:reference>/causes/", views.cause, name="cause"),
    path("<str:reference>/causes/<int:pk>/remove/", views.cause_remove, name="cause_remove"),
    path("<str:reference>/comments/", views.comment, name="comment"),
    path("<str:reference>/review.md", views.export, name="export"),
]
