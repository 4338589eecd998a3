"""Learning as people meet it: taking scenarios and checks, plans, progress, certificates, the diagnostic.

- `models/`: plans and assignments, certificates, diagnoses with the advice on them.
- `completion`: what was learnt ends what was assigned. The only place where `scenarios` and `library` meet.
- `catalogue`, `items`, `progress`: what is read from the rows for a page. `statements`: the same as xAPI.
- `certificates`, `reminders`: what is done for people. `tasks` and `management/` call them.
- `diagnostic`, plain Python: the self-assessment; its questions are in `diagnostic.yaml`.
"""
