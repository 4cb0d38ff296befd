"""What every room's edge shares: pages and fragments, the base form, error pages, filters, paging, headers, shell slots.

Knows Flask, knows no room: what the shell shows of a room comes through the slots of `shell.py`, filled by `app.py`.
"""
