"""Training: decision scenarios, knowledge checks, the library, the diagnostic, plans and certificates.

Where to look, from the texts on the left to the pages on the right, as facts go through the whole portal:

- `library/`: the texts that come with the portal, as data. `content` reads them.
- Plain Python, without Django: `engine/` (reads, judges, plays and scores a scenario), `checks` (reads and grades answers,
  spaced repetition), `calculators` (run the numbers), `diagnostic` (the self-assessment).
- `models/`: what happened. Versions and attempts, answers, diagnoses, assignments, certificates.
- What is read from the rows for a page: `attempts` (taking a scenario), `due` (knowledge checks), `shelf` (the library and
  its search), `measures` (a team's own numbers), `items` and `progress` (who is how far), `analytics` (for authors).
- What is done for people: `publishing` and `previewing` (from a draft to a version), `certificates`, `reminders`,
  `statements` (xAPI). `tasks` and `management/` ring for them.
- `forms/`, `views/` and `api/`: the doors, with the same names for the same pages.
"""
