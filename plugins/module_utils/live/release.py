# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack, pages


def read_record(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a record, with the id that its name ends in and AWS's time of its last change."""
    try:
        record = dict(json.loads(parameter["Value"]))
    except (TypeError, ValueError) as error:
        raise AnsibleAWSError(
            message=f"The SSM parameter {parameter['Name']} is no record of a release any more: {error}. "
            "Put its earlier value back (its history has it), or delete it"
        ) from error
    number = int(parameter["Name"].rsplit("/", 1)[1])
    return {**record, "id": number, "recorded": parameter["LastModifiedDate"].isoformat()}


def read(stack: Stack) -> dict[str, Any]:
    """Return the records of releases, the newest first. Their path has project and environment: it tells whose they are."""
    path = f"/realtime.aws/{stack.project}/{stack.environment}/releases"
    parameters = pages(stack.client("ssm"), "get_parameters_by_path", "Parameters", Path=path)
    return {"records": sorted(map(read_record, parameters), key=lambda record: -record["id"])}
