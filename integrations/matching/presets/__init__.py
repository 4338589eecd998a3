"""The tools whose exports are known, by kind and name. A new one is a file here and a line below."""

from integrations.matching.preset import Preset
from integrations.matching.presets import bugzilla, jira, ours, spreadsheet, statuspage, titanium

PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (
        jira.DEFECTS,
        bugzilla.DEFECTS,
        titanium.DEFECTS,
        statuspage.INCIDENTS,
        ours.DEFECTS,
        ours.INCIDENTS,
        *spreadsheet.ANY,
    )
}
