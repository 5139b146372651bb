"""CloudFront: whole configurations, ETags, origin access controls, managed policies."""

from __future__ import annotations

from typing import Any

from sandbox_helpers import OAC, Aws, refused


def config(control: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "CallerReference": "r",
        "Comment": "c",
        "Enabled": True,
        "HttpVersion": "http2and3",
        "IsIPV6Enabled": True,
        "Logging": {"Enabled": True, "IncludeCookies": False, "Bucket": "logs-1.s3.amazonaws.com", "Prefix": "cdn/"},
        "WebACLId": "",
        "Origins": {
            "Quantity": 2,
            "Items": [
                {
                    "Id": "s3",
                    "DomainName": "b.s3.eu-west-1.amazonaws.com",
                    "OriginAccessControlId": control["OriginAccessControl"]["Id"],
                    "S3OriginConfig": {"OriginAccessIdentity": ""},
                },
                {
                    "Id": "alb",
                    "DomainName": "origin.example.com",
                    "CustomHeaders": {"Quantity": 1, "Items": [{"HeaderName": "x", "HeaderValue": "y"}]},
                    "OriginShield": {"Enabled": True, "OriginShieldRegion": "eu-west-1"},
                    "CustomOriginConfig": {
                        "HTTPPort": 80,
                        "HTTPSPort": 443,
                        "OriginProtocolPolicy": "https-only",
                        "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                    },
                },
            ],
        },
        "DefaultCacheBehavior": {
            "TargetOriginId": "alb",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
            "OriginRequestPolicyId": "216adef6-5c7f-47e4-b989-5493eafa07d3",
            "ResponseHeadersPolicyId": "67f7725c-6f97-4210-82d7-5512b31e9d03",
        },
        "ViewerCertificate": {
            "ACMCertificateArn": control["certificate"],
            "SSLSupportMethod": "sni-only",
            "MinimumProtocolVersion": "TLSv1.2_2021",
        },
    } | changes


def contains(whole: Any, part: Any) -> bool:
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], value) for key, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part


