# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let the runs act as the planner or the deployer: python assume.py planner|deployer <project> <environment> <region> [<boundary>].

Makes both roles, with the policies that scripts/policies renders, and writes the key of a session into the profile actor.
"""

from __future__ import annotations

import configparser
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3

ACCOUNT = "123456789012"
TRUST = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}

ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def make_roles(project: str, environment: str, region: str, boundary: str) -> None:
    """Make the two roles with their policies, and the boundary that these demand."""
    iam = boto3.client("iam")
    if boundary:
        iam.create_policy(PolicyName=boundary.split("/")[-1], PolicyDocument=json.dumps(ANYTHING))
    with TemporaryDirectory() as folder:
        names = {
            "account": ACCOUNT,
            "project": project,
            "environment": environment,
            "region": region,
            "boundary": boundary,
        }
        command = [sys.executable, "scripts/policies", "render", "--to", folder]
        subprocess.run([*command, *(f"--{key}={value}" for key, value in names.items())], check=True)
        for actor in ("planner", "deployer"):
            document = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
            iam.create_role(Path="/act-as/", RoleName=f"act-as-{actor}", AssumeRolePolicyDocument=document)
            for file in sorted(Path(folder).glob(f"{actor}-*.json")):
                text = file.read_text(encoding="utf-8")
                policy = iam.create_policy(PolicyName=f"act-as-{file.stem}", PolicyDocument=text)["Policy"]
                iam.attach_role_policy(RoleName=f"act-as-{actor}", PolicyArn=policy["Arn"])


def add_profile(file: str, section: str, **settings: str) -> None:
    path, parser = Path(os.environ[file]), configparser.ConfigParser()
    parser.read(path)
    parser[section] = settings
    with path.open("w", encoding="utf-8") as out:
        parser.write(out)


def main(actor: str, project: str, environment: str, region: str, boundary: str = "") -> None:
    roles = [role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]]
    if f"act-as-{actor}" not in roles:
        make_roles(project, environment, region, boundary)
    arn = f"arn:aws:iam::{ACCOUNT}:role/act-as/act-as-{actor}"
    session = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName=actor)["Credentials"]
    config = configparser.ConfigParser()
    config.read(os.environ["AWS_CONFIG_FILE"])
    add_profile("AWS_CONFIG_FILE", "profile actor", **config["default"])
    add_profile(
        "AWS_SHARED_CREDENTIALS_FILE",
        "actor",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
