"""Parliament's judgement of an IAM policy: it knows from AWS's reference which actions take which resources and conditions."""

from __future__ import annotations

import json
import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports pkg_resources, which warns of its end
    import parliament


def findings(document: dict[str, Any]) -> list[str]:
    """Return what is worse than low."""
    found = [
        parliament.enhance_finding(each) for each in parliament.analyze_policy_string(json.dumps(document)).findings
    ]
    return [f"{each.severity} {each.issue}: {each.detail}" for each in found if each.severity != "LOW"]
