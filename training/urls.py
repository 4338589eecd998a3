"""Scenarios, knowledge checks, the diagnostic, plans, progress and certificates."""

from django.urls import path

from qmportal.lib.late import LateModule

certificates = LateModule("training.views.certificates")
checks = LateModule("training.views.checks")
connections = LateModule("training.views.connections")
diagnostic = LateModule("training.views.diagnostic")
groups = LateModule("training.views.groups")
lti = LateModule("training.views.lti")
plans = LateModule("training.views.plans")
progress = LateModule("training.views.progress")
reading = LateModule("training.views.reading")
taking = LateModule("training.views.taking")
tasks = LateModule("training.views.tasks")

app_name = "training"
urlpatterns = [
    # Taking a scenario
    path("scenarios/", taking.scenario_list, name="list"),
    path("scenarios/<slug:slug>/", taking.intro, name="intro"),
    path("scenarios/<slug:slug>/start/", taking.start, name="start"),
    path("attempts/<int:pk>/", taking.attempt, name="attempt"),
    path("attempts/<int:pk>/restart/", taking.restart, name="restart"),
    path("attempts/<int:pk>/reset/", taking.reset, name="reset"),
    path("attempts/<int:pk>/steps/<int:seq>/", taking.step, name="step"),
    path("attempts/<int:pk>/steps/<int:seq>/explore/", taking.explore, name="explore"),
    # Group sessions
    path("groups/", groups.groups, name="groups"),
    path("groups/start/<slug:slug>/", groups.start, name="group_start"),
    path("groups/<slug:code>/", groups.group, name="group"),
    path("groups/<slug:code>/join/", groups.join, name="group_join"),
    path("groups/<slug:code>/vote/", groups.vote, name="group_vote"),
    path("groups/<slug:code>/lead/", groups.lead, name="group_lead"),
    path("groups/<slug:code>/note/", groups.note, name="group_note"),
    # Knowledge checks
    path("checks/", checks.checks, name="checks"),
    path("checks/<slug:check_id>/", checks.check, name="check"),
    path("checks/<slug:check_id>/<int:pk>/", checks.check_answer, name="check_answer"),
    path("library/<slug:slug>/read/", reading.page_read, name="page_read"),
    # The diagnostic, and advice on it
    path("diagnostic/", diagnostic.diagnostic, name="diagnostic"),
    path("diagnostic/<int:pk>/", diagnostic.diagnosis, name="diagnosis"),
    path("diagnostic/<int:pk>/ask/", diagnostic.advice_ask, name="advice_ask"),
    path("advice/", diagnostic.advice, name="advice"),
    path("advice/<int:pk>/", diagnostic.advice_answer, name="advice_answer"),
    # Plans, progress, one's own training, certificates
    path("mine/", progress.mine, name="mine"),
    path("mine/statements.jsonl", progress.my_statements, name="my_statements"),
    path("progress/", progress.board, name="progress"),
    path("progress/statements.jsonl", progress.statements, name="statements"),
    path("plans/", plans.plans, name="plans"),
    path("plans/new/", plans.plan_create, name="plan_create"),
    path("plans/<int:pk>/", plans.plan, name="plan"),
    path("plans/<int:pk>/edit/", plans.plan_edit, name="plan_edit"),
    path("plans/<int:pk>/start/", plans.plan_start, name="plan_start"),
    path("plans/<int:pk>/retire/", plans.plan_retire, name="plan_retire"),
    path("plans/<int:pk>/items/", plans.plan_item_add, name="plan_item_add"),
    path("plans/<int:pk>/tasks/", tasks.plan_task_add, name="plan_task_add"),
    path("tasks/<int:pk>/", tasks.task, name="task"),
    path("tasks/<int:pk>/edit/", tasks.task_edit, name="task_edit"),
    path("tasks/<int:pk>/done/", tasks.task_done, name="task_done"),
    path("tasks/<int:pk>/people/<int:person>/", tasks.task_confirm, name="task_confirm"),
    path("plans/<int:pk>/items/<int:item>/", plans.plan_item, name="plan_item"),
    path("plans/<int:pk>/assign/", plans.assign, name="assign"),
    path("assignments/<int:pk>/withdraw/", plans.withdraw, name="withdraw"),
    # Connections to other systems
    path("connections/", connections.connections, name="connections"),
    path("connections/stores/new/", connections.store_create, name="store_create"),
    path("connections/stores/<int:pk>/", connections.store, name="store"),
    path("connections/stores/<int:pk>/send/", connections.store_send, name="store_send"),
    path("connections/stores/<int:pk>/delete/", connections.store_delete, name="store_delete"),
    path("connections/platforms/new/", connections.platform_create, name="platform_create"),
    path("connections/platforms/<int:pk>/", connections.platform, name="platform"),
    path("connections/platforms/<int:pk>/delete/", connections.platform_delete, name="platform_delete"),
    # For learning platforms
    path("lti/jwks.json", lti.jwks, name="lti_jwks"),
    path("lti/login/", lti.begin, name="lti_begin"),
    path("lti/launch/", lti.launch, name="lti_launch"),
    path("lti/choose/", lti.launch, name="lti_choose"),
    path("lti/choose/<uuid:uuid>/", lti.choose, name="lti_choose_item"),
    path("lti/enter/<uuid:uuid>/", lti.enter, name="lti_enter"),
    path("certificates/<uuid:uuid>/revoke/", certificates.revoke, name="revoke"),
]
