"""EC2: tags by resource type, launch templates and what is launched from them, refusals on teardown.

- NAT gateways: moto calls the type `nat-gateway`, AWS `natgateway`; the stock module filters by it and reads
  no tags back, so a tagged NAT gateway is always "changed".
- Launch templates: moto adds the template's own tags to version 1's data, leaves user data of later versions
  unparsed (launching fails), ignores `SourceVersion`, and ignores metadata options, instance profile,
  monitoring and interface security groups at launch.
- AWS refuses to delete or detach what is in use; moto mostly obeys.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from moto.ec2.models.instances import InstanceBackend
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, parse_user_data

from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend

USER_DATA_LIMIT = 16384

# AWS's names of resource types, where moto's differ.
EC2_PREFIX_TO_RESOURCE.update(
    {
        "nat": "natgateway",
        "eipalloc": "elastic-ip",
        "fl": "vpc-flow-log",
        "pl": "prefix-list",
        "vpce-svc": "vpc-endpoint-service",
    }
)


# Launch templates


@around("ec2", "CreateLaunchTemplate")
def create_launch_template(call: Call, forward: Forward) -> Answer:
    """The template's own tags are no part of version 1's data."""
    _check_user_data(call)
    answer = forward()
    version = call.backend().get_launch_template(answer["LaunchTemplate"]["LaunchTemplateId"]).versions[0]
    _own_tags_out(version)
    return None


@around("ec2", "CreateLaunchTemplateVersion")
def create_launch_template_version(call: Call, forward: Forward) -> Answer:
    """Start from `SourceVersion`, when given; keep user data in moto's own form."""
    _check_user_data(call)
    template = launch_template(call.backend(), call.params)
    source = call.params.get("SourceVersion")
    inherited = dict(template.get_version(source).data) if source else {}
    answer = forward()
    version = template.versions[-1]
    if "UserData" in call.params.get("LaunchTemplateData", {}):
        version.data["UserData"] = parse_user_data(call.params["LaunchTemplateData"]["UserData"])
    version.data = inherited | version.data
    answer["LaunchTemplateVersion"]["LaunchTemplateData"] = dict(version.data)
    return answer


@around("ec2", "DescribeLaunchTemplates")
def launch_template_tags(call: Call, forward: Forward) -> Answer:
    """The tags as they are now; moto returns those of the creation, and nothing for an unknown id."""
    answer = forward()
    found = {template["LaunchTemplateId"] for template in answer["LaunchTemplates"]}
    if unknown := set(call.params.get("LaunchTemplateIds") or ()) - found:
        message = f"The specified launch template, with template ID {min(unknown)}, does not exist."
        raise AwsError("InvalidLaunchTemplateId.NotFound", message)
    for template in answer["LaunchTemplates"]:
        filters = [{"Name": "resource-id", "Values": [template["LaunchTemplateId"]]}]
        tags = call.ask("DescribeTags", {"Filters": filters})["Tags"]
        template["Tags"] = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in tags]
    return answer


def _own_tags_out(version: Any) -> None:
    specs = [spec for spec in version.data.get("TagSpecifications", []) if spec["ResourceType"] != "launch-template"]
    version.data["TagSpecifications"] = specs
    if not specs:
        del version.data["TagSpecifications"]


def _check_user_data(call: Call) -> None:
    """AWS takes 16 KB, before base64."""
    encoded = call.params.get("LaunchTemplateData", {}).get("UserData", "")
    try:
        size = len(base64.b64decode(encoded, validate=True))
    except ValueError:
        raise AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.") from None
    if size > USER_DATA_LIMIT:
        raise AwsError("InvalidUserData.Malformed", f"User data is limited to {USER_DATA_LIMIT} bytes")


def launch_template(backend: Any, spec: dict[str, Any]) -> Any:
    """The launch template that a specification names by its id or its name."""
    if spec.get("LaunchTemplateId"):
        return backend.get_launch_template(spec["LaunchTemplateId"])
    return backend.get_launch_template_by_name(spec.get("LaunchTemplateName"))


def unknown_profile(call: Call, spec: dict[str, Any]) -> str | None:
    """The instance profile that a launch template version names and IAM does not know."""
    version = launch_template(call.backend("ec2"), spec).get_version(spec.get("Version") or "$Default")
    return _unknown(call, version.data.get("IamInstanceProfile"))


def _unknown(call: Call, profile: dict[str, str] | None) -> str | None:
    known = call.backend("iam").instance_profiles.values()
    if not profile or any(profile.get("Name") == p.name or profile.get("Arn") == p.arn for p in known):
        return None
    return profile.get("Name") or profile.get("Arn")


