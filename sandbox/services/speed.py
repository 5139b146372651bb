"""No service: what makes moto slow to reset.

On a reset moto rebuilds every backend and then throws it away; it draws resource ids digit by digit, ten
thousand of them for the AMIs of each region; and it parses AWS's 1,500 managed policies once per partition.
"""

from __future__ import annotations

import random
from copy import copy
from typing import Any

from moto.core.base_backend import AccountSpecificBackend, BaseBackend
from moto.ec2 import utils
from moto.iam.models import IAMBackend

from sandbox.hooks import mend


@mend(AccountSpecificBackend, "reset")
def forget(original: Any, backend: AccountSpecificBackend[Any]) -> None:
    """The next request makes a new one; only what a service tidies up itself (S3: files, names) is done now."""
    for each in backend.values():
        if type(each).reset is not BaseBackend.reset:
            each.reset()
    backend.clear()


@mend(utils, "random_resource_id")
def hexadecimal(original: Any, size: int = 8) -> str:
    """All digits at once."""
    return f"{random.getrandbits(4 * size):0{size}x}"


_managed_policies: dict[tuple[str, str], list[Any]] = {}


@mend(IAMBackend, "_init_aws_policies")
def managed_policies(original: Any, backend: Any) -> list[Any]:
    """Parsed once; a copy each, since attaching one counts."""
    key = backend.account_id, backend.region_name
    if key not in _managed_policies:
        _managed_policies[key] = original(backend)
    return [copy(policy) for policy in _managed_policies[key]]
