"""EC2: versions of a launch template can be deleted; moto keeps them for ever, and describes 15 at most."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplate

from sandbox.hooks import Answer, Call, Forward, around, mend

PAGE = 200  # versions that AWS describes at once


def _is_deleted(version: Any) -> bool:
    return getattr(version, "sandbox_deleted", False)


@mend(LaunchTemplate, "get_version")
def get_version(original: Any, template: Any, number: Any) -> Any:
    """A deleted version is unknown; its number is not used again."""
    version = original(template, number)
    if _is_deleted(version):
        raise InvalidLaunchTemplateVersionNotFound(template_id=template.id, version=number)
    return version


@mend(LaunchTemplate, "latest_version")
def latest_version(original: Any, template: Any) -> Any:
    """The newest that is left."""
    return next(version for version in reversed(template.versions) if not _is_deleted(version))


@around("ec2", "DescribeLaunchTemplateVersions")
def describe_versions(call: Call, forward: Forward) -> Answer:
    """Those that are left."""
    answer = forward({"MaxResults": PAGE, **call.params})
    left = []
    for described in answer["LaunchTemplateVersions"]:
        template = call.backend().get_launch_template(described["LaunchTemplateId"])
        if not _is_deleted(template.versions[described["VersionNumber"] - 1]):
            left.append(described)
    return {"LaunchTemplateVersions": left}


@around("ec2", "DeleteLaunchTemplateVersions")
def delete_versions(call: Call, forward: Forward) -> Answer:
    """One by one: AWS refuses the default version, and says so of each version instead of failing the call."""
    backend, params = call.backend(), call.params
    if params.get("LaunchTemplateId"):
        template = backend.get_launch_template(params["LaunchTemplateId"])
    else:
        template = backend.get_launch_template_by_name(params["LaunchTemplateName"])
    deleted, refused = [], []
    for number in map(int, params["Versions"]):
        item = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": number}
        if not 1 <= number <= len(template.versions) or _is_deleted(template.versions[number - 1]):
            error = {"Code": "launchTemplateVersionDoesNotExist", "Message": f"Version {number} does not exist."}
            refused.append({**item, "ResponseError": error})
        elif template.is_default(template.versions[number - 1]):
            error = {"Code": "unexpectedError", "Message": "Cannot delete the default launch template version."}
            refused.append({**item, "ResponseError": error})
        else:
            template.versions[number - 1].sandbox_deleted = True
            deleted.append(item)
    return {
        "SuccessfullyDeletedLaunchTemplateVersions": deleted,
        "UnsuccessfullyDeletedLaunchTemplateVersions": refused,
    }
