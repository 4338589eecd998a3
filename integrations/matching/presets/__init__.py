"""The tools whose exports are known, by kind and name. A new one is a file here and a line below."""

from collections.abc import Sequence

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


def recognise(header: Sequence[str], kinds: Sequence[str] = ("defects", "incidents")) -> Preset | None:
    """The tool whose columns these are, by their names alone; a spreadsheet of one's own where no tool fits better."""
    fitting = [preset for preset in PRESETS.values() if preset.kind in kinds and preset.fits(header)]
    return max(fitting, key=lambda preset: preset.score(header), default=None)
