"""Decision scenarios: how they are written, checked, published, played and analysed.

- `engine/`, plain Python: reads, checks, plays, scores and draws a scenario.
- `models`: a scenario with its immutable versions, and attempts whose state is derived from append-only events.
- `attempts`: what a person sees of an attempt before and after a decision. The pages are in `training`.
- `publishing`, `previewing`, `analytics`, `views/`: for authors.
- `shipped/`: the scenarios that come with the portal; `content` reads them.
- `checks`: the interface to the knowledge checks that a scenario can include.
"""
