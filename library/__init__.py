"""What there is to read and practise: concept pages, calculators, knowledge checks, links.

- `pages/`, `checks.yaml`, `links.yaml`: the texts that come with the portal; `content` reads them.
- Plain Python: `checks` (reads and grades answers, says when to ask again), `calculators` (run the numbers).
- `models`: what was answered, read, edited and linked.
- `catalogue` (pages as they read now), `spacing` (which checks to answer next), `measures` (a team's own numbers).
- `embedding`: lends knowledge checks to scenarios.
"""
