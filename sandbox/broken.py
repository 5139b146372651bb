"""Launch template versions whose instances never become healthy: a release gone wrong."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any


class Broken(set[str]):
    """What tells broken versions: `lt-…:3`, or text in their data, such as an AMI or an image tag in the user data."""

    def holds(self, version: Any) -> bool:
        """Whether a launch template version (moto's) is broken."""
        if not self:
            return False
        script = b64decode(str(version.data.get("UserData") or "")).decode(errors="replace")
        text = json.dumps(version.data, default=str) + script
        return f"{version.template.id}:{version.number}" in self or any(mark in text for mark in self)


BROKEN = Broken()
