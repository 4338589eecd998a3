"""Files as they come: whatever the format, a table of texts. Plain Python, and nothing here reads a clock.

table = open_table(raw, Shape(delimiter=";"), name="export.csv")
for line, cells in table.records(): ...
table.close()

A fault of the file as a whole is `UnreadableFile`, a fault of one cell is `BadCell`; both carry a sentence for a person.
A row that cannot be used is named in `table.faults`.
"""

from .opening import described, open_table
from .tables import AS_FOUND, BadCell, Record, Shape, Table, UnreadableFile

__all__ = ["AS_FOUND", "BadCell", "Record", "Shape", "Table", "UnreadableFile", "described", "open_table"]
