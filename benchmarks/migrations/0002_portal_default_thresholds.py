from datetime import date

import pgtrigger
from django.db import migrations

HOUR, DAY = 3600, 86400
CUT_FIELDS = ("cut_elite", "cut_good", "cut_average", "cut_needs_work")
REMOVAL = "Concept page; the bands agree with Capers Jones's defect removal efficiency by CMM level."
CONCEPT = "Concept page. A portal benchmark: DORA had four clusters and other names."
# metric, cut points in the metric's unit (percent, seconds) or none, minimum n, source
SETS = [
    ("escaped_defect_rate", (5, 10, 20, 35), 10, REMOVAL),
    ("mttr", (HOUR, 4 * HOUR, DAY, 7 * DAY), 5, CONCEPT),
    ("defect_removal_efficiency", (), 10, ""),
    ("mttr_with_open", (), 5, ""),
    ("mtbf", (), 3, ""),
    ("time_to_detect", (), 5, ""),
]


@pgtrigger.ignore()  # the history begins after what the portal ships
def add_defaults(apps, schema_editor):
    threshold_set = apps.get_model("benchmarks", "ThresholdSet")
    for metric, cuts, minimum_n, source in SETS:
        threshold_set.objects.create(
            metric=metric,
            # Old enough to judge whatever history is brought in later.
            effective_from=date(1990, 1, 1),
            reason="Portal default",
            source_text=source,
            minimum_n=minimum_n,
            **dict(zip(CUT_FIELDS, cuts, strict=False)),
        )


class Migration(migrations.Migration):
    dependencies = [("benchmarks", "0001_initial")]
    operations = [migrations.RunPython(add_defaults, migrations.RunPython.noop)]
