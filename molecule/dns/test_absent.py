import boto3


def test_only_what_was_there_before_is_left():
    zones = boto3.client("route53").list_hosted_zones()["HostedZones"]
    assert [zone["Name"] for zone in zones] == ["example.com."]
    for region, names in (("eu-west-1", []), ("us-east-1", ["example.com"])):
        found = boto3.client("acm", region_name=region).list_certificates()["CertificateSummaryList"]
        assert [each["DomainName"] for each in found] == names
