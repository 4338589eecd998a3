"""Your own spreadsheet: columns are found by common names for each field."""

from integrations.matching.fields import FIELDS
from integrations.matching.preset import SPREADSHEET, Preset

ANY = tuple(
    Preset(
        kind=kind,
        name=SPREADSHEET,
        label="Your own spreadsheet",
        columns={key: field.names for key, field in fields.items()},
        hint="Any table with a header. You choose what each column means.",
    )
    for kind, fields in FIELDS.items()
)
