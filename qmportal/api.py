"""The API's routes, its OpenAPI schema and its documentation page."""

from threading import Lock
from types import ModuleType

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from defects.models import Defect
from incidents.models import Action, Incident
from qmportal.api_root import Addresses, Unknown
from qmportal.lib.bodies import takes_a_file
from qmportal.lib.late import LateModule
from records.history import RecordHistory
from records.timeline_api import RecordTimeline

benchmarks_api = LateModule("benchmarks.api")
escape_api = LateModule("benchmarks.escape_api")
delivery_api = LateModule("dashboards.delivery_api")
quality_api = LateModule("dashboards.quality_api")
zero_bugs_api = LateModule("dashboards.zero_bugs_api")
defects_api = LateModule("defects.api")
links_api = LateModule("defects.links_api")
incidents_api = LateModule("incidents.api")
action_api = LateModule("incidents.action_api")
andon_api = LateModule("incidents.andon_api")
response_api = LateModule("incidents.response_api")
review_api = LateModule("incidents.review_api")
review_parts_api = LateModule("incidents.review_parts_api")
integrations_api = LateModule("integrations.api")
pipeline_api = LateModule("pipeline.api")
change_api = LateModule("pipeline.change_api")
practice_api = LateModule("pipeline.practice_api")
teams_api = LateModule("teams.api")
testing_api = LateModule("testing.api")
training_attempts = LateModule("training.api.attempts")
training_progress = LateModule("training.api.progress")

LOADING = Lock()


def docs(request: HttpRequest) -> HttpResponse:
    """Every operation with its parameters and fields, from the schema itself."""
    whole = description().whole_schema()
    context = {"schema": whole, "operations": description().operations(whole), "origin": settings.SITE_URL}
    return render(request, "api/docs.html", context)


@csrf_exempt
@login_not_required  # the view checks access itself, like the rest of the API
def schema(request: HttpRequest) -> HttpResponse:
    return description().Schema.as_view()(request)


def description() -> ModuleType:
    """Loaded on demand: the generator takes several MB, and few workers ever need it.

    One thread loads it and generates the schema while others wait, because the generator keeps state in its module.
    """
    with LOADING:
        from qmportal import schema

        schema.whole_schema()
    return schema


