# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Statements of a policy that others write too; a statement is known by its Sid."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies

Policy = dict[str, Any]


def statements_of(policy: Policy | None) -> list[dict[str, Any]]:
    """Return the policy's statements; a single one need not be in a list."""
    found = (policy or {}).get("Statement", [])
    return found if isinstance(found, list) else [found]


def without_statements(current: Policy | None, ours: Policy | None) -> Policy | None:
    """Return the policy without the statements of our Sids; None when nothing is left of it."""
    sids = {each["Sid"] for each in statements_of(ours)}
    kept = [each for each in statements_of(current) if each.get("Sid") not in sids]
    if len(kept) == len(statements_of(current)):
        return current
    return {**(current or {}), "Statement": kept} if kept else None


def with_statements(current: Policy | None, ours: Policy | None) -> Policy | None:
    """Return the policy with our statements; in its present spelling when it means the same."""
    if not statements_of(ours):
        return current
    kept = without_statements(current, ours) or {}
    wanted = {**(ours or {}), **kept, "Statement": [*statements_of(kept), *statements_of(ours)]}
    return current if current and not compare_policies(current, wanted) else wanted
