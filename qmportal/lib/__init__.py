"""What the apps share. Imports no app and has no tables of its own.

Records      records (the base of defects and incidents), rules, forms, lists, text, days
API          api (errors, parameters, pages), rows (lists from `.values()`), serializers, formats
Pages        pages, widgets, charts, wording; template tags: face, icons, markdown
Work         work (rows that a worker does), logs, middleware, spreadsheet, cells, admin
"""
