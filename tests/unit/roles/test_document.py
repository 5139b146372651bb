# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""scripts/document: what is written into the READMEs."""

from __future__ import annotations

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

PATH = str(Path(__file__).parents[3] / "scripts/document")


@pytest.fixture
def document():
    loader = SourceFileLoader("document", PATH)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("document", loader))
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Whether C(x) is V(1).", "Whether `x` is `1`."),
        (["One.", "Two  lines\n here."], "One. Two lines here."),
        ("a|b", "a\\|b"),
        ("in C(outputs['a(b)'])", "in `outputs['a(b)']`"),
        (None, ""),
    ],
)
def test_plain(document, text, expected):
    assert document.plain(text) == expected


def test_rows(document):
    options = {
        "a_size": {"type": "int", "default": 2, "description": "How many."},
        "a_kind": {"type": "str", "choices": ["x", "y"], "required": True, "description": "Which."},
        "a_rules": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "description": "Rules.",
            "options": {"port": {"type": "int", "required": True, "description": "The port."}},
        },
    }
    assert list(document.rows(options)) == [
        "| `a_size` | int | `2` | How many. |",
        "| `a_kind` | str | required | Which. One of `x`, `y`. |",
        "| `a_rules` | list of dict | `[]` | Rules. |",
        "| `a_rules[].port` | int | required | The port. |",
    ]


@pytest.fixture
def project(document, tmp_path, monkeypatch):
    role = tmp_path / "roles/one"
    (role / "meta").mkdir(parents=True)
    (tmp_path / "playbooks/vars").mkdir(parents=True)
    (tmp_path / "playbooks/vars/wiring.yml").write_text("layers: [one]", encoding="utf-8")
    (role / "meta/argument_specs.yml").write_text(
        "argument_specs: {main: {short_description: One, options: {one_map: {type: dict, default: {}, description: All.}}},"
        " one_map: {options: {part: {type: str, description: A part.}}}}",
        encoding="utf-8",
    )
    (role / "README.md").write_text("# one\n\n<!-- inputs -->\nold\n<!-- /inputs -->\n\nEnd.\n", encoding="utf-8")
    monkeypatch.setattr(document, "ROOT", tmp_path)
    return tmp_path


def run(document, monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["document", *arguments])
    document.main()


def test_main_writes_what_check_then_accepts(document, project, monkeypatch):
    with pytest.raises(SystemExit, match="roles/one/README.md, docs/variables.md"):
        run(document, monkeypatch, "--check")
    run(document, monkeypatch)
    text = (project / "roles/one/README.md").read_text(encoding="utf-8")
    assert text.startswith("# one\n\n<!-- inputs -->\n| variable |")
    assert text.endswith("| `one_map.*.part` | str |  | A part. |\n<!-- /inputs -->\n\nEnd.\n")
    assert "## one\n" in (project / "docs/variables.md").read_text(encoding="utf-8")
    run(document, monkeypatch, "--check")


def test_a_readme_without_a_place_for_the_inputs_is_refused(document, project, monkeypatch):
    (project / "roles/one/README.md").write_text("# one\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="roles/one/README.md: no <!-- inputs -->"):
        run(document, monkeypatch)
