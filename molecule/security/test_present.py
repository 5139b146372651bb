import boto3

ec2, iam = boto3.client("ec2"), boto3.client("iam")
ROLE = "molecule-web-server-role"


def groups():
    found = ec2.describe_security_groups(Filters=[{"Name": "tag:Environment", "Values": ["molecule"]}])
    return {each["GroupName"].removeprefix("molecule-"): each for each in found["SecurityGroups"]}


def rules(name, key):
    """Return (port, peer) of each rule; a peer is a range or a group's name."""
    names = {each["GroupId"]: name for name, each in groups().items()}
    found = set()
    for each in groups()[f"{name}-security-group"][key]:
        peers = [item["CidrIp"] for item in each["IpRanges"]] + [item["CidrIpv6"] for item in each["Ipv6Ranges"]]
        peers += [names[item["GroupId"]].removesuffix("-security-group") for item in each["UserIdGroupPairs"]]
        found |= {(each["FromPort"], peer) for peer in peers}
    return found


def test_load_balancer():
    everywhere = {(port, cidr) for port in (80, 443) for cidr in ("0.0.0.0/0", "::/0")}
    assert rules("alb", "IpPermissions") == everywhere
    assert rules("alb", "IpPermissionsEgress") == {(80, "web-server"), (8080, "web-server")}


def test_web_servers():  # SRC-3
    assert rules("web-server", "IpPermissions") == {(80, "alb"), (8080, "alb"), (22, "bastion")}
    assert rules("web-server", "IpPermissionsEgress") == {(80, "0.0.0.0/0"), (443, "0.0.0.0/0"), (5432, "database")}


def test_database():  # IDM-15
    assert rules("database", "IpPermissions") == {(5432, "web-server")}
    assert rules("database", "IpPermissionsEgress") == set()


def test_bastion():
    assert rules("bastion", "IpPermissions") == {(22, "203.0.113.0/24")}
    assert rules("bastion", "IpPermissionsEgress") == {(22, "web-server")}


def test_role_may_do_what_it_was_given_and_no_more():
    assert sorted(iam.list_role_policies(RoleName=ROLE)["PolicyNames"]) == ["application", "session-manager"]
    policy = iam.get_role_policy(RoleName=ROLE, PolicyName="application")["PolicyDocument"]
    statements = {each["Sid"]: each for each in policy["Statement"]}
    assert sorted(statements) == ["PublishEvents", "ReadSecrets", "UseKeys", "WriteLogs"]
    assert all(each["Resource"] not in ([], "*") for each in statements.values())
    log_group = "arn:aws:logs:us-east-1:123456789012:log-group:/molecule/web:*"
    assert statements["WriteLogs"]["Resource"] == [log_group]


def test_instance_profile():
    profile = iam.get_instance_profile(InstanceProfileName=ROLE)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [ROLE]
