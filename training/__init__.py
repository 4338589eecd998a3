"""Training: taking scenarios and checks, plans, progress, certificates, the diagnostic.

- `models/`: plans and assignments, certificates, diagnoses and advice, learning record stores, learning platforms.
- `completion`: completes assignments. The only place that knows both `scenarios` and `library`.
- `catalogue`, `items`, `progress`: data for pages. `statements`: the same as xAPI.
- `certificates`, `reminders`: issue certificates and send reminders. `tasks` and `management/` call them.
- `lti`: the messages of learning platforms, without tables and requests.
- `keys`: signatures of these messages and of badges.
- `diagnostic`, plain Python: the self-assessment; its questions are in `diagnostic.yaml`.
"""