@around("ec2", "RunInstances")
def refuse_unknown_profile(call: Call, forward: Forward) -> Answer:
    """An instance profile must exist."""
    template = call.params.get("LaunchTemplate")
    profile = _unknown(call, call.params.get("IamInstanceProfile")) or (template and unknown_profile(call, template))
    if profile:
        message = (
            f"Value ({profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        )
        raise AwsError("InvalidParameterValue", message)
    forward()
    return None


@mend(InstanceBackend, "run_instances")
def run_instances(
    original: Any,
    backend: Any,
    image_id: str,
    count: int,
    user_data: Any,
    security_group_names: list[str],
    **kwargs: Any,
) -> Any:
    """Fill in what the launch template says and the request does not."""
    if kwargs.get("launch_template"):
        data = backend._get_template_from_args(kwargs["launch_template"]).data
        interfaces = data.get("NetworkInterfaces") or [{}]
        given = {
            "metadata_options": data.get("MetadataOptions"),
            "monitoring_state": "enabled" if data.get("Monitoring", {}).get("Enabled") else None,
            "iam_instance_profile": data.get("IamInstanceProfile"),
            "security_group_ids": data.get("SecurityGroupIds") or interfaces[0].get("Groups"),
            "ebs_optimized": data.get("EbsOptimized"),
            "associate_public_ip": interfaces[0].get("AssociatePublicIpAddress"),
        }
        for name, value in given.items():
            if value is not None and kwargs.get(name) in (None, False, "disabled", [], {}):
                kwargs[name] = value
        profile = kwargs.get("iam_instance_profile")
    reservation = original(backend, image_id, count, user_data, security_group_names, **kwargs)
    if kwargs.get("launch_template") and profile:
        for instance in reservation.instances:
            instance.iam_instance_profile = None
            _associate_profile(backend, instance, profile)
    return reservation


def _associate_profile(backend: Any, instance: Any, profile: dict[str, str]) -> None:
    backend.associate_iam_instance_profile(
        instance_id=instance.id,
        iam_instance_profile_name=profile.get("Name"),
        iam_instance_profile_arn=profile.get("Arn"),
    )


# Refusals


def _live_instances(backend: Any) -> Iterator[Any]:
    for reservation in backend.reservations.values():
        yield from (i for i in reservation.instances if i.state not in ("terminated", "shutting-down"))


def _live_nat_gateways(backend: Any) -> Iterator[Any]:
    yield from (nat for nat in backend.nat_gateways.values() if nat.state not in ("deleted", "deleting"))


def _live_endpoints(backend: Any) -> Iterator[Any]:
    yield from (endpoint for endpoint in backend.vpc_end_points.values() if endpoint.state != "deleted")


def _database_subnets(call: Call) -> Iterator[set[str]]:
    for database in call.backend("rds").databases.values():
        if group := getattr(database, "db_subnet_group", None):
            yield {subnet.id for subnet in group._subnets}


@around("ec2", "DeleteSubnet")
def refuse_subnet_in_use(call: Call, forward: Forward) -> Answer:
    """Anything with an interface in a subnet keeps it."""
    subnet, backend = call.params["SubnetId"], call.backend()
    if (
        any(instance.subnet_id == subnet for instance in _live_instances(backend))
        or any(nat.subnet_id == subnet for nat in _live_nat_gateways(backend))
        or any(subnet in (endpoint.subnet_ids or []) for endpoint in _live_endpoints(backend))
        or any(subnet in {s.id for s in lb.subnets} for lb in call.backend("elbv2").load_balancers.values())
        or any(subnet in subnets for subnets in _database_subnets(call))
    ):
        message = f"The subnet '{subnet}' has dependencies and cannot be deleted."
        raise AwsError("DependencyViolation", message)
    forward()
    return None


@around("ec2", "DeleteSecurityGroup")
def refuse_security_group_in_use(call: Call, forward: Forward) -> Answer:
    """An interface with the group, or a rule of another group that names it."""
    backend = call.backend()
    group = backend.get_security_group_by_name_or_id(call.params.get("GroupId") or call.params.get("GroupName"))
    if group and _users_of(call, group.id):
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")
    forward()
    return None


def _users_of(call: Call, group: str) -> bool:
    backend = call.backend()
    others = [other for groups in backend.groups.values() for other in groups.values() if other.id != group]
    return (
        any(group in {g.id for g in instance.security_groups} for instance in _live_instances(backend))
        or any(group in lb.security_groups for lb in call.backend("elbv2").load_balancers.values())
        or any(group in (db.vpc_security_group_ids or []) for db in call.backend("rds").databases.values())
        or any(group in (endpoint.security_group_ids or []) for endpoint in _live_endpoints(backend))
        or any(
            group == (rule.source_group or {}).get("GroupId")
            for other in others
            for rule in [*other.ingress_rules, *other.egress_rules]
        )
    )


@around("ec2", "DetachInternetGateway")
def refuse_detaching_in_use(call: Call, forward: Forward) -> Answer:
    """Public addresses in the VPC need their gateway."""
    vpc, backend = call.params["VpcId"], call.backend()
    in_vpc = {subnet.id for zones in backend.subnets.values() for subnet in zones.values() if subnet.vpc_id == vpc}
    if (
        any(nat.subnet_id in in_vpc and nat.connectivity_type != "private" for nat in _live_nat_gateways(backend))
        or any(i.subnet_id in in_vpc and i.public_ip for i in _live_instances(backend))
        or any(
            lb.vpc_id == vpc and lb.scheme == "internet-facing" for lb in call.backend("elbv2").load_balancers.values()
        )
    ):
        message = (
            f"Network {vpc} has some mapped public address(es). "
            "Please unmap those public address(es) before detaching the gateway."
        )
        raise AwsError("DependencyViolation", message)
    forward()
    return None


@around("ec2", "ReleaseAddress")
def refuse_address_in_use(call: Call, forward: Forward) -> Answer:
    """A NAT gateway's address stays until the gateway is gone."""
    allocation = call.params.get("AllocationId")
    for nat in _live_nat_gateways(call.backend()):
        for address in nat.address_set:
            if allocation and address.get("AllocationId", address.get("allocationId")) == allocation:
                raise AwsError("InvalidIPAddress.InUse", f"Address {address.get('PublicIp', '')} is in use.")
    forward()
    return None
