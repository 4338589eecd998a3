"""Each rule says the same in Python and in SQL."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection, models
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as some

from defects.models import Defect
from incidents.models import Incident
from records.rules import Order
from tests.factories import NOON, make_defect, make_incident, make_team

KINDS = pytest.mark.parametrize("model", [Defect, Incident])


def columns_of(model):
    """The columns that rules look at, each with values of which rules may think differently."""
    moments = some.sampled_from([None, *(NOON + timedelta(hours=hours) for hours in range(3))])
    required = some.sampled_from([NOON, NOON + timedelta(hours=1)])
    times = {name: required if not model._meta.get_field(name).null else moments for name in model.TIMES}
    pointers = {name: some.sampled_from([None, 1, 2]) for name in ("id", "duplicate_of_id", "severity_id")}
    own = {"source": some.sampled_from(["", "form", "jira"]), "status": some.sampled_from(list(model.Status.values))}
    if model is Defect:
        own |= {"resolution": some.sampled_from(["", "fixed", "duplicate"]), "regression_of_id": pointers["id"]}
    else:
        own |= {"customer_impacted": some.booleans(), "customer_impact": some.sampled_from(["", "Slow"])}
        own |= {"recurrence_of_id": pointers["id"]}
    return some.fixed_dictionaries(times | pointers | own)


def holds_in_sql(model, rule, values):
    """What PostgreSQL says of the rule's condition on such a row; unknown passes, as in a check constraint."""
    sql, params = model._meta.db_table, []
    query = models.sql.Query(model, alias_cols=False)
    where = query.build_where(rule.constraint("x").condition)
    condition, params = where.as_sql(query.get_compiler(connection=connection), connection)
    types = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    row = ", ".join(f"CAST(%s AS {types[name].replace('bigserial', 'bigint')}) AS {name}" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {condition} FROM (SELECT {row}) AS {sql}", [*params, *values.values()])
        return cursor.fetchone()[0] is not False


@KINDS
@pytest.mark.django_db
def test_python_and_sql_agree_on_random_rows(model):
    @hypothesis_settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(values=columns_of(model))
    def agree(values):
        row = model(**values)
        for rule in model.RULES:
            assert rule.holds(row) == holds_in_sql(model, rule, values), (rule.sentence, values)

    agree()


@KINDS
def test_every_check_constraint_comes_from_a_rule(model):
    checks = {each.name: each for each in model._meta.constraints if isinstance(each, models.CheckConstraint)}
    rules = {rule.constraint(model._meta.model_name).name: rule for rule in model.RULES}
    assert checks.keys() == rules.keys()
    assert all(checks[name].violation_error_message == rules[name].sentence for name in rules)


@KINDS
@pytest.mark.django_db
def test_checking_a_row_takes_no_queries(model, django_assert_num_queries):
    record = (make_defect if model is Defect else make_incident)(team=make_team())
    with django_assert_num_queries(0):
        record.problems(NOON)


# Labels that a sentence puts in another form.
SAID_AS = {"first review": "reviewed", "created at": "started"}


def order_rules():
    models_with_rules = [model for model in apps.get_models() if getattr(model, "RULES", ())]
    return [(model, rule) for model in models_with_rules for rule in model.RULES if isinstance(rule, Order)]


@pytest.mark.parametrize(("model", "rule"), order_rules())
def test_a_sentence_about_two_times_calls_them_by_their_labels(model, rule):
    for name in (rule.earlier, rule.later):
        label = str(model._meta.get_field(name).verbose_name).lower()
        assert SAID_AS.get(label, label) in rule.sentence.lower(), (label, rule.sentence)


def test_restored_before_detected_is_said_with_the_label_of_the_field():
    rule = next(rule for rule in Incident.RULES if getattr(rule, "name", "") == "restored_after_detected")
    assert str(Incident._meta.get_field("detected_at").verbose_name) in rule.sentence