def test_whatever_is_sent_is_returned(cloudfront: Any, control: dict[str, Any]) -> None:
    sent = config(control)
    created = cloudfront.create_distribution(DistributionConfig=sent)
    identifier = created["Distribution"]["Id"]
    got = cloudfront.get_distribution_config(Id=identifier)
    assert got["ETag"] == created["ETag"]
    assert contains(got["DistributionConfig"], sent)
    assert contains(cloudfront.get_distribution(Id=identifier)["Distribution"]["DistributionConfig"], sent)
    (summary,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    assert contains(summary["Origins"], sent["Origins"])
    # what was read can be written back, and reads the same
    cloudfront.update_distribution(Id=identifier, IfMatch=got["ETag"], DistributionConfig=got["DistributionConfig"])
    assert cloudfront.get_distribution_config(Id=identifier)["DistributionConfig"] == got["DistributionConfig"]


def test_etags_and_disabling_before_deletion(cloudfront: Any, control: dict[str, Any]) -> None:
    created = cloudfront.create_distribution(DistributionConfig=config(control))
    identifier, etag = created["Distribution"]["Id"], created["ETag"]
    off = config(control, Enabled=False)
    refused("InvalidIfMatchVersion", cloudfront.update_distribution, Id=identifier, DistributionConfig=off)
    refused("PreconditionFailed", cloudfront.update_distribution, Id=identifier, IfMatch="x", DistributionConfig=off)
    refused("DistributionNotDisabled", cloudfront.delete_distribution, Id=identifier, IfMatch=etag)
    etag = cloudfront.update_distribution(Id=identifier, IfMatch=etag, DistributionConfig=off)["ETag"]
    cloudfront.delete_distribution(Id=identifier, IfMatch=etag)
    assert cloudfront.list_distributions()["DistributionList"].get("Items", []) == []


def test_origin_access_control_life(cloudfront: Any, control: dict[str, Any]) -> None:
    identifier = control["OriginAccessControl"]["Id"]
    refused("OriginAccessControlAlreadyExists", cloudfront.create_origin_access_control, OriginAccessControlConfig=OAC)
    got = cloudfront.get_origin_access_control_config(Id=identifier)
    assert contains(got["OriginAccessControlConfig"], OAC)
    changed = OAC | {"Description": "d"}
    etag = cloudfront.update_origin_access_control(
        Id=identifier, IfMatch=got["ETag"], OriginAccessControlConfig=changed
    )["ETag"]
    cloudfront.create_distribution(DistributionConfig=config(control))
    refused("OriginAccessControlInUse", cloudfront.delete_origin_access_control, Id=identifier, IfMatch=etag)
    refused("PreconditionFailed", cloudfront.delete_origin_access_control, Id=identifier, IfMatch="x")


def test_unused_control_is_deleted(cloudfront: Any, control: dict[str, Any]) -> None:
    identifier = control["OriginAccessControl"]["Id"]
    cloudfront.delete_origin_access_control(Id=identifier, IfMatch=control["ETag"])
    assert cloudfront.list_origin_access_controls()["OriginAccessControlList"].get("Items", []) == []


def test_refused_configurations(aws: Aws, cloudfront: Any, control: dict[str, Any]) -> None:
    elsewhere = aws("acm").request_certificate(DomainName="example.com")["CertificateArn"]
    pending = aws("acm", "us-east-1").request_certificate(DomainName="example.com")["CertificateArn"]
    for certificate in (elsewhere, pending, "arn:aws:acm:us-east-1:123456789012:certificate/none"):
        wrong = config(control, ViewerCertificate={"ACMCertificateArn": certificate})
        refused("InvalidViewerCertificate", cloudfront.create_distribution, DistributionConfig=wrong)
    other = config(control, Aliases={"Quantity": 1, "Items": ["www.example.org"]})
    message = refused("InvalidViewerCertificate", cloudfront.create_distribution, DistributionConfig=other)
    assert "doesn't cover the alternate domain name" in message
    unknown = config(control | {"OriginAccessControl": {"Id": "none"}})
    refused("NoSuchOriginAccessControl", cloudfront.create_distribution, DistributionConfig=unknown)
    aws("s3", "us-east-1").create_bucket(Bucket="logs-2")  # without ACLs, as new buckets are
    for bucket in ("logs-2", "none"):
        logging = {"Enabled": True, "IncludeCookies": False, "Bucket": f"{bucket}.s3.amazonaws.com", "Prefix": ""}
        elsewhere = config(control, Logging=logging)
        refused("InvalidArgument", cloudfront.create_distribution, DistributionConfig=elsewhere)
    aliases = {"Aliases": {"Quantity": 1, "Items": ["www.example.com"]}}
    cloudfront.create_distribution(DistributionConfig=config(control, **aliases))
    second = config(control, CallerReference="other", **aliases)
    refused("CNAMEAlreadyExists", cloudfront.create_distribution, DistributionConfig=second)


def test_tags(cloudfront: Any, control: dict[str, Any]) -> None:
    tags = {"Items": [{"Key": "a", "Value": "b"}]}
    created = cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config(control), "Tags": tags}
    )
    arn = created["Distribution"]["ARN"]
    cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": "c", "Value": "d"}]})
    cloudfront.untag_resource(Resource=arn, TagKeys={"Items": ["a"]})
    assert cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"] == [{"Key": "c", "Value": "d"}]


def test_managed_policies(cloudfront: Any) -> None:
    caches = cloudfront.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
    ids = {each["CachePolicy"]["CachePolicyConfig"]["Name"]: each["CachePolicy"]["Id"] for each in caches}
    assert ids["Managed-CachingDisabled"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    assert ids["Managed-CachingOptimized"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    requests = cloudfront.list_origin_request_policies(Type="managed")["OriginRequestPolicyList"]["Items"]
    assert "216adef6-5c7f-47e4-b989-5493eafa07d3" in {each["OriginRequestPolicy"]["Id"] for each in requests}
    assert cloudfront.list_response_headers_policies()["ResponseHeadersPolicyList"]["Quantity"] == 5
    assert cloudfront.get_cache_policy(Id=ids["Managed-CachingDisabled"])["CachePolicy"]
    refused("NoSuchCachePolicy", cloudfront.get_cache_policy, Id="none")


def test_one_invalidation_a_caller_reference(cloudfront: Any, control: dict[str, Any]) -> None:
    distribution = cloudfront.create_distribution(DistributionConfig=config(control))["Distribution"]["Id"]

    def invalidate(paths: list[str]) -> dict[str, Any]:
        batch = {"CallerReference": "r", "Paths": {"Quantity": len(paths), "Items": paths}}
        return cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)["Invalidation"]

    first = invalidate(["/a", "/b"])
    assert first["Status"] == "InProgress"
    assert invalidate(["/b", "/a"])["Id"] == first["Id"]
    (listed,) = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"]["Items"]
    assert (listed["Id"], listed["Status"]) == (first["Id"], "Completed")
    refused("InvalidationBatchAlreadyExists", invalidate, paths=["/c"])
