# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import acm_certificate
from module_failed import ModuleFailed

MODULE, DOMAIN = "acm_certificate", "example.com"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # the cache policy CachingDisabled
OWNER = {"Project": "realtime", "Environment": "production"}
TAGS = {**OWNER, "Owner": "platform"}
REGIONS = ["eu-west-1", "us-east-1"]


@pytest.fixture
def zone(sandbox_aws):
    zone = boto3.client("route53").create_hosted_zone(Name=DOMAIN, CallerReference="test")["HostedZone"]["Id"]
    return zone.split("/")[-1]


@pytest.fixture
def make(zone, run_module):
    def run(check=False, **more):
        options = {"domain_name": DOMAIN, "subject_alternative_names": [f"*.{DOMAIN}"], "regions": REGIONS}
        options |= {"hosted_zone_id": zone, "tags": TAGS, "lookup_tags": OWNER, "wait_timeout": 30, **more}
        return run_module(MODULE, check=check, **options)

    return run


def certificates(region="us-east-1"):
    return boto3.client("acm", region_name=region).list_certificates()["CertificateSummaryList"]


def cnames(zone):
    found = boto3.client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [record["Name"] for record in found if record["Type"] == "CNAME"]


def in_use_by(arn):
    config = {
        "CallerReference": "test",
        "Comment": "",
        "Enabled": True,
        "Origins": {
            "Quantity": 1,
            "Items": [
                {
                    "Id": "a",
                    "DomainName": "a.example.com",
                    "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
                }
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "a",
            "ViewerProtocolPolicy": "https-only",
            "CachePolicyId": DISABLED,
        },
        "ViewerCertificate": {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only"},
    }
    boto3.client("cloudfront").create_distribution(DistributionConfig=config)


def test_killed_at_the_records_the_next_run_still_finds_them(zone, make, monkeypatch):
    make()
    with monkeypatch.context() as patched:
        patched.setattr(acm_certificate, "write_records", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make(state="absent")
    assert make(state="absent")["changed"]
    assert (cnames(zone), certificates()) == ([], [])


def test_both_are_requested_before_either_is_awaited(zone, make, writes):
    result = make()
    assert writes[:3] == ["RequestCertificate", "RequestCertificate", "ChangeResourceRecordSets"]
    assert [each["status"] for each in result["certificates"].values()] == ["ISSUED", "ISSUED"]
    for region in REGIONS:
        acm = boto3.client("acm", region_name=region)
        detail = acm.describe_certificate(CertificateArn=result["certificates"][region]["arn"])["Certificate"]
        assert set(detail["SubjectAlternativeNames"]) == {DOMAIN, f"*.{DOMAIN}"}
        tags = acm.list_tags_for_certificate(CertificateArn=detail["CertificateArn"])["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == TAGS


def test_apex_and_wildcard_share_one_record(zone, make):
    """SRC-7, CON-3."""
    result = make()
    assert len(result["validation_records"]) == 1
    assert cnames(zone) == list(result["validation_records"])


def test_second_run_writes_nothing(make, writes):
    first = make()
    writes.clear()
    again = make()
    assert not again["changed"]
    assert again["certificates"] == first["certificates"]
    assert writes == []


def test_a_pending_request_is_continued(zone, make, run_module):
    """CON-3: nothing is requested twice."""
    pending = make(hosted_zone_id=None, wait=False)["certificates"]
    assert pending["us-east-1"]["status"] == "PENDING_VALIDATION"
    result = make()
    assert [change["type"] for change in result["changes"]] == ["AWS::Route53::RecordSet"]
    assert {each["arn"] for each in result["certificates"].values()} == {each["arn"] for each in pending.values()}


def test_a_validation_that_does_not_come_names_the_name_servers(zone, make, monkeypatch):
    monkeypatch.setattr(acm_certificate, "write_records", lambda *_args: None)
    servers = boto3.client("route53").get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]
    with pytest.raises(ModuleFailed) as caught:
        make(wait_timeout=1)
    message = caught.value.args[0]["msg"]
    assert "not delegated" in message
    assert ", ".join(servers) in message


def test_tags_are_updated_in_place(make):
    first = make(regions=["us-east-1"])
    result = make(regions=["us-east-1"], tags={**OWNER, "Cost": "1"})
    assert [change["action"] for change in result["changes"]] == ["update"]
    assert result["certificates"] == first["certificates"]


def arn_of(result):
    return result["certificates"]["us-east-1"]["arn"]


def test_another_key_takes_another_certificate(zone, make):
    first = arn_of(make(regions=["us-east-1"]))
    other = {"regions": ["us-east-1"], "key_algorithm": "EC_prime256v1"}
    preview = make(check=True, **other)
    (change,) = [each for each in preview["changes"] if "Certificate" in each["type"]]
    assert (change["action"], change["note"]) == ("replace", "the old one stays until it is pruned")
    assert "key_algorithm: a new certificate takes its place" in change["interruption"]
    result = make(**other)
    assert result["changes"] == preview["changes"]
    assert arn_of(result) != first
    assert make(**other)["changes"] == []
    assert arn_of(make(regions=["us-east-1"])) == first  # and back, since it is still there

    gone = make(state="absent", certificate_arns=[first], regions=["us-east-1"])
    assert [(each["action"], each["type"]) for each in gone["changes"]] == [
        ("delete", "AWS::CertificateManager::Certificate")
    ]
    assert [each["CertificateArn"] for each in certificates()] == [arn_of(result)]
    assert len(cnames(zone)) == 1, "the new one needs the same validation record"


def test_one_of_two_alike_is_removed_when_nothing_uses_it(make):
    make(regions=["us-east-1"])
    boto3.client("acm").request_certificate(
        DomainName=DOMAIN,
        SubjectAlternativeNames=[DOMAIN, f"*.{DOMAIN}"],
        ValidationMethod="DNS",
        IdempotencyToken="again",
        Tags=[{"Key": key, "Value": value} for key, value in TAGS.items()],
    )
    assert len(certificates()) == 2
    assert [change["action"] for change in make(regions=["us-east-1"])["changes"]] == ["delete"]
    assert len(certificates()) == 1


def test_certificates_of_somebody_else_are_neither_used_nor_removed(zone, make):
    acm = boto3.client("acm")
    theirs = acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    assert make(regions=["us-east-1"])["certificates"]["us-east-1"]["arn"] != theirs
    make(regions=["us-east-1"], state="absent")
    assert [each["CertificateArn"] for each in certificates()] == [theirs]
    assert len(cnames(zone)) == 1, "their validation record is the same, and they still need it"


def test_delete_and_delete_again(zone, make, writes):
    make()
    assert make(state="absent")["changed"]
    assert [certificates(region) for region in REGIONS] == [[], []]
    assert cnames(zone) == []
    writes.clear()
    assert not make(state="absent")["changed"]
    assert writes == []


def test_one_in_use_is_not_deleted(make):
    """TDN-4."""
    in_use_by(make()["certificates"]["us-east-1"]["arn"])
    with pytest.raises(ModuleFailed, match="is in use"):
        make(regions=["us-east-1"], state="absent", wait_timeout=0)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(make, writes, state):
    if state == "absent":
        make()
    writes.clear()
    result = make(check=True, state=state)
    assert result["changed"]
    assert result["certificates"]["us-east-1"] == {"arn": None, "status": None}
    assert writes == []


def test_no_tags_are_refused(make):
    with pytest.raises(ModuleFailed, match="allowed: at least one tag"):
        make(tags={}, lookup_tags={})


def test_the_preview_names_what_the_run_then_makes(zone, make):
    def told(result):
        return [(change["action"], change["type"], change["name"]) for change in result["changes"]]

    preview = told(make(check=True))
    assert ("create", "AWS::Route53::RecordSet", f"CNAME that validates {DOMAIN}") in preview
    assert told(make()) == preview
    assert told(make(check=True)) == []
