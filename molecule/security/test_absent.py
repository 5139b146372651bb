import boto3
import pytest

ec2, iam = boto3.client("ec2"), boto3.client("iam")


def test_no_group_is_left():
    filters = [{"Name": "tag:Environment", "Values": ["molecule"]}]
    assert ec2.describe_security_groups(Filters=filters)["SecurityGroups"] == []


@pytest.mark.parametrize(
    ("operation", "key", "name"),
    [("list_roles", "Roles", "RoleName"), ("list_instance_profiles", "InstanceProfiles", "InstanceProfileName")],
)
def test_no_role_and_profile_are_left(operation, key, name):
    assert not [each for each in getattr(iam, operation)()[key] if each[name].startswith("molecule-")]


def test_groups_of_others_stay():  # TDN-9
    names = [each["GroupName"] for each in ec2.describe_security_groups()["SecurityGroups"]]
    assert {"upstream-alb", "upstream-web", "upstream-database"} <= set(names)
