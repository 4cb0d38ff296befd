"""Finds articles, codes and routes by what callers and agents say, and known issues by the text of a call.

It pulls: it compares its revision with the snapshot's and catches up, so nobody calls it on save. The Whoosh
index is derived data, one per node; what must work while it is away (codes, type-ahead, spelling, known
issues) is kept in memory. Not here: tickets and record numbers (tickets), masking of personal data (the views
do it first). Uses knowledge and core.
"""
