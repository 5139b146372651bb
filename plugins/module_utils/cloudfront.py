# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the sweep and the modules for CloudFront list."""

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.converge import named


@named("list the distributions")
def list_distributions(client: Any) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_distributions").paginate()
    return [summary for page in pages for summary in page["DistributionList"].get("Items", [])]


@named("list the origin access controls")
def find_origin_access_control(client: Any, name: str) -> dict[str, Any] | None:
    pages = client.get_paginator("list_origin_access_controls").paginate()
    controls = [control for page in pages for control in page["OriginAccessControlList"].get("Items", [])]
    return next((control for control in controls if control["Name"] == name), None)
