"""Mail from the portal: queued in the transaction of what it tells of, sent later, so that a dead server slows no page.

A mail holds ids, counts and links only: never a word of a ticket or of a caller. Delivery is at least once, under a
Message-ID that stays the same, so that mailboxes drop a second copy. Not here: what is worth a mail (the rooms to the right).
Uses `core` and `accounts`.
"""
