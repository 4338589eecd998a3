"""Impact intervals: when users were affected, for incidents that were better in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import connection, migrations, models
from django.db.models import F, Func, Q

from incidents.models.incident import Incident
from qmportal.lib.history import tracked

# Start and end of each interval; the last may be open.
Spans = Sequence[tuple[datetime, datetime | None]]
DO_NOT_FIT = "The impact intervals do not fit the times of the incident."


class TimeRange(Func):
    function = "TSTZRANGE"


@tracked()
class ImpactInterval(models.Model):
    """A stretch in which users were affected. Only incidents with two or more have rows; others last from start to restore.

    A trigger keeps the first start and the last end as the incident has them; another checks the time between against
    `unaffected_time`, so the intervals and the incident never contradict each other.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="impact_intervals")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["began_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("began_at")),
                name="impact_ends_after_it_began",
                violation_error_message="Users cannot be unaffected before they are affected.",
            ),
            ExclusionConstraint(
                name="impact_intervals_apart",
                expressions=[
                    ("incident", RangeOperators.EQUAL),
                    (TimeRange("began_at", "ended_at"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="The impact intervals of an incident cannot overlap.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M} to {self.ended_at or 'now'}"


def fit(incident: Incident, spans: Spans) -> bool:
    """Whether the intervals are in order, with a pause between two, and begin and end as the incident does."""
    began, ended = spans[0][0], spans[-1][1]
    pauses = [(end, start) for (_, end), (start, _) in pairwise(spans)]
    lasting = all(end is None or start < end for start, end in spans)
    apart = all(end is not None and end < start for end, start in pauses)
    return len(spans) > 1 and lasting and apart and (began, ended) == (incident.began_at, incident.restored_at)


def spans_of(incidents: Iterable[int]) -> dict[int, Spans]:
    """The intervals of these incidents by id."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = {}
    rows = ImpactInterval.objects.filter(incident__in=list(incidents)).order_by("began_at")
    for incident, began, ended in rows.values_list("incident", "began_at", "ended_at"):
        found.setdefault(incident, []).append((began, ended))
    return dict(found)


def add_spans(incidents: Mapping[int, Spans]) -> None:
    """Gives intervals that `fit` to incidents that have none. Call it inside a transaction."""
    rows = [
        ImpactInterval(incident_id=pk, began_at=began, ended_at=ended)
        for pk, spans in incidents.items()
        for began, ended in spans
    ]
    names = "incident_impact_agrees, incident_unaffected_agrees"
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS {names} DEFERRED")
        ImpactInterval.objects.bulk_create(rows, batch_size=1000)
        cursor.execute(
            "UPDATE incidents_incident SET unaffected_time = pause.length FROM ("
            " SELECT incident_id, sum(resumed - ended_at) AS length FROM (SELECT incident_id, ended_at,"
            " lead(began_at) OVER (PARTITION BY incident_id ORDER BY began_at) AS resumed FROM incidents_impactinterval"
            " WHERE incident_id = ANY(%s)) AS span GROUP BY incident_id) AS pause WHERE id = pause.incident_id",
            [list(incidents)],
        )
        cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")


def agreeing_intervals() -> migrations.RunSQL:
    """For a migration: the triggers that make the intervals and the times of their incident agree."""
    return migrations.RunSQL(
        """
        CREATE FUNCTION incident_impact_follows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE incidents_impactinterval SET began_at = coalesce(NEW.started_at, NEW.detected_at)
            WHERE id = (SELECT id FROM incidents_impactinterval WHERE incident_id = NEW.id ORDER BY began_at LIMIT 1)
                AND began_at <> coalesce(NEW.started_at, NEW.detected_at);
            UPDATE incidents_impactinterval SET ended_at = NEW.restored_at
            WHERE id = (SELECT id FROM incidents_impactinterval WHERE incident_id = NEW.id ORDER BY began_at DESC LIMIT 1)
                AND ended_at IS DISTINCT FROM NEW.restored_at;
            RETURN NULL;
        END $$;
        CREATE TRIGGER incident_impact_follows AFTER UPDATE ON incidents_incident
            FOR EACH ROW WHEN (NEW.unaffected_time <> '0') EXECUTE FUNCTION incident_impact_follows();

        CREATE FUNCTION incident_impact_agrees() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            own incidents_incident;
            found record;
        BEGIN
            SELECT * INTO own FROM incidents_incident
                WHERE id = (CASE TG_TABLE_NAME WHEN 'incidents_incident' THEN to_jsonb(NEW)->>'id'
                    ELSE to_jsonb(coalesce(NEW, OLD))->>'incident_id' END)::bigint;
            SELECT count(*) AS number, min(began_at) AS began, max(began_at) AS last_began,
                (array_agg(ended_at ORDER BY began_at DESC))[1] AS ended,
                coalesce(sum(resumed - ended_at), '0') AS between_them,
                count(*) FILTER (WHERE ended_at IS NULL AND resumed IS NOT NULL) AS endless
                INTO found
                FROM (SELECT began_at, ended_at, lead(began_at) OVER (ORDER BY began_at) AS resumed
                    FROM incidents_impactinterval WHERE incident_id = own.id) AS span;
            IF own.unaffected_time <> found.between_them OR found.number = 1 OR found.endless > 0
                OR (found.number > 0 AND (found.began <> coalesce(own.started_at, own.detected_at)
                    OR found.ended IS DISTINCT FROM own.restored_at)) THEN
                RAISE check_violation USING CONSTRAINT = 'incident_impact_agrees', TABLE = 'incidents_impactinterval',
                    MESSAGE = 'The impact intervals do not fit the times of the incident.';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER incident_impact_agrees AFTER INSERT OR UPDATE OR DELETE ON incidents_impactinterval
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION incident_impact_agrees();
        CREATE CONSTRAINT TRIGGER incident_unaffected_agrees AFTER UPDATE ON incidents_incident
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
            WHEN (NEW.unaffected_time <> '0' OR OLD.unaffected_time <> '0') EXECUTE FUNCTION incident_impact_agrees();
        CREATE CONSTRAINT TRIGGER incident_unaffected_new AFTER INSERT ON incidents_incident
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
            WHEN (NEW.unaffected_time <> '0') EXECUTE FUNCTION incident_impact_agrees();
        """,
        """
        DROP TRIGGER incident_impact_follows ON incidents_incident;
        DROP TRIGGER incident_unaffected_agrees ON incidents_incident;
        DROP TRIGGER incident_unaffected_new ON incidents_incident;
        DROP TRIGGER incident_impact_agrees ON incidents_impactinterval;
        DROP FUNCTION incident_impact_follows();
        DROP FUNCTION incident_impact_agrees();
        """,
    )
