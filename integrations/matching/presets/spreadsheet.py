"""A spreadsheet of one's own: columns by the names that they have anywhere."""

from integrations.matching.fields import FIELDS
from integrations.matching.preset import SPREADSHEET, Preset

ANY = tuple(
    Preset(
        kind=kind,
        name=SPREADSHEET,
        label="Spreadsheet of your own",
        columns={key: field.names for key, field in fields.items()},
        hint="Any table with a header. You say which column is what.",
    )
    for kind, fields in FIELDS.items()
)
