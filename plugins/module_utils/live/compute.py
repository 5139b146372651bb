# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer compute has."""
    return {}
