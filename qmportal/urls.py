from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

from qmportal import api, health

urlpatterns = [
    path("", include("dashboards.urls")),
    path("teams/", include("teams.urls")),
    path("incidents/", include("incidents.urls")),
    path("defects/", include("defects.urls")),
    path("thresholds/", include("benchmarks.urls")),
    path("imports/", include("integrations.urls")),
    path("account/", include("allauth.urls")),
    path("api/", include(api)),
    # Django's own admin, behind the portal's login: allauth knows rate limits, the admin's form does not.
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/", admin.site.urls),
    path("healthz", login_not_required(health.healthz)),
    path("readyz", login_not_required(health.readyz)),
]

