"""IAM: service-linked roles as AWS names them, and their deletion (moto knows few names and no deletion)."""

from __future__ import annotations

from uuid import uuid4

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

NAMES = {
    "autoscaling": "AutoScaling",
    "backup": "Backup",
    "cloudfront-logger": "CloudFrontLogger",
    "ecs": "ECS",
    "elasticache": "ElastiCache",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "events": "CloudWatchEvents",
    "ops.apigateway": "APIGateway",
    "rds": "RDS",
    "replication.ecr": "ECRReplication",
    "spot": "EC2Spot",
    "ssm": "AmazonSSM",
    "wafv2": "WAFV2Logging",
}
# Services whose roles take a custom suffix.
SUFFIXED = {"autoscaling"}

_deletions: dict[str, str] = store()


@around("iam", "CreateServiceLinkedRole")
def create_service_linked_role(call: Call, forward: Forward) -> Answer:
    """`AWSServiceRoleFor<Service>`, once; a second one of the name is InvalidInput."""
    principal, suffix = call.params["AWSServiceName"], call.params.get("CustomSuffix")
    service = principal.removesuffix(".amazonaws.com")
    if suffix and service not in SUFFIXED:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {principal}")
    if service not in NAMES:
        return forward()
    name = f"AWSServiceRoleFor{NAMES[service]}" + (f"_{suffix}" if suffix else "")
    backend = call.backend()
    if any(role.name == name for role in backend.roles.values()):
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise AwsError("InvalidInput", message, status=400)
    answer = forward()
    role = next(role for role in backend.roles.values() if role.name == answer["Role"]["RoleName"])
    role.name = name
    return {"Role": call.ask("GetRole", {"RoleName": name})["Role"]}


@around("iam", "DeleteServiceLinkedRole")
def delete_service_linked_role(call: Call, forward: Forward) -> Answer:
    """Gone at once; the task says so."""
    name, backend = call.params["RoleName"], call.backend()
    found = [key for key, role in backend.roles.items() if role.name == name]
    if not found:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", status=404)
    role = backend.roles.pop(found[0])
    task = f"task{role.path}{name}/{uuid4()}"
    _deletions[task] = name
    return {"DeletionTaskId": task}


@around("iam", "GetServiceLinkedRoleDeletionStatus")
def deletion_status(call: Call, forward: Forward) -> Answer:
    """Always done."""
    if call.params["DeletionTaskId"] not in _deletions:
        raise AwsError("NoSuchEntity", "The deletion task cannot be found.", status=404)
    return {"Status": "SUCCEEDED"}
