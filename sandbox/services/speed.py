"""No service: what makes moto slow to start and to reset.

On a reset moto rebuilds every backend and then throws it away; it makes 1,300 AMIs for each region, asked for or not;
it draws resource ids digit by digit; it parses AWS's 1,500 managed policies once per partition; it looks for each
service's model in the folders of all; and it lists its own modules for each request.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from moto import backends
from moto.core.base_backend import AccountSpecificBackend, BaseBackend
from moto.ec2 import utils
from moto.ec2.models import EC2Backend
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


_load_images = EC2Backend._load_amis


@mend(EC2Backend, "_load_amis")
def forget_images(original: Any, backend: EC2Backend) -> None:
    """They are made, and their snapshots with them, when somebody looks at them; most look at networks."""
    del backend.amis, backend.snapshots


def _make_images(backend: EC2Backend, name: str) -> Any:
    if name not in ("amis", "snapshots"):
        raise AttributeError(name)
    backend.amis, backend.snapshots = {}, {}
    _load_images(backend)
    return getattr(backend, name)


EC2Backend.__getattr__ = _make_images


_files: dict[str, Any] = {}


@mend(JSONFileLoader, "load_file")
def model(original: Any, loader: JSONFileLoader, path: str) -> Any:
    """Parsed once, for each session and client only reads it."""
    if path not in _files:
        _files[path] = original(loader, path)
    return _files[path]


_available: dict[tuple[str, ...], list[str]] = {}


@mend(Loader, "list_available_services")
def available_services(original: Any, loader: Loader, type_name: str) -> list[str]:
    """Looked for once."""
    key = type_name, *loader.search_paths
    if key not in _available:
        _available[key] = original(loader, type_name)
    return _available[key]


_managed_policies: dict[tuple[str, str], list[tuple[Any, dict[str, Any]]]] = {}


@mend(IAMBackend, "_init_aws_policies")
def managed_policies(original: Any, backend: Any) -> list[Any]:
    """Parsed once; afterwards they are as they were, since attaching one counts."""
    key = backend.account_id, backend.region_name
    if key not in _managed_policies:
        _managed_policies[key] = [(policy, dict(vars(policy))) for policy in original(backend)]
    for policy, then in _managed_policies[key]:
        vars(policy).update(then)
    return [policy for policy, _then in _managed_policies[key]]


@mend(backends, "list_of_moto_modules")
@cache
def moto_modules(original: Any) -> list[str]:
    """Listed once, and not for each request."""
    return list(original())
