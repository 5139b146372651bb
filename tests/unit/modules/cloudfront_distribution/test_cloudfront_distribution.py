# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules.cloudfront_distribution import unwrap, wrap
from module_failed import ModuleFailed

MODULE = "cloudfront_distribution"
VALUE = "a-value-that-nobody-may-see"
SECRET = "production/origin-verify"
DISABLED, OPTIMIZED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "658327ea-f89d-4fab-a63d-7e88639e58f6"


@pytest.fixture
def cloudfront(sandbox_aws):
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=VALUE)
    return boto3.client("cloudfront")


@pytest.fixture
def certificate(sandbox_aws):
    """The ARN of an issued certificate of the names."""
    acm, route53 = boto3.client("acm"), boto3.client("route53")
    zone = route53.create_hosted_zone(Name="example.com", CallerReference="zone")["HostedZone"]["Id"]
    names = {"DomainName": "example.com", "SubjectAlternativeNames": ["*.example.com"]}
    arn = acm.request_certificate(**names, ValidationMethod="DNS")["CertificateArn"]
    acm.describe_certificate(CertificateArn=arn)
    option = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
    value = [{"Value": option["ResourceRecord"]["Value"]}]
    record = {"Name": option["ResourceRecord"]["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": value}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    return arn


@pytest.fixture
def options(cloudfront, certificate):
    control = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "static",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    return {
        "aliases": ["www.example.com", "example.com"],
        "viewer_certificate": {"acm_certificate_arn": certificate},
        "comment": "site",
        "origins": [
            {
                "id": "balancer",
                "domain_name": "origin.example.com",
                "custom_origin_config": {},
                "custom_headers": [{"header_name": "X-Origin-Verify", "value_from_secret": SECRET}],
            },
            {
                "id": "assets",
                "domain_name": "static.s3.us-east-1.amazonaws.com",
                "origin_access_control_id": control,
                "custom_headers": [{"header_name": "X-Plain", "header_value": "plain"}],
            },
        ],
        "default_cache_behavior": {
            "target_origin_id": "balancer",
            "allowed_methods": {"items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"]},
            "cache_policy_id": DISABLED,
            "origin_request_policy_id": "216adef6-5c7f-47e4-b989-5493eafa07d3",
        },
        "cache_behaviors": [
            {
                "path_pattern": "/static/*",
                "target_origin_id": "assets",
                "viewer_protocol_policy": "https-only",
                "compress": True,
                "cache_policy_id": OPTIMIZED,
            }
        ],
        "tags": {"Project": "realtime"},
        "http_version": "http2and3",
    }


def config(client, result):
    return client.get_distribution_config(Id=result["distribution"]["id"])["DistributionConfig"]


def origins(client, result):
    return {each["Id"]: each for each in config(client, result)["Origins"]["Items"]}


def change_by_hand(client, result, **members):
    answer = client.get_distribution_config(Id=result["distribution"]["id"])
    changed = {**answer["DistributionConfig"], **members}
    client.update_distribution(Id=result["distribution"]["id"], IfMatch=answer["ETag"], DistributionConfig=changed)


def test_unwrap_and_wrap_are_inverse():
    value = {
        "Aliases": {"Quantity": 2, "Items": ["a", "b"]},
        "AllowedMethods": {"Quantity": 1, "Items": ["GET"], "CachedMethods": {"Quantity": 1, "Items": ["GET"]}},
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "Headers": {"Quantity": 1, "Items": [{"HeaderName": "X"}]},
        "Empty": {"Quantity": 0},
    }
    assert unwrap(value)["AllowedMethods"] == {"Items": ["GET"], "CachedMethods": ["GET"]}
    assert unwrap(value)["Empty"] == []
    assert wrap(unwrap(value)) == value


def test_create(cloudfront, options, run_module, writes):
    result = run_module(MODULE, **options)
    assert "CreateDistributionWithTags" in writes
    assert result["changes"] == [{"type": "AWS::CloudFront::Distribution", "name": "site", "action": "create"}]
    assert result["distribution"]["status"] == "Deployed"
    found = config(cloudfront, result)
    assert (found["HttpVersion"], found["IsIPV6Enabled"]) == ("http2and3", True)
    assert found["DefaultCacheBehavior"]["AllowedMethods"]["Quantity"] == 7
    assert found["CacheBehaviors"]["Items"][0]["CachePolicyId"] == OPTIMIZED
    assert origins(cloudfront, result)["balancer"]["CustomOriginConfig"]["OriginSslProtocols"]["Items"] == ["TLSv1.2"]
    assert origins(cloudfront, result)["assets"]["S3OriginConfig"]["OriginAccessIdentity"] == ""
    tags = cloudfront.list_tags_for_resource(Resource=result["distribution"]["arn"])["Tags"]["Items"]
    assert tags == [{"Key": "Project", "Value": "realtime"}]


def test_second_run_writes_nothing_by_alias_or_by_id(cloudfront, options, run_module, writes):
    first = run_module(MODULE, **options)
    writes.clear()
    swapped = {**options, "origins": options["origins"][::-1], "aliases": options["aliases"][::-1]}
    assert not run_module(MODULE, **swapped)["changed"]
    again = run_module(MODULE, distribution_id=first["distribution"]["id"], **options)
    assert not again["changed"]
    assert again["distribution"] == first["distribution"]
    assert writes == []


