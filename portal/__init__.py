"""The MHV Tier 3 portal: a knowledge base, criteria that run, and a guided intake for the help desks.

Rooms are features (see each room's docstring); `app.py` alone wires them together. `create_app` is imported lazily, so that
importing a pure module pulls in no Flask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from portal.core.config import Config


def create_app(config: Config | None = None) -> Flask:
    """Build the application; without a config, from the environment and `instance/portal.env`."""
    from portal.app import create_app as build

    return build(config)
