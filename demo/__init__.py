"""The demo: an organisation that never existed, with its teams, two years of records, and what its people have learnt.

`profiles`, `vocabulary`, `people` and `story` say what the organisation is like, `load` writes it to the database;
`training_story` and `training` do the same for what people learn. Imports everything; nothing imports it but the launcher.
"""