def test_the_secret_is_sent_and_never_shown(cloudfront, options, run_module):
    result = run_module(MODULE, **options)
    header = origins(cloudfront, result)["balancer"]["CustomHeaders"]["Items"][0]
    assert header == {"HeaderName": "X-Origin-Verify", "HeaderValue": VALUE}
    update = run_module(MODULE, **{**options, "comment": "other", "price_class": "PriceClass_100"})
    shown = json.dumps([result, update])
    assert VALUE not in shown
    assert f"<from secret {SECRET}>" in shown


def test_a_new_value_of_the_secret_is_a_change(cloudfront, options, run_module):
    result = run_module(MODULE, **options)
    boto3.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="rotated-value")
    update = run_module(MODULE, **options)
    assert update["changes"][0]["action"] == "update"
    assert VALUE not in json.dumps(update)
    assert "rotated-value" not in json.dumps(update)
    assert origins(cloudfront, result)["balancer"]["CustomHeaders"]["Items"][0]["HeaderValue"] == "rotated-value"


def test_a_header_that_goes_does_not_show_its_value(cloudfront, options, run_module):
    run_module(MODULE, **options)
    options["origins"][0]["custom_headers"] = []
    result = run_module(MODULE, **options)
    assert result["changes"][0]["action"] == "update"
    assert VALUE not in json.dumps(result)


def test_a_missing_secret_stops_the_real_run_only(cloudfront, options, run_module, writes):
    options["origins"][0]["custom_headers"][0]["value_from_secret"] = "none"
    writes.clear()
    assert run_module(MODULE, check=True, **options)["changed"]
    with pytest.raises(ModuleFailed, match="Secret none, which a header takes its value from, does not exist"):
        run_module(MODULE, **options)
    assert writes == []


def test_what_has_no_option_stays_and_what_has_one_is_put_right(cloudfront, options, run_module):
    result = run_module(MODULE, **options)
    errors = {
        "Quantity": 1,
        "Items": [{"ErrorCode": 404, "ErrorCachingMinTTL": 5, "ResponsePagePath": "", "ResponseCode": ""}],
    }
    change_by_hand(cloudfront, result, CustomErrorResponses=errors, PriceClass="PriceClass_200")
    update = run_module(MODULE, **options)
    assert "PriceClass_200" in update["diff"][0]["before"]
    found = config(cloudfront, result)
    assert (found["PriceClass"], found["CustomErrorResponses"]) == ("PriceClass_All", errors)


def test_tags_alone_do_not_touch_the_configuration(cloudfront, options, run_module, writes):
    run_module(MODULE, **options)
    writes.clear()
    result = run_module(MODULE, **{**options, "tags": {"Owner": "platform"}})
    assert result["changed"]
    assert writes == ["TagResource", "UntagResource"]


@pytest.mark.parametrize("state", ["present", "absent"])
def test_check_mode_predicts_and_writes_nothing(cloudfront, options, run_module, writes, state):
    if state == "absent":
        run_module(MODULE, **options)
    writes.clear()
    assert run_module(MODULE, check=True, **options, state=state)["changed"]
    assert writes == []


def test_delete_disables_first_and_delete_again(cloudfront, options, run_module, writes):
    """TDN-1."""
    run_module(MODULE, **options)
    writes.clear()
    result = run_module(MODULE, aliases=options["aliases"], state="absent")
    assert (result["changed"], result["distribution"]) == (True, None)
    assert writes == ["UpdateDistribution", "DeleteDistribution"]
    assert not run_module(MODULE, aliases=options["aliases"], state="absent")["changed"]


def test_without_waiting_it_is_disabled_and_deleted_later(cloudfront, options, run_module, writes):
    """TDN-2."""
    found = run_module(MODULE, **options)["distribution"]["id"]
    writes.clear()
    result = run_module(MODULE, distribution_id=found, state="absent", wait=False)
    assert writes == ["UpdateDistribution"]
    assert "later run" in result["changes"][0]["note"]
    assert run_module(MODULE, distribution_id=found, state="absent")["changes"][0]["action"] == "delete"
    assert cloudfront.list_distributions()["DistributionList"].get("Items", []) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price_class": "PriceClass_7"}, "price_class"),
        ({"origins": [{"id": "a"}]}, "domain_name"),
        ({"viewer_certificate": {}}, "acm_certificate_arn"),
    ],
)
def test_bad_input_is_refused(cloudfront, options, run_module, writes, change, message):
    writes.clear()
    with pytest.raises(ModuleFailed, match=message):
        run_module(MODULE, **{**options, **change})
    assert writes == []


def test_an_alias_of_somebody_else_is_refused_by_aws(cloudfront, options, run_module):
    run_module(MODULE, **options)
    found = run_module(MODULE, **{**options, "aliases": ["other.example.com"]})["distribution"]["id"]
    with pytest.raises(ModuleFailed, match="CNAMEAlreadyExists"):
        run_module(MODULE, distribution_id=found, **options)
