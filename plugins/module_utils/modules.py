# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module class of this collection."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils import modules
from ansible_collections.realtime.aws.plugins.module_utils.answers import heed
from ansible_collections.realtime.aws.plugins.module_utils.lock import VARIABLE, Lock


class AnsibleAWSModule(modules.AnsibleAWSModule):
    """amazon.aws's, whose clients heed lost answers, and write only while the run holds the environment's lock."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        settings = json.loads(os.environ.get(VARIABLE) or "{}")
        self._lock = Lock(settings, lambda: self._heedful("ssm")) if settings else None

    def client(self, service: str, retry_decorator: Any = None, **extra_params: Any) -> Any:
        client = self._heedful(service, retry_decorator, **extra_params)
        if self._lock:
            self._lock.guard(client)
        return client

    def _heedful(self, service: str, retry_decorator: Any = None, **extra_params: Any) -> Any:
        client = super().client(service, retry_decorator, **extra_params)
        heed(client)
        return client