urlpatterns = [
    path("v1/", Addresses.as_view(described=lambda: description().whole_schema()), name="api_addresses"),
    path("v1/teams/", teams_api.TeamList.as_view(), name="api_teams"),
    path("v1/teams/<str:slug>/", teams_api.TeamDetail.as_view(), name="api_team"),
    path("v1/teams/<str:slug>/roles/", response_api.TeamRoleList.as_view(), name="api_team_roles"),
    path("v1/teams/<str:slug>/templates/", response_api.TemplateList.as_view(), name="api_templates"),
    path("v1/teams/<str:slug>/templates/<int:id>/", response_api.TemplateDetail.as_view(), name="api_template"),
    path("v1/teams/<str:slug>/metrics/", benchmarks_api.TeamMetrics.as_view(), name="api_metrics"),
    path("v1/teams/<str:slug>/metrics/<str:metric>/rows/", benchmarks_api.MetricRows.as_view(), name="api_metric_rows"),
    path("v1/teams/<str:slug>/escape-analysis/", escape_api.TeamEscapes.as_view(), name="api_escapes"),
    path("v1/teams/<str:slug>/data-quality/", quality_api.TeamQuality.as_view(), name="api_quality"),
    path("v1/teams/<str:slug>/delivery/", delivery_api.TeamDelivery.as_view(), name="api_delivery"),
    path("v1/teams/<str:slug>/zero-bugs/", zero_bugs_api.TeamZeroBugs.as_view(), name="api_zero_bugs"),
    path("v1/stages/", pipeline_api.StageList.as_view(), name="api_stages"),
    path("v1/services/", pipeline_api.ServiceList.as_view(), name="api_services"),
    path("v1/services/<str:slug>/", pipeline_api.ServiceDetail.as_view(), name="api_service"),
    path("v1/practices/", practice_api.PracticeList.as_view(), name="api_practices"),
    path("v1/adoptions/", practice_api.AdoptionList.as_view(), name="api_adoptions"),
    path("v1/changes/", change_api.ChangeList.as_view(), name="api_changes"),
    path("v1/changes/<str:reference>/", change_api.ChangeDetail.as_view(), name="api_change"),
    path("v1/deployments/", change_api.DeploymentList.as_view(), name="api_deployments"),
    path("v1/deployments/<str:reference>/", change_api.DeploymentDetail.as_view(), name="api_deployment"),
    path("v1/test-runs/", takes_a_file(testing_api.TestRunList.as_view(), "TEST_REPORT_MAX_BYTES"), name="api_test_runs"),
    path("v1/test-runs/<str:reference>/", testing_api.TestRunDetail.as_view(), name="api_test_run"),
    path("v1/test-runs/<str:reference>/failures/", testing_api.TestRunFailures.as_view(), name="api_test_run_failures"),
    path("v1/progress/", training_progress.ProgressList.as_view(), name="api_progress"),
    path("v1/defects/", defects_api.DefectList.as_view(), name="api_defects"),
    path("v1/defects/bulk/", defects_api.DefectBulk.as_view(), name="api_defect_bulk"),
    path(
        "v1/defects/<str:reference>/history/",
        RecordHistory.as_view(queryset=Defect.objects.all()),
        name="api_defect_history",
    ),
    path(
        "v1/defects/<str:reference>/timeline/",
        RecordTimeline.as_view(queryset=Defect.objects.all()),
        name="api_defect_timeline",
    ),
    path("v1/defects/<str:reference>/links/", links_api.DefectLinks.as_view(), name="api_defect_links"),
    path("v1/defects/<str:reference>/links/<int:id>/", links_api.DefectLinkDetail.as_view(), name="api_defect_link"),
    path("v1/defects/<str:reference>/snooze/", defects_api.DefectSnooze.as_view(), name="api_defect_snooze"),
    path("v1/defects/<str:reference>/", defects_api.DefectDetail.as_view(), name="api_defect"),
    path("v1/defects/<str:reference>/transitions/", defects_api.DefectTransitions.as_view(), name="api_defect_transitions"),
    path("v1/incidents/", incidents_api.IncidentList.as_view(), name="api_incidents"),
    path("v1/incidents/bulk/", incidents_api.IncidentBulk.as_view(), name="api_incident_bulk"),
    path(
        "v1/incidents/<str:reference>/history/",
        RecordHistory.as_view(queryset=Incident.objects.all()),
        name="api_incident_history",
    ),
    path(
        "v1/incidents/<str:reference>/timeline/",
        RecordTimeline.as_view(queryset=Incident.objects.all()),
        name="api_incident_timeline",
    ),
    path("v1/incidents/<str:reference>/roles/", response_api.IncidentRoles.as_view(), name="api_incident_roles"),
    path("v1/incidents/<str:reference>/", incidents_api.IncidentDetail.as_view(), name="api_incident"),
    path(
        "v1/incidents/<str:reference>/transitions/",
        incidents_api.IncidentTransitions.as_view(),
        name="api_incident_transitions",
    ),
    path("v1/imports/", takes_a_file(integrations_api.ImportList.as_view()), name="api_imports"),
    path("v1/imports/<int:id>/", integrations_api.ImportDetail.as_view(), name="api_import"),
    path("v1/imports/<int:id>/failed/", integrations_api.ImportFailedRows.as_view(), name="api_import_failed"),
    path("v1/imports/<int:id>/start/", integrations_api.ImportStart.as_view(), name="api_import_start"),
    path("v1/imports/<int:id>/undo/", integrations_api.ImportUndo.as_view(), name="api_import_undo"),
    path("v1/actions/", action_api.ActionList.as_view(), name="api_actions"),
    path("v1/actions/bulk/", action_api.ActionBulk.as_view(), name="api_action_bulk"),
    path(
        "v1/actions/<str:reference>/history/",
        RecordHistory.as_view(queryset=Action.objects.all()),
        name="api_action_history",
    ),
    path("v1/actions/<str:reference>/", action_api.ActionDetail.as_view(), name="api_action"),
    path("v1/actions/<str:reference>/transitions/", action_api.ActionTransitions.as_view(), name="api_action_transitions"),
    path("v1/reviews/", review_api.ReviewList.as_view(), name="api_reviews"),
    path("v1/reviews/bulk/", review_api.ReviewBulk.as_view(), name="api_review_bulk"),
    path("v1/reviews/<str:reference>/", review_api.ReviewDetail.as_view(), name="api_review"),
    path("v1/reviews/<str:reference>/transitions/", review_api.ReviewTransitions.as_view(), name="api_review_transitions"),
    path("v1/reviews/<str:reference>/causes/", review_parts_api.ReviewCauses.as_view(), name="api_review_causes"),
    path("v1/reviews/<str:reference>/causes/<int:id>/", review_parts_api.ReviewCause.as_view(), name="api_review_cause"),
    path("v1/reviews/<str:reference>/comments/", review_parts_api.ReviewComments.as_view(), name="api_review_comments"),
    path("v1/andon/<str:slug>/", andon_api.TeamLine.as_view(), name="api_andon"),
    path("v1/scenarios/", training_attempts.ScenarioList.as_view(), name="api_scenarios"),
    path("v1/attempts/", training_attempts.AttemptList.as_view(), name="api_attempts"),
    path("v1/attempts/<int:id>/", training_attempts.AttemptDetail.as_view(), name="api_attempt"),
    path("v1/attempts/<int:id>/decisions/", training_attempts.DecisionList.as_view(), name="api_decisions"),
    path("schema/", schema, name="api_schema"),
    path("docs/", docs, name="api_docs"),
    re_path(r"^(?:.*/)?$", Unknown.as_view()),
]
