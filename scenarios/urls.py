"""Training: decision scenarios, knowledge checks, the library, plans, certificates."""

from django.urls import path

from scenarios.views import authoring, certificates, checks, diagnostic, library, managing, taking

app_name = "scenarios"
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
    # Knowledge checks
    path("checks/", checks.checks, name="checks"),
    path("checks/<slug:check_id>/", checks.check, name="check"),
    path("checks/<slug:check_id>/<int:pk>/", checks.check_answer, name="check_answer"),
    # The library; its own pages link to each other as ../slug/
    path("library/", library.library, name="library"),
    path("library/links/", library.links_edit, name="links_edit"),
    path("library/links/new/", library.link_create, name="link_create"),
    path("library/links/<int:pk>/", library.link_edit, name="link_edit"),
    path("library/links/<int:pk>/move/", library.link_move, name="link_move"),
    path("library/links/<int:pk>/delete/", library.link_delete, name="link_delete"),
    path("library/<slug:slug>/", library.page, name="page"),
    path("library/<slug:slug>/read/", library.page_read, name="page_read"),
    path("library/<slug:slug>/edit/", library.page_edit, name="page_edit"),
    # The diagnostic, and advice on it
    path("diagnostic/", diagnostic.diagnostic, name="diagnostic"),
    path("diagnostic/<int:pk>/", diagnostic.diagnosis, name="diagnosis"),
    path("diagnostic/<int:pk>/ask/", diagnostic.advice_ask, name="advice_ask"),
    path("advice/", diagnostic.advice, name="advice"),
    path("advice/<int:pk>/", diagnostic.advice_answer, name="advice_answer"),
    # Plans, progress, one's own training, certificates
    path("mine/", managing.mine, name="mine"),
    path("mine/statements.jsonl", managing.my_statements, name="my_statements"),
    path("progress/", managing.board, name="progress"),
    path("progress/statements.jsonl", managing.statements, name="statements"),
    path("plans/", managing.plans, name="plans"),
    path("plans/new/", managing.plan_create, name="plan_create"),
    path("plans/<int:pk>/", managing.plan, name="plan"),
    path("plans/<int:pk>/edit/", managing.plan_edit, name="plan_edit"),
    path("plans/<int:pk>/retire/", managing.plan_retire, name="plan_retire"),
    path("plans/<int:pk>/items/", managing.plan_item_add, name="plan_item_add"),
    path("plans/<int:pk>/items/<int:item>/", managing.plan_item, name="plan_item"),
    path("plans/<int:pk>/assign/", managing.assign, name="assign"),
    path("assignments/<int:pk>/withdraw/", managing.withdraw, name="withdraw"),
    path("certificates/<uuid:uuid>/revoke/", certificates.revoke, name="revoke"),
    # Writing scenarios; what follows the slug keeps "new" from being one
    path("authoring/", authoring.authoring, name="authoring"),
    path("authoring/new/", authoring.authoring_new, name="authoring_new"),
    path("authoring/<slug:slug>/draft/", authoring.authoring_edit, name="authoring_edit"),
    path("authoring/<slug:slug>/check/", authoring.authoring_check, name="authoring_check"),
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
