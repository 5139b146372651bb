"""What a service extension is made of: hooks around AWS operations, errors, and state that `reset` wipes.

A hook sees one AWS call the way boto3 does - plain parameters in, a plain answer out - and decides whether
moto hears of it:

    @around("ec2", "DeleteVpc")
    def refuse_vpc_in_use(call: Call, forward: Forward) -> Answer:
        if vpc_is_in_use(call):
            raise AwsError("DependencyViolation", "...")
        return forward()

`forward()` asks moto (or the hook registered before) and returns its parsed answer; `forward(params)` asks
something else. Returning `None` passes moto's own answer on untouched, byte for byte.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from moto.backends import get_backend
from moto.core.exceptions import ServiceException

Params = dict[str, Any]
Answer = dict[str, Any] | None
Forward = Callable[..., dict[str, Any]]
Hook = Callable[["Call", Forward], Answer]

HOOKS: dict[tuple[str, str], list[Hook]] = defaultdict(list)
_STORES: list[dict[Any, Any]] = []


class AwsError(ServiceException):
    """An error answer: AWS's code and message, and its HTTP status where the service model does not know it."""

    def __init__(self, code: str, message: str, status: int | None = None, **members: Any) -> None:
        super().__init__(code, message)
        self.status = status
        vars(self).update(members)


@dataclass
class Call:
    """One AWS call: which operation, whose, where, and with what parameters."""

    service: str
    operation: str
    region: str
    account: str
    params: Params
    ask: Callable[..., dict[str, Any]] = field(repr=False)
    """`ask("DescribeSubnets", {...}, service="ec2", region=None)`: another call on behalf of the same caller."""

    def backend(self, service: str | None = None, region: str | None = None) -> Any:
        """moto's own state of a service; global services live under the partition's name."""
        backends = get_backend(service or self.service)[self.account]  # type: ignore[arg-type]
        region = region or self.region
        return backends[region] if region in backends.regions else backends[self.partition]

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}.get(self.region[: self.region.rfind("-", 0, -2) + 1], "aws")

    @property
    def scope(self) -> tuple[str, str]:
        """Where regional state belongs: (account, region)."""
        return self.account, self.region


def around(service: str, *operations: str) -> Callable[[Hook], Hook]:
    """Register a hook around operations of a service; the last one registered is asked first."""

    def register(hook: Hook) -> Hook:
        for operation in operations:
            HOOKS[service, operation].append(hook)
        return hook

    return register


def mend(owner: Any, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Replace one of moto's internals; the replacement gets the original as its first argument.

    For what no answer can repair, such as how a group launches its instances. Fails at import when a new
    moto has no such attribute.
    """
    original = getattr(owner, name)

    def replace(replacement: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def mended(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, *args, **kwargs)

        setattr(owner, name, mended)
        return replacement

    return replace


def store(default: Callable[[], Any] | None = None) -> dict[Any, Any]:
    """A dictionary (a defaultdict, given a factory) that `reset` empties."""
    new: dict[Any, Any] = {} if default is None else defaultdict(default)
    _STORES.append(new)
    return new


def clear_stores() -> None:
    """Forget everything the extensions remember."""
    for each in _STORES:
        each.clear()
