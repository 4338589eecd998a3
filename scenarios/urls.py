"""Training: decision scenarios, knowledge checks, the library, plans, certificates."""

from django.urls import path

from scenarios.views import taking

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
]
