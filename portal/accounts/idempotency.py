"""One result for one key, however often the form is sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from portal.accounts import store
from portal.accounts.actor import UserId
from portal.core.errors import Conflict, Invalid

KEPT = timedelta(days=7)
KEY_CHARACTERS = 200


def payload_hash(payload: Mapping[str, Any]) -> str:
    """The same for equal payloads, whatever the order of their names."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()


def once(
    user_id: UserId, key: str, payload_hash: str, make: Callable[[], Mapping[str, Any]], now: datetime
) -> tuple[dict[str, Any], bool]:
    """(result, made now?): runs `make` for a new key, gives the first result for the same key and payload.

    Runs inside the caller's transaction, and `make` with it. Raises Conflict for the same key with another
    payload. A second sender waits at the key's row until the first has committed, or takes its place when it
    rolled back.
    """
    if not 1 <= len(key) <= KEY_CHARACTERS or not key.isprintable():
        raise Invalid(f"An idempotency key has 1 to {KEY_CHARACTERS} printable characters.")
    if store.claim_key(user_id, key, payload_hash, now):
        result = dict(make())
        store.set_key_result(user_id, key, result)
        return result, True
    earlier = store.get_key(user_id, key)
    if earlier.payload_hash != payload_hash or earlier.result is None:
        raise Conflict("This was already sent with other contents. Open the form again.")
    return earlier.result, False
