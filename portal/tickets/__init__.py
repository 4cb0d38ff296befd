"""Tickets and reports: filing, numbering, routing, moves, links to known issues, queues, look-up by number, developers' text.

What happens lives in append-only events; every figure is derived from them. Not here: the questions of a call (intake),
articles (knowledge), sending (a later room). Uses accounts, criteria, knowledge and search values.
"""
