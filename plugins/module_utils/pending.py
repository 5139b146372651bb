# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stand-ins for what does not exist yet.

A preview of an empty account has no VPC id to hand to the subnets. Instead of failing, every layer's outputs hold a
value of the right type and shape that AWS never gives out: eight zeros where its random part would start.
"""

from __future__ import annotations

import hashlib
import re

# Shapes of AWS's identifiers; {hex} and {digits} mark what AWS makes up. Ids not listed here are `<kind>-<17 hex>`.
SHAPES = {
    "kms_key_arn": "arn:{partition}:kms:{region}:{account}:key/{uuid}",
    "certificate_arn": "arn:{partition}:acm:{region}:{account}:certificate/{uuid}",
    "secret_arn": "arn:{partition}:secretsmanager:{region}:{account}:secret:{key}-00000000",
    "load_balancer_arn": "arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/app/{key}/{hex16}",
    "listener_arn": "arn:{partition}:elasticloadbalancing:{region}:{account}:listener/app/{key}/{hex16}/{hex16}",
    "target_group_arn": "arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/{key}/{hex16}",
    "load_balancer_dns": "{key}-0000000000.{region}.elb.amazonaws.com",
    "hosted_zone": "Z00000000{hex9}",
    "distribution": "E00000000{hex9}",
    "distribution_arn": "arn:{partition}:cloudfront::{account}:distribution/E00000000{hex9}",
    "distribution_dns": "d00000000{hex9}.cloudfront.net",
    "web_acl_arn": "arn:{partition}:wafv2:us-east-1:{account}:global/webacl/{key}/{uuid}",
    "origin_access_control": "E00000000{hex9}",
    "database_dns": "{key}.0000000000.{region}.rds.amazonaws.com",
    "ip": "192.0.2.0",
}
# Not twelve zeros, the account of some emulators, as a part of a path.
MARK = re.compile(r"(^|[-/.])[ZEd]?0{8}(?!0000/)|^192\.0\.2\.0$")


def pending(kind: str, key: str = "", region: str = "", account: str = "", partition: str = "aws") -> str:
    """Return the stand-in for the resource of that kind whose logical name is key; the same one each time."""
    digest = hashlib.sha256(f"{kind}/{key}".encode()).hexdigest()
    shape = SHAPES.get(kind, "{kind}-00000000{hex9}")
    return shape.format(
        kind=kind,
        key=key or "pending",
        region=region,
        account=account,
        partition=partition,
        hex9=digest[:9],
        hex16="00000000" + digest[:8],
        uuid=f"00000000-0000-4000-8000-{digest[:12]}",
    )


def is_pending(value: object) -> bool:
    """Return whether value is a stand-in, or a list or mapping that holds one."""
    if isinstance(value, dict):
        return any(is_pending(item) for item in value.values())
    if isinstance(value, (list, tuple, set)):
        return any(is_pending(item) for item in value)
    return isinstance(value, str) and MARK.search(value) is not None
