"""The knowledge base: typed Markdown articles, catalogue, codes and facilities, kept in git, rendered safely.

Written here too: drafts, merging, review by a second person, retiring; a file stays its writer's own (source.py, yaml_text.py).
Readers get the frozen `Snapshot` of one commit; text that people write lives in git, what happens lives in the database.
Not here: finding (search), deciding (criteria is pure and to the left), reports and tickets (tickets fills the slots).
"""
