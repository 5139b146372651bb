import boto3


def test_nothing_is_left():
    filters = [{"Name": "tag:Environment", "Values": ["molecule"]}]
    assert boto3.client("ec2").describe_vpcs(Filters=filters)["Vpcs"] == []
