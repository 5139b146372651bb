# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: run
short_description: Which run of Ansible is this
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Returns what tells this run from all others, as the lock of an environment holds it.
  - The C(run) is a new one with each evaluation, so keep it in a fact.
options:
  holder:
    description: Who runs it, as another run that is refused will name them; the user's name when empty.
    type: str
    default: ""
"""

EXAMPLES = r"""
- ansible.builtin.set_fact:
    this_run: "{{ lookup('realtime.aws.run', holder='nightly deployment') }}"
"""

RETURN = r"""
_raw:
  description: C(run), C(holder), C(host), and C(process), which is empty where processes can't be told apart.
  type: list
  elements: dict
  sample:
    - {"run": "5f0c", "holder": "alice", "host": "build-7", "process": "9d1e4b6a pid:[4026531836] 4711 123456"}
"""

import getpass
import os
import socket
import uuid
from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.realtime.aws.plugins.module_utils.lock import process_mark


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, str]]:
        self.set_options(var_options=variables, direct=kwargs)
        return [
            {
                "run": uuid.uuid4().hex,
                "holder": self.get_option("holder") or getpass.getuser(),
                "host": socket.gethostname(),
                "process": process_mark(os.getppid()),  # tasks run in children of ansible-playbook
            }
        ]
