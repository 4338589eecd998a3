"""The library: concept pages, calculators, knowledge checks, links.

- `pages/`, `checks.yaml`, `links.yaml`: the texts that come with the portal; `content` reads them.
- Plain Python: `checks` (parses and grades answers, schedules the next one), `calculators`.
- `models`: answers, read marks, edits and links.
- `catalogue` (pages with the organisation's edits), `spacing` (which checks are next), `measures` (a team's numbers).
- `embedding`: makes knowledge checks available to scenarios.
"""
