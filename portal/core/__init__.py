"""Foundations that every room may use: settings, database, kinds of error, the PII guard, the clock, logging.

Imports nothing of ours, knows no room and no page. The list of its modules is closed: what is shared by pages lives in `web`.
"""
