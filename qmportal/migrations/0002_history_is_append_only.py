from django.db import migrations

# Who did something is as firm as what was done: only what is older than the history is kept goes, and only by its task.
PROTECT = """
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


class Migration(migrations.Migration):
    dependencies = [("qmportal", "0001_versions"), ("pghistory", "0007_auto_20250421_0444")]
    operations = [
        migrations.RunSQL(
            PROTECT, "DROP TRIGGER history_context_append_only ON pghistory_context; DROP FUNCTION history_context_append_only();"
        )
    ]
