# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Instance refreshes: reading them and their group, and what their ends mean."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.realtime.aws.plugins.module_utils.converge import first, named

ACTIVE = ("Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress")
ENDS = {"present": "Successful", "cancelled": "Cancelled", "rolled_back": "RollbackSuccessful"}
LEAVING = ("Terminat", "Detach", "Warmed")


@named("find the Auto Scaling group")
def find_group(client: Any, name: str) -> dict[str, Any] | None:
    return first(client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"])


@named("read the instance refreshes")
def list_refreshes(client: Any, name: str, ids: list[str]) -> list[dict[str, Any]]:
    """Return the refreshes of a group that exists, the newest first; all of them when ids is empty."""
    request: dict[str, Any] = {"AutoScalingGroupName": name, **({"InstanceRefreshIds": ids} if ids else {})}
    found = []
    while True:  # botocore has no paginator for it
        page = client.describe_instance_refreshes(**request)
        found += [normalize_refresh(refresh) for refresh in page["InstanceRefreshes"]]
        if not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]


def normalize_refresh(refresh: dict[str, Any]) -> dict[str, Any]:
    """Return a refresh as the modules return it."""
    rollback = refresh.get("RollbackDetails") or {}
    reasons = [rollback.get("RollbackReason"), refresh.get("StatusReason")]
    times = (refresh.get("StartTime"), rollback.get("RollbackStartTime"), refresh.get("EndTime"))
    return {
        "id": refresh["InstanceRefreshId"],
        "status": refresh["Status"],
        "reason": " ".join(dict.fromkeys(filter(None, reasons))),
        "percentage_complete": refresh.get("PercentageComplete", 0),
        "instances_to_update": refresh.get("InstancesToUpdate", 0),
        "desired_configuration": camel_dict_to_snake_dict(refresh.get("DesiredConfiguration") or {}),
        "preferences": camel_dict_to_snake_dict(refresh.get("Preferences") or {}),
        "strategy": refresh.get("Strategy", "Rolling"),
        "timeline": dict(
            zip(("started", "rollback_started", "ended"), [time.isoformat() if time else None for time in times])
        ),
        "rollback": {
            "reason": rollback.get("RollbackReason", ""),
            "percentage_complete": rollback.get("PercentageCompleteOnRollback", 0),
            "instances_to_update": rollback.get("InstancesToUpdateOnRollback", 0),
        }
        if rollback
        else None,
    }


def instances_of(group: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the group's instances that are not on their way out."""
    return [each for each in group.get("Instances", []) if not each["LifecycleState"].startswith(LEAVING)]


def goal(state: str, status: str, joined: bool) -> str:
    """Return the status that a refresh, which had that one, is to end with; a rollback may be joined, too."""
    return ENDS["rolled_back" if joined and status == "RollbackInProgress" else state]


def failure(name: str, refresh: dict[str, Any], wanted: str) -> str | None:
    """Return why a refresh that has ended is a failure, if it is one."""
    if refresh["status"] in (wanted, *ACTIVE):
        return None
    reason = refresh["reason"] or "AWS gives no reason."
    return f"The instance refresh {refresh['id']} of {name} ended as {refresh['status']}: {reason}"


def waited_for(name: str, refresh_id: str) -> str:
    """Return how a timeout names a refresh."""
    return f"the instance refresh {refresh_id} of {name}, which goes on"
