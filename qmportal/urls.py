from django.contrib import admin
from django.urls import include, path

import incidents.views.calendar
import teams.views
import training.views.certificates
from qmportal import api

handler400 = "qmportal.errors.bad_request"
handler500 = "qmportal.errors.server_error"

admin.site.site_header = admin.site.site_title = "qmportal admin site"

urlpatterns = [
    path("", include("dashboards.urls")),
    path("teams/", include("teams.urls")),
    path("incidents/", include("incidents.urls")),
    path("response/", include("incidents.response_urls")),
    path("reviews/", include("incidents.review_urls")),
    path("actions/", include("incidents.action_urls")),
    path("calendar/<str:token>/due.ics", incidents.views.calendar.due, name="calendar"),
    path("andon/", include("incidents.andon_urls")),
    path("defects/", include("defects.urls")),
    path("services/", include("pipeline.urls")),
    path("practices/", include("pipeline.practice_urls")),
    path("changes/", include("pipeline.change_urls")),
    path("deployments/", include("pipeline.deployment_urls")),
    path("test-runs/", include("testing.urls")),
    path("thresholds/", include("benchmarks.urls")),
    path("imports/", include("integrations.urls")),
    path("training/", include("training.urls")),
    path("training/", include("scenarios.urls")),
    path("training/", include("library.urls")),
    path("verify/<uuid:uuid>/", training.views.certificates.verify, name="verify"),
    path("verify/<uuid:uuid>/badge.json", training.views.certificates.badge, name="badge"),
    path("verify/<uuid:uuid>/badge.jwt", training.views.certificates.signed, name="badge_jwt"),
    path("verify/keys/<slug:kid>.json", training.views.certificates.key, name="badge_key"),
    path("inbox/", include("notifications.urls")),
    path("account/", include("teams.account_urls")),
    path("api/", include(api)),
    path("setup/", teams.views.setup, name="setup"),
    # Django's own admin, behind the portal's login: allauth knows rate limits, the admin's form does not.
    path("admin/login/", teams.views.admin_door, name="admin_door"),
    path("admin/", admin.site.urls),
]
