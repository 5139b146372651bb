import boto3

NAME = "made.example.com"
TAGS = {
    "Project": "realtime",
    "Environment": "molecule",
    "Layer": "dns",
    "ManagedBy": "realtime.aws",
    "Owner": "platform",
}
route53 = boto3.client("route53")


def zones(name):
    found = route53.list_hosted_zones()["HostedZones"]
    return [zone["Id"].split("/")[-1] for zone in found if zone["Name"] == f"{name}."]


def records(name):
    found = route53.list_resource_record_sets(HostedZoneId=zones(name)[0])["ResourceRecordSets"]
    return {(record["Name"], record["Type"]): record for record in found}


def test_one_zone_with_our_tags():
    (zone,) = zones(NAME)
    found = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)["ResourceTagSet"]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in found} == TAGS


def test_the_zone_of_somebody_else_is_as_it_was():
    (zone,) = zones("example.com")
    tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)["ResourceTagSet"]["Tags"]
    assert tags == []


def test_certificates_for_the_region_and_the_cdn():
    """SRC-7."""
    for region in ("eu-west-1", "us-east-1"):
        acm = boto3.client("acm", region_name=region)
        listed = [each for each in acm.list_certificates()["CertificateSummaryList"] if each["DomainName"] == NAME]
        (certificate,) = [
            acm.describe_certificate(CertificateArn=each["CertificateArn"])["Certificate"] for each in listed
        ]
        assert certificate["Status"] == "ISSUED"
        assert set(certificate["SubjectAlternativeNames"]) == {NAME, f"*.{NAME}"}
        assert certificate["Options"]["CertificateTransparencyLoggingPreference"] == "ENABLED"


def test_one_validation_record_serves_all():
    assert len([key for key in records(NAME) if key[1] == "CNAME"]) == 1


def test_caa():
    assert records(NAME)[f"{NAME}.", "CAA"]["ResourceRecords"] == [{"Value": '0 issue "amazon.com"'}]
