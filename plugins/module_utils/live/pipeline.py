# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict
from ansible_collections.realtime.aws.plugins.module_utils.stack import Stack

ISSUER = "token.actions.githubusercontent.com"


def read_repository(stack: Stack) -> dict[str, Any] | None:
    """Return ARN and URI of the repository, if it exists and is ours, and whether there are images in it."""
    client, name = stack.client("ecr"), stack.name("app")
    try:
        found = client.describe_repositories(repositoryNames=[name])["repositories"][0]
    except is_boto3_error_code("RepositoryNotFoundException"):
        return None
    tags = client.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    if not stack.claim("AWS::ECR::Repository", name, tags):
        return None
    images = client.list_images(repositoryName=name, maxResults=1)["imageIds"]
    return {"arn": found["repositoryArn"], "uri": found["repositoryUri"], "has_images": bool(images)}


def read_identity_provider(stack: Stack) -> dict[str, Any] | None:
    """Return GitHub's provider, of which an account has one: owned says whether this project made it."""
    client = stack.client("iam")
    arns = [each["Arn"] for each in client.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    arn = next((arn for arn in arns if arn.endswith(f":oidc-provider/{ISSUER}")), None)
    if not arn:
        return None
    found = client.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    tags = boto3_tag_list_to_ansible_dict(found.get("Tags") or [])
    owned = (tags.get("Project"), tags.get("ManagedBy")) == (stack.project, "realtime.aws")
    return {"arn": arn, "client_ids": found.get("ClientIDList") or [], "owned": owned}


def read_role(stack: Stack) -> str | None:
    """Return the ARN of the role that releases, if it exists and is ours."""
    name = stack.name("deploy")
    try:
        role = stack.client("iam").get_role(RoleName=name)["Role"]
    except is_boto3_error_code("NoSuchEntity"):
        return None
    return role["Arn"] if stack.claim("AWS::IAM::Role", name, role.get("Tags")) else None


def read(stack: Stack) -> dict[str, Any]:
    """Return what the layer pipeline has."""
    return stack.together(
        {
            "repository": lambda: read_repository(stack),
            "identity_provider": lambda: read_identity_provider(stack),
            "deploy_role_arn": lambda: read_role(stack),
        }
    )
