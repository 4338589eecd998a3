"""The demo: a fictional organisation with teams, two years of records, and people in training.

`profiles`, `vocabulary`, `people` and `story` describe the organisation and `load` writes it to the database.
`training_story` and `training` do the same for training. This app may import every other; only the launcher imports it.
"""
