# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS's time alone makes of a first run: each thing as soon as what it needs is there, and all of them in turn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sandbox.services import acm, cloudfront, elbv2, instances, rds_lifecycle, vpc


@dataclass(frozen=True)
class Thing:
    """Seconds of AWS until one is ready, how many of them production has, and what has to be ready before."""

    seconds: float
    needs: tuple[str, ...] = ()
    number: int = 1


THINGS = {
    "primary": Thing(rds_lifecycle.CREATING + rds_lifecycle.BACKING_UP),
    "replica": Thing(rds_lifecycle.REPLICATING, ("primary",)),
    "NAT gateway": Thing(vpc.NAT_PENDING, number=2),
    "certificate": Thing(acm.VALIDATING),
    "load balancer": Thing(elbv2.PROVISIONING),
    "instances": Thing(instances.PENDING, ("NAT gateway", "load balancer", "certificate")),
    "distribution": Thing(cloudfront.DEPLOYING, ("certificate", "load balancer")),
}


@cache
def ready(name: str) -> float:
    """Seconds after the start at which it is ready, at the earliest."""
    thing = THINGS[name]
    return thing.seconds + max(map(ready, thing.needs), default=0)


def critical() -> float:
    """Seconds that no order of steps comes below."""
    return max(map(ready, THINGS))


def serial() -> float:
    """Seconds when each is awaited before the next is begun."""
    return sum(thing.seconds * thing.number for thing in THINGS.values())
