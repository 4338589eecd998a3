from django.db import migrations

from qmportal.lib.kept import version_table, versioned

# Who did something is as firm as what was done: only what is older than the history is kept goes, and only by its task.
PROTECT_CONTEXT = """
CREATE FUNCTION history_context_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('qmportal.forgetting', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Cannot % rows of %: history is append-only.', lower(TG_OP), TG_TABLE_NAME;
END $$;
CREATE TRIGGER history_context_append_only BEFORE UPDATE OR DELETE ON pghistory_context
    FOR EACH ROW EXECUTE FUNCTION history_context_append_only();
"""
RELEASE_CONTEXT = """
DROP TRIGGER history_context_append_only ON pghistory_context;
DROP FUNCTION history_context_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("teams", "0001_initial"),
        ("records", "0002_shipped_severities"),
        ("pipeline", "0002_shipped_stages"),
        ("defects", "0001_initial"),
        ("incidents", "0001_initial"),
        ("testing", "0001_initial"),
        ("benchmarks", "0002_portal_default_thresholds"),
        ("notifications", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        version_table(),
        *versioned("teams_team", "teams_membership", "records_severity", "records_savedview", "pipeline_stage"),
        *versioned("defects_defect", "incidents_incident"),
        *versioned("benchmarks_metricsnapshot", "benchmarks_thresholdset", "notifications_notification"),
        *versioned("incidents_action", "incidents_cord", "incidents_dutycalendar"),
        *versioned("pipeline_adoption", "pipeline_practice", "pipeline_service"),
        *versioned("defects_zerobugpolicy", "pipeline_change", "pipeline_deployment", "testing_testrun"),
        migrations.RunSQL(PROTECT_CONTEXT, RELEASE_CONTEXT),
    ]
