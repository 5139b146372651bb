# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make what an earlier version of the collection could have left in an environment, and print its names by type.

python strays.py <project> <environment> <region> [<boundary>]
"""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from typing import Any

import boto3

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}


def make(project: str, environment: str, region: str, boundary: str = "") -> dict[str, str]:
    """Make a rule, the function that it calls, the function's role, a secret and its key; return the names by type."""
    session, name = boto3.Session(region_name=region), f"{environment}-old"
    events, iam, kms = (session.client(service) for service in ("events", "iam", "kms"))
    tags = {"Project": project, "Environment": environment, "ManagedBy": "realtime.aws", "Layer": "messaging"}
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    limits = {"PermissionsBoundary": boundary} if boundary else {}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=pairs, **limits)["Role"][
        "Arn"
    ]
    iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=json.dumps(ANYTHING))
    function = make_function(session.client("lambda"), name, role, tags)
    events.put_rule(Name=name, ScheduleExpression="rate(1 day)", Tags=pairs)
    events.put_targets(Rule=name, Targets=[{"Id": "old", "Arn": function}])
    key = kms.create_key(Tags=[{"TagKey": key, "TagValue": value} for key, value in tags.items()])["KeyMetadata"][
        "KeyId"
    ]
    secret = f"{environment}/old"
    session.client("secretsmanager").create_secret(Name=secret, SecretString="x", KmsKeyId=key, Tags=pairs)
    return {
        "AWS::Events::Rule": name,
        "AWS::Lambda::Function": name,
        "AWS::IAM::Role": name,
        "AWS::SecretsManager::Secret": secret,
        "AWS::KMS::Key": key,
    }


def make_function(client: Any, name: str, role: str, tags: dict[str, str]) -> str:
    """Return the function's ARN; a role that was just made is not believed at once (CON-2)."""
    options = {"FunctionName": name, "Runtime": "python3.13", "Handler": "a.b", "Role": role, "Tags": tags}
    for _attempt in range(20):
        try:
            return client.create_function(**options, Code={"ZipFile": code()})["FunctionArn"]
        except client.exceptions.InvalidParameterValueException:
            time.sleep(0.5)
    raise TimeoutError(f"Lambda does not believe in the role of {name}")


def code() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.py", "def b(*_): ...")
    return archive.getvalue()


if __name__ == "__main__":
    print(json.dumps(make(*sys.argv[1:])))
