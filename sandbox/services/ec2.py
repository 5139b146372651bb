"""EC2: tags by resource type, launch templates and what is launched from them.

- NAT gateways: moto calls the type `nat-gateway`, AWS `natgateway`; the stock module filters by it and reads
  no tags back, so a tagged NAT gateway is always "changed".
- Launch templates: moto adds the template's own tags to version 1's data, leaves user data of later versions
  unparsed (launching fails), ignores `SourceVersion`, and ignores metadata options, instance profile,
  monitoring and interface security groups at launch.
"""

from __future__ import annotations

import base64
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, parse_user_data

from sandbox.hooks import Answer, AwsError, Call, Forward, around, mend
from sandbox.services.iam_news import has_spread
from sandbox.services.volumes import volume_faults

USER_DATA_LIMIT = 16384
HOPS = range(1, 65)
# What is looked at before a launch, of the call or of its launch template.
LAUNCHED_WITH = (
    "BlockDeviceMappings",
    "IamInstanceProfile",
    "ImageId",
    "InstanceType",
    "MetadataOptions",
    "NetworkInterfaces",
    "SecurityGroupIds",
)

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


@around("ec2", "DeleteLaunchTemplate")
def refuse_unknown_template(call: Call, forward: Forward) -> Answer:
    """moto asks for a name or id that it was given."""
    name = call.params.get("LaunchTemplateName")
    if name and name not in {each.name for each in call.backend().launch_templates.values()}:
        message = f"The specified launch template, with template name {name}, does not exist."
        raise AwsError("InvalidLaunchTemplateName.NotFoundException", message)
    forward()
    return None


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


def template_data(call: Call, spec: dict[str, Any]) -> dict[str, Any]:
    """What a launch template version says."""
    return launch_template(call.backend("ec2"), spec).get_version(spec.get("Version") or "$Default").data


def unlaunchable(call: Call, data: dict[str, Any]) -> tuple[str, str] | None:
    """Why AWS could not launch an instance: an error code and a message (CON-1: a profile may not be known yet)."""
    backend = call.backend("ec2")
    image = data.get("ImageId")
    if image and image not in backend.amis:
        return "InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist"
    if refusal := _misfit(call, data):
        return refusal
    groups = {group.id for groups in backend.groups.values() for group in groups.values()}
    for group in data.get("SecurityGroupIds") or []:
        if group not in groups:
            return "InvalidGroup.NotFound", f"The security group '{group}' does not exist"
    if profile := data.get("IamInstanceProfile"):
        name, arn = profile.get("Name"), profile.get("Arn")
        found = [
            each for each in call.backend("iam").instance_profiles.values() if name == each.name or arn == each.arn
        ]
        if not found or not has_spread(found[0]):
            member = "name" if name else "arn"
            message = (
                f"Value ({name or arn}) for parameter iamInstanceProfile.{member} is invalid. "
                f"Invalid IAM Instance Profile {'name' if name else 'ARN'}"
            )
            return "InvalidParameterValue", message
    return None


def _misfit(call: Call, data: dict[str, Any]) -> tuple[str, str] | None:
    """What does not go together, or is out of range."""
    image = call.backend("ec2").amis.get(data.get("ImageId"))
    known = INSTANCE_TYPES.get(data.get("InstanceType"), {}).get("ProcessorInfo", {}).get("SupportedArchitectures")
    if image is not None and known and image.architecture not in known:
        return "InvalidParameterValue", (
            f"The architecture '{','.join(known)}' of the specified instance type does not match the architecture "
            f"'{image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching "
            "architectures, and try again."
        )
    if data.get("NetworkInterfaces") and data.get("SecurityGroupIds"):
        message = "Network interfaces and an instance-level security groups may not be specified on the same request"
        return "InvalidParameterCombination", message
    hops = int(data.get("MetadataOptions", {}).get("HttpPutResponseHopLimit", 1))
    if hops not in HOPS:
        message = f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64."
        return "InvalidParameterValue", message
    volumes = [mapping["Ebs"] for mapping in data.get("BlockDeviceMappings") or [] if mapping.get("Ebs")]
    return next((fault for volume in volumes for fault in volume_faults(call, volume, "gp2")), None)


@around("ec2", "RunInstances")
def refuse_unlaunchable(call: Call, forward: Forward) -> Answer:
    """Image, groups and instance profile must exist."""
    template = call.params.get("LaunchTemplate")
    given = {key: call.params[key] for key in LAUNCHED_WITH if key in call.params}
    if refusal := unlaunchable(call, (template_data(call, template) if template else {}) | given):
        raise AwsError(*refusal)
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
