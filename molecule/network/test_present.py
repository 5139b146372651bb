import boto3


def test_vpc():
    filters = [{"Name": "tag:Environment", "Values": ["molecule"]}]
    assert len(boto3.client("ec2").describe_vpcs(Filters=filters)["Vpcs"]) == 1
