"""Reads files of any supported format as a table of texts. Plain Python that never reads the clock.

table = open_table(raw, Shape(delimiter=";"), name="export.csv")
for line, cells in table.records(): ...
table.close()

An unusable file raises `UnreadableFile`, an unusable cell `BadCell`, each with a sentence for people. Unusable rows are in
`table.faults`.
"""

from .opening import described, open_table
from .tables import AS_FOUND, BadCell, Record, Shape, Table, UnreadableFile

__all__ = ["AS_FOUND", "BadCell", "Record", "Shape", "Table", "UnreadableFile", "described", "open_table"]
