"""Presets of known tools, by kind and name. To add one, add a module here and a line below."""

from integrations.matching.preset import Preset
from integrations.matching.presets import (
    azure,
    bugzilla,
    github,
    gitlab,
    google_cloud,
    jira,
    opsgenie,
    ours,
    pagerduty,
    redmine,
    sentry,
    servicenow,
    spreadsheet,
    statuspage,
    titanium,
)

PRESETS: dict[str, Preset] = {
    preset.key: preset
    for preset in (
        jira.DEFECTS,
        bugzilla.DEFECTS,
        github.DEFECTS,
        gitlab.DEFECTS,
        azure.DEFECTS,
        redmine.DEFECTS,
        sentry.DEFECTS,
        titanium.DEFECTS,
        statuspage.INCIDENTS,
        servicenow.INCIDENTS,
        pagerduty.INCIDENTS,
        opsgenie.INCIDENTS,
        google_cloud.INCIDENTS,
        github.CHANGES,
        gitlab.CHANGES,
        azure.CHANGES,
        github.DEPLOYMENTS,
        gitlab.DEPLOYMENTS,
        azure.DEPLOYMENTS,
        ours.DEFECTS,
        ours.INCIDENTS,
        ours.CHANGES,
        ours.DEPLOYMENTS,
        *spreadsheet.ANY,
    )
}
