"""The source of the worker in which a page trains: the engine's modules, and cells written for it, in one script."""

from __future__ import annotations

from throughtime.bridges.javascript import to_javascript
from throughtime.studio.export import PAGE
from throughtime.studio.modules import join
from throughtime.weights.network_specification import NetworkSpecification


def worker(*specifications: NetworkSpecification) -> str:
    """The script for `startEngine` of `engine/host.js`, for networks of these cells."""
    return join(PAGE, "engine/worker.js", {"engine/cells.js": to_javascript(*specifications)})
