from django.db import models
from django.db.migrations import CreateModel, RunSQL
from django.db.migrations.state import ProjectState

from qmportal.lib.tables import together

ID = ("id", models.BigAutoField(primary_key=True))


def test_tables_in_a_row_are_made_together_and_the_order_stays():
    first, second, third = (CreateModel(name, [ID]) for name in ("First", "Second", "Third"))
    between = RunSQL("select 1")
    made = together([first, second, between, third])
    assert [operation.describe() for operation in made] == [
        "Create models First, Second",
        "Raw SQL operation",
        "Create models Third",
    ]


def test_a_state_that_has_classes_has_those_of_the_new_tables():
    state = ProjectState()
    assert state.apps.all_models == {}
    points_back = CreateModel("Second", [ID, ("first", models.ForeignKey("lib.first", models.CASCADE))])
    (operation,) = together([CreateModel("First", [ID]), points_back])
    operation.state_forwards("lib", state)
    assert state.apps.get_model("lib", "second")._meta.get_field("first").related_model is state.apps.get_model(
        "lib", "first"
    )
