"""Escalation criteria that run: decision tables in, decisions, reasons and problems out.

All of it is pure: no Flask, no SQL, no files; tables come from front matter that somebody else has read. Not
for pages, for articles (knowledge) or for keeping what was decided (intake, tickets). Uses `core.problem`
only.

Start at `table.py` (what a table is), then `decide.py`; `cases.py` holds the reckoning with sets of answers
that `decide.py` and `check.py` share. A new operator goes into `operators.py`.
"""
