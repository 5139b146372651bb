# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module class of this collection."""

from __future__ import annotations

import json
import os
import threading
from functools import cached_property
from typing import Any

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils import modules
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.iam import get_aws_account_info
from ansible_collections.amazon.aws.plugins.module_utils.retries import RetryingBotoClientWrapper
from ansible_collections.realtime.aws.plugins.module_utils.answers import heed
from ansible_collections.realtime.aws.plugins.module_utils.early import await_new
from ansible_collections.realtime.aws.plugins.module_utils.gate import VARIABLE as RECORD
from ansible_collections.realtime.aws.plugins.module_utils.gate import run_recorder
from ansible_collections.realtime.aws.plugins.module_utils.lock import VARIABLE, Lock

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 30  # seconds, after which botocore repeats a call; it waits 60 for each by itself
LAYER = "AWS_SDK_UA_APP_ID"  # names the role that a task belongs to, realtime.aws.<layer>, to the SDK, too: plugins/action/packed.py


class AnsibleAWSModule(modules.AnsibleAWSModule):
    """amazon.aws's, whose clients heed lost answers, await what is new, and write only while the run holds the environment's lock.

    They note what they ask where the run is recorded for the gate.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._connecting = threading.Lock()  # clients may be shared by threads, making them may not
        settings = json.loads(os.environ.get(VARIABLE) or "{}")
        self._lock = Lock(settings, lambda: self.unguarded_client("ssm")) if settings else None
        record, layer = os.environ.get(RECORD), os.environ.get(LAYER, "")
        self._recorder = run_recorder(record, layer.rpartition(".")[2]) if record else None

    def client(self, service: str, retry_decorator: Any = None, region: str | None = None) -> Any:
        client = self.unguarded_client(service, retry_decorator, region)
        if self._lock:
            self._lock.guard(client)
        if self._recorder:
            self._recorder.listen(client, region or self.region)
        return client

    def account(self) -> tuple[str, str]:
        """Return the account's id and partition: those of the options account_id and region, or else what STS says."""
        if account := self.params["account_id"]:
            return account, self._session.get_partition_for_region(self.region)
        return get_aws_account_info(self)

    @cached_property
    def _session(self) -> Any:
        """One for all clients, so that a profile that assumes a role does it once, and not for each service."""
        return boto3.session.Session(profile_name=self.params.get("profile") or None)

    def unguarded_client(self, service: str, retry_decorator: Any = None, region: str | None = None) -> Any:
        """Return a client that may write without the lock, as the lock's own has to, and is not recorded."""
        default_region, endpoint, settings = get_aws_connection_info(self)
        settings.pop("profile_name", None)  # the session has it
        config = Config(connect_timeout=CONNECT_TIMEOUT, read_timeout=READ_TIMEOUT)
        given = settings.pop("aws_config", None)
        try:
            with self._connecting:
                client = self._session.client(
                    service,
                    region_name=region or default_region,
                    endpoint_url=endpoint,
                    config=config.merge(given) if given else config,
                    **settings,
                )
        except (ValueError, BotoCoreError) as error:
            self.fail_json_aws(error, msg="Couldn't connect to AWS")
        heed(client)
        await_new(client)
        return RetryingBotoClientWrapper(client, retry_decorator) if retry_decorator else client
