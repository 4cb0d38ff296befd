"""The knowledge base: typed Markdown articles, catalogue, codes and facilities, kept in git, rendered safely.

Readers get the frozen `Snapshot` of one commit; text that people write lives in git, what happens lives in the database.
Not here: finding (search), deciding (criteria is pure and to the left), reports and tickets (tickets fills the slots).
"""
