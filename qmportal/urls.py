from django.urls import include, path

from qmportal import api
from qmportal.lib.late import LateModule, LateUrls

calendar = LateModule("incidents.views.calendar")
certificates = LateModule("training.views.certificates")
teams = LateModule("teams.views")

handler400 = "qmportal.errors.bad_request"
handler500 = "qmportal.errors.server_error"

urlpatterns = [
    path("", include("dashboards.urls")),
    path("teams/", include("teams.urls")),
    path("incidents/", include("incidents.urls")),
    path("response/", include("incidents.response_urls")),
    path("reviews/", include("incidents.review_urls")),
    path("actions/", include("incidents.action_urls")),
    path("calendar/<str:token>/due.ics", calendar.due, name="calendar"),
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
    path("verify/<uuid:uuid>/", certificates.verify, name="verify"),
    path("verify/<uuid:uuid>/badge.json", certificates.badge, name="badge"),
    path("verify/<uuid:uuid>/badge.jwt", certificates.signed, name="badge_jwt"),
    path("verify/keys/<slug:kid>.json", certificates.key, name="badge_key"),
    path("inbox/", include("notifications.urls")),
    path("account/", include("teams.account_urls")),
    path("api/", include(api)),
    path("setup/", teams.setup, name="setup"),
    # Django's own admin, behind the portal's login: allauth knows rate limits, the admin's form does not.
    path("admin/login/", teams.admin_door, name="admin_door"),
    LateUrls("admin/", "qmportal.admin_urls", "admin"),
]
