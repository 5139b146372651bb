import boto3


def test_nothing_is_left():
    names = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    assert [name for name in names if name.startswith("molecule-")] == []
    assert any(name.startswith("upstream-") for name in names), "somebody else's buckets stay"
