"""The guided intake: one call from the first words to its end, as a state machine over plain data.

Known issues come first and cannot be skipped; every end has a receipt and a note for the case system. Ends: filed, reported,
answered, elsewhere, handed to Tier 2, Critical, privacy. Practice calls, and practice intakes, stay in their own table
and row: nothing of them leaves this room. Not here: what a filed ticket does next (tickets).
"""
