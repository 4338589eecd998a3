"""The API's routes, its OpenAPI schema and its documentation page."""

from threading import Lock
from types import ModuleType

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from benchmarks.api import MetricRows, TeamMetrics
from benchmarks.escape_api import TeamEscapes
from dashboards.delivery_api import TeamDelivery
from dashboards.quality_api import TeamQuality
from dashboards.zero_bugs_api import TeamZeroBugs
from defects.api import DefectBulk, DefectDetail, DefectList, DefectSnooze, DefectTransitions
from defects.links_api import DefectLinkDetail, DefectLinks
from defects.models import Defect
from incidents.action_api import ActionBulk, ActionDetail, ActionList, ActionTransitions
from incidents.andon_api import TeamLine
from incidents.api import IncidentBulk, IncidentDetail, IncidentList, IncidentTransitions
from incidents.models import Action, Incident
from incidents.response_api import IncidentRoles, TeamRoleList, TemplateDetail, TemplateList
from incidents.review_api import ReviewBulk, ReviewDetail, ReviewList, ReviewTransitions
from incidents.review_parts_api import ReviewCause, ReviewCauses, ReviewComments
from integrations.api import ImportDetail, ImportFailedRows, ImportList, ImportStart, ImportUndo
from pipeline.api import ServiceDetail, ServiceList, StageList
from pipeline.change_api import ChangeDetail, ChangeList, DeploymentDetail, DeploymentList
from pipeline.practice_api import AdoptionList, PracticeList
from qmportal.api_root import Addresses, Unknown
from qmportal.lib.bodies import takes_a_file
from records.history import RecordHistory
from records.timeline_api import RecordTimeline
from teams.api import TeamDetail, TeamList
from testing.api import TestRunDetail, TestRunFailures, TestRunList
from training.api.attempts import AttemptDetail, AttemptList, DecisionList, ScenarioList
from training.api.progress import ProgressList

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
    path("v1/teams/", TeamList.as_view(), name="api_teams"),
    path("v1/teams/<str:slug>/", TeamDetail.as_view(), name="api_team"),
    path("v1/teams/<str:slug>/roles/", TeamRoleList.as_view(), name="api_team_roles"),
    path("v1/teams/<str:slug>/templates/", TemplateList.as_view(), name="api_templates"),
    path("v1/teams/<str:slug>/templates/<int:id>/", TemplateDetail.as_view(), name="api_template"),
    path("v1/teams/<str:slug>/metrics/", TeamMetrics.as_view(), name="api_metrics"),
    path("v1/teams/<str:slug>/metrics/<str:metric>/rows/", MetricRows.as_view(), name="api_metric_rows"),
    path("v1/teams/<str:slug>/escape-analysis/", TeamEscapes.as_view(), name="api_escapes"),
    path("v1/teams/<str:slug>/data-quality/", TeamQuality.as_view(), name="api_quality"),
    path("v1/teams/<str:slug>/delivery/", TeamDelivery.as_view(), name="api_delivery"),
    path("v1/teams/<str:slug>/zero-bugs/", TeamZeroBugs.as_view(), name="api_zero_bugs"),
    path("v1/stages/", StageList.as_view(), name="api_stages"),
    path("v1/services/", ServiceList.as_view(), name="api_services"),
    path("v1/services/<str:slug>/", ServiceDetail.as_view(), name="api_service"),
    path("v1/practices/", PracticeList.as_view(), name="api_practices"),
    path("v1/adoptions/", AdoptionList.as_view(), name="api_adoptions"),
    path("v1/changes/", ChangeList.as_view(), name="api_changes"),
    path("v1/changes/<str:reference>/", ChangeDetail.as_view(), name="api_change"),
    path("v1/deployments/", DeploymentList.as_view(), name="api_deployments"),
    path("v1/deployments/<str:reference>/", DeploymentDetail.as_view(), name="api_deployment"),
    path("v1/test-runs/", takes_a_file(TestRunList.as_view(), "TEST_REPORT_MAX_BYTES"), name="api_test_runs"),
    path("v1/test-runs/<str:reference>/", TestRunDetail.as_view(), name="api_test_run"),
    path("v1/test-runs/<str:reference>/failures/", TestRunFailures.as_view(), name="api_test_run_failures"),
    path("v1/progress/", ProgressList.as_view(), name="api_progress"),
    path("v1/defects/", DefectList.as_view(), name="api_defects"),
    path("v1/defects/bulk/", DefectBulk.as_view(), name="api_defect_bulk"),
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
    path("v1/defects/<str:reference>/links/", DefectLinks.as_view(), name="api_defect_links"),
    path("v1/defects/<str:reference>/links/<int:id>/", DefectLinkDetail.as_view(), name="api_defect_link"),
    path("v1/defects/<str:reference>/snooze/", DefectSnooze.as_view(), name="api_defect_snooze"),
    path("v1/defects/<str:reference>/", DefectDetail.as_view(), name="api_defect"),
    path("v1/defects/<str:reference>/transitions/", DefectTransitions.as_view(), name="api_defect_transitions"),
    path("v1/incidents/", IncidentList.as_view(), name="api_incidents"),
    path("v1/incidents/bulk/", IncidentBulk.as_view(), name="api_incident_bulk"),
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
    path("v1/incidents/<str:reference>/roles/", IncidentRoles.as_view(), name="api_incident_roles"),
    path("v1/incidents/<str:reference>/", IncidentDetail.as_view(), name="api_incident"),
    path("v1/incidents/<str:reference>/transitions/", IncidentTransitions.as_view(), name="api_incident_transitions"),
    path("v1/imports/", takes_a_file(ImportList.as_view()), name="api_imports"),
    path("v1/imports/<int:id>/", ImportDetail.as_view(), name="api_import"),
    path("v1/imports/<int:id>/failed/", ImportFailedRows.as_view(), name="api_import_failed"),
    path("v1/imports/<int:id>/start/", ImportStart.as_view(), name="api_import_start"),
    path("v1/imports/<int:id>/undo/", ImportUndo.as_view(), name="api_import_undo"),
    path("v1/actions/", ActionList.as_view(), name="api_actions"),
    path("v1/actions/bulk/", ActionBulk.as_view(), name="api_action_bulk"),
    path(
        "v1/actions/<str:reference>/history/",
        RecordHistory.as_view(queryset=Action.objects.all()),
        name="api_action_history",
    ),
    path("v1/actions/<str:reference>/", ActionDetail.as_view(), name="api_action"),
    path("v1/actions/<str:reference>/transitions/", ActionTransitions.as_view(), name="api_action_transitions"),
    path("v1/reviews/", ReviewList.as_view(), name="api_reviews"),
    path("v1/reviews/bulk/", ReviewBulk.as_view(), name="api_review_bulk"),
    path("v1/reviews/<str:reference>/", ReviewDetail.as_view(), name="api_review"),
    path("v1/reviews/<str:reference>/transitions/", ReviewTransitions.as_view(), name="api_review_transitions"),
    path("v1/reviews/<str:reference>/causes/", ReviewCauses.as_view(), name="api_review_causes"),
    path("v1/reviews/<str:reference>/causes/<int:id>/", ReviewCause.as_view(), name="api_review_cause"),
    path("v1/reviews/<str:reference>/comments/", ReviewComments.as_view(), name="api_review_comments"),
    path("v1/andon/<str:slug>/", TeamLine.as_view(), name="api_andon"),
    path("v1/scenarios/", ScenarioList.as_view(), name="api_scenarios"),
    path("v1/attempts/", AttemptList.as_view(), name="api_attempts"),
    path("v1/attempts/<int:id>/", AttemptDetail.as_view(), name="api_attempt"),
    path("v1/attempts/<int:id>/decisions/", DecisionList.as_view(), name="api_decisions"),
    path("schema/", schema, name="api_schema"),
    path("docs/", docs, name="api_docs"),
    re_path(r"^(?:.*/)?$", Unknown.as_view()),
]
