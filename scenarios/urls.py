"""Writing scenarios. The pages for taking them are in training."""

from django.urls import path

from qmportal.lib.late import LateModule

authoring = LateModule("scenarios.views.authoring")
retelling = LateModule("scenarios.views.retelling")

app_name = "scenarios"
urlpatterns = [
    # The path after the slug keeps "new" from being read as a slug
    path("authoring/", authoring.authoring, name="authoring"),
    path("authoring/new/", authoring.authoring_new, name="authoring_new"),
    path("authoring/new/from/<str:reference>/", retelling.from_incident, name="from_incident"),
    path("authoring/<slug:slug>/draft/", authoring.authoring_edit, name="authoring_edit"),
    path("authoring/<slug:slug>/check/", authoring.authoring_check, name="authoring_check"),
    path("authoring/<slug:slug>/build/", authoring.authoring_build, name="authoring_build"),
    path("authoring/<slug:slug>/texts/", authoring.authoring_texts, name="authoring_texts"),
    path("authoring/<slug:slug>/preview/", authoring.authoring_preview, name="authoring_preview"),
    path("authoring/<slug:slug>/export/", authoring.authoring_export, name="authoring_export"),
    path("authoring/<slug:slug>/duplicate/", authoring.authoring_duplicate, name="authoring_duplicate"),
    path("authoring/<slug:slug>/publish/", authoring.authoring_publish, name="authoring_publish"),
    path("authoring/<slug:slug>/state/", authoring.authoring_state, name="authoring_state"),
    path("authoring/<slug:slug>/versions/", authoring.authoring_versions, name="authoring_versions"),
    path("authoring/<slug:slug>/versions/<int:number>/void/", authoring.authoring_void, name="authoring_void"),
    path("authoring/<slug:slug>/analytics/", authoring.analytics, name="analytics"),
]
