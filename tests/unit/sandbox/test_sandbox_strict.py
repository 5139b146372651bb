"""The page that lists what the sandbox enforces is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox import REPOSITORY

PAGE = (REPOSITORY / "sandbox" / "strict.md").read_text(encoding="utf-8")
RULES = [f"{kind}-{number}" for kind, last in (("CON", 7), ("ORD", 6), ("TDN", 10)) for number in range(1, last + 1)]
COMPLETE = ("limits", "messages", "naive", "provisioning", "refusals", "values")


def defined_in(path: Path) -> set[str]:
    return set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_test_that_is_named_exists() -> None:
    known = set().union(*(defined_in(path) for path in Path(__file__).parent.glob("test_*.py")))
    assert set(re.findall(r"`(test_\w+)`", PAGE)) <= known


@pytest.mark.parametrize("name", COMPLETE)
def test_every_refusal_is_named(name: str) -> None:
    path = Path(__file__).with_name(f"test_sandbox_{name}.py")
    assert defined_in(path) <= set(re.findall(r"`(test_\w+)`", PAGE))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_enforced_or_explained(rule: str) -> None:
    assert re.search(rf"\b{rule}\b", PAGE)
