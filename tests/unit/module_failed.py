# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Apart from conftest.py, of which a folder may have one of its own."""

from __future__ import annotations


class ModuleFailed(Exception):
    """The module exited with failed=true; args[0] is what it returned."""
