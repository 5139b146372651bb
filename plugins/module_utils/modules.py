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
        self._lock = Lock(settings, lambda: self.unguarded_client("ssm")) if settings else None

    def client(self, service: str, retry_decorator: Any = None, **extra_params: Any) -> Any:
        client = self.unguarded_client(service, retry_decorator, **extra_params)
        if self._lock:
            self._lock.guard(client)
        return client

    def unguarded_client(self, service: str, retry_decorator: Any = None, **extra_params: Any) -> Any:
        """Return a client that may write without the lock, as the lock's own has to."""
        client = super().client(service, retry_decorator, **extra_params)
        heed(client)
        client.meta.events.register_last("request-created", name_the_layer)
        return client


def name_the_layer(request: Any, **kwargs: Any) -> None:
    """Add the SDK's application id to the user agent, which amazon.aws replaces by its own: CloudTrail shows it."""
    if layer := os.environ.get("AWS_SDK_UA_APP_ID"):
        request.headers.replace_header("User-Agent", f"{request.headers['User-Agent']} app/{layer}")
