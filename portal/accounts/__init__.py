"""Who is asking and what they may do: users, desks, grants, sessions, tokens, the audit log and idempotency
keys.

Every service takes an `Actor`; every endpoint is marked with `@requires` or `@public`, and an unmarked one
stops the start. Not here: what a person may see of a ticket (a rule of that room's store). Uses `core` and
`web`.
"""
