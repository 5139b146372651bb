# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module class of this collection."""

from __future__ import annotations

import json
import os
from typing import Any

try:
    from botocore.config import Config
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils import modules
from ansible_collections.realtime.aws.plugins.module_utils.answers import heed
from ansible_collections.realtime.aws.plugins.module_utils.early import await_new
from ansible_collections.realtime.aws.plugins.module_utils.gate import VARIABLE as RECORD
from ansible_collections.realtime.aws.plugins.module_utils.gate import run_recorder
from ansible_collections.realtime.aws.plugins.module_utils.lock import VARIABLE, Lock

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 30  # seconds, after which botocore repeats a call; it waits 60 for each by itself
LAYER = "AWS_SDK_UA_APP_ID"  # names the role that a task belongs to, realtime.aws.<layer>: plugins/action/packed.py


class AnsibleAWSModule(modules.AnsibleAWSModule):
    """amazon.aws's, whose clients heed lost answers, await what is new, and write only while the run holds the environment's lock.

    They note what they ask where the run is recorded for the gate.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        settings = json.loads(os.environ.get(VARIABLE) or "{}")
        self._lock = Lock(settings, lambda: self.unguarded_client("ssm")) if settings else None
        record, layer = os.environ.get(RECORD), os.environ.get(LAYER, "")
        self._recorder = run_recorder(record, layer.rpartition(".")[2]) if record else None

    def client(self, service: str, retry_decorator: Any = None, **extra_params: Any) -> Any:
        client = self.unguarded_client(service, retry_decorator, **extra_params)
        if self._lock:
            self._lock.guard(client)
        if self._recorder:
            self._recorder.listen(client, extra_params.get("region") or self.region)
        return client

    def unguarded_client(self, service: str, retry_decorator: Any = None, **extra_params: Any) -> Any:
        """Return a client that may write without the lock, as the lock's own has to, and is not recorded."""
        config = Config(
            connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT
        )  # the option aws_config comes before it
        client = super().client(service, retry_decorator, **{"config": config, **extra_params})
        heed(client)
        await_new(client)
        client.meta.events.register_last("request-created", name_the_layer)
        return client


def name_the_layer(request: Any, **kwargs: Any) -> None:
    """Add the SDK's application id to the user agent, which amazon.aws replaces by its own: CloudTrail shows it."""
    if layer := os.environ.get(LAYER):
        request.headers.replace_header("User-Agent", f"{request.headers['User-Agent']} app/{layer}")
