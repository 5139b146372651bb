"""CloudFront: whole distribution configurations, ETags, origin access controls, managed policies.

moto models a part of a DistributionConfig and drops the rest (an origin's access control, its S3OriginConfig,
policy ids, logging, ...). Here the configuration that was sent is kept, completed with AWS's defaults, and
returned. moto also deletes enabled distributions and controls in use, and has no managed policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from moto.backends import get_backend

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

DEPLOYING = 240

_configs: dict[str, dict[str, Any]] = store()
_deployed_at: dict[str, float] = store()

EMPTY = {"Quantity": 0}
READ_METHODS = {"Quantity": 2, "Items": ["HEAD", "GET"]}
CONFIG_DEFAULTS: dict[str, Any] = {
    "Aliases": EMPTY,
    "DefaultRootObject": "",
    "OriginGroups": EMPTY,
    "CacheBehaviors": EMPTY,
    "CustomErrorResponses": EMPTY,
    "Comment": "",
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": False,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}
BEHAVIOR_DEFAULTS: dict[str, Any] = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "AllowedMethods": READ_METHODS | {"CachedMethods": READ_METHODS},
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": EMPTY,
    "FunctionAssociations": EMPTY,
    "FieldLevelEncryptionId": "",
    "GrpcConfig": {"Enabled": False},
}
ORIGIN_DEFAULTS: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": EMPTY,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
CUSTOM_ORIGIN_DEFAULTS: dict[str, Any] = {
    "OriginSslProtocols": {"Quantity": 3, "Items": ["TLSv1", "TLSv1.1", "TLSv1.2"]},
    "OriginReadTimeout": 30,
    "OriginKeepaliveTimeout": 5,
}

# AWS's managed policies and their ids, the same in every account.
CACHE_POLICIES = {
    "Managed-CachingDisabled": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    "Managed-CachingOptimized": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    "Managed-CachingOptimizedForUncompressedObjects": "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
    "Managed-Elemental-MediaPackage": "08627262-05a9-4f76-9ded-b50ca2e3a84f",
    "Managed-Amplify": "2e54312d-136d-493c-8eb9-b001f22f67d2",
    "Managed-UseOriginCacheControlHeaders": "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
    "Managed-UseOriginCacheControlHeaders-QueryStrings": "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
}
ORIGIN_REQUEST_POLICIES = {
    "Managed-AllViewer": "216adef6-5c7f-47e4-b989-5493eafa07d3",
    "Managed-AllViewerAndCloudFrontHeaders-2022-06": "33f36d7e-f396-46d9-90e0-52428a34d9dc",
    "Managed-AllViewerExceptHostHeader": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
    "Managed-CORS-CustomOrigin": "59781a5b-3903-41f3-afcb-af62929ccde1",
    "Managed-CORS-S3Origin": "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
    "Managed-Elemental-MediaTailor-PersonalizedManifests": "775133bc-15f2-49f9-abea-afb2e0bf67d2",
    "Managed-UserAgentRefererHeaders": "acba4595-bd28-49b8-b9fe-13317c0390fa",
}
RESPONSE_HEADERS_POLICIES = {
    "Managed-SimpleCORS": "60669652-455b-4ae9-85a4-c4c02393f86c",
    "Managed-CORS-With-Preflight": "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "Managed-SecurityHeadersPolicy": "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "Managed-CORS-and-SecurityHeadersPolicy": "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "Managed-CORS-with-preflight-and-SecurityHeadersPolicy": "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
}

POLICIES = {
    "Cache": CACHE_POLICIES,
    "OriginRequest": ORIGIN_REQUEST_POLICIES,
    "ResponseHeaders": RESPONSE_HEADERS_POLICIES,
}
OLDER_SETTINGS = {"DefaultTTL", "ForwardedValues", "MaxTTL", "MinTTL"}
OWN_CERTIFICATES = {"ACMCertificateArn", "IAMCertificateId"}
READING = {"GET", "HEAD"}
ERROR_CODES = {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}
LONGEST_TIMEOUT = 120  # seconds
ORIGIN_PORTS = {80, 443, *range(1024, 65536)}
FORBIDDEN_HEADERS = {
    *(
        "cache-control",
        "connection",
        "content-length",
        "cookie",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
    ),
    *("if-range", "if-unmodified-since", "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization"),
    *(
        "proxy-connection",
        "range",
        "request-range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-real-ip",
    ),
}
METHODS = (READING, READING | {"OPTIONS"}, READING | {"OPTIONS", "DELETE", "PATCH", "POST", "PUT"})


def complete(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as AWS returns it: what was sent, over the defaults."""
    config = deepcopy(CONFIG_DEFAULTS) | deepcopy(config)
    config["Logging"] = CONFIG_DEFAULTS["Logging"] | config["Logging"]
    config["Origins"]["Items"] = [_complete_origin(origin) for origin in config["Origins"]["Items"]]
    config["DefaultCacheBehavior"] = BEHAVIOR_DEFAULTS | config["DefaultCacheBehavior"]
    if config["CacheBehaviors"].get("Items"):
        config["CacheBehaviors"]["Items"] = [BEHAVIOR_DEFAULTS | each for each in config["CacheBehaviors"]["Items"]]
    certificate = config["ViewerCertificate"]
    if arn := certificate.get("ACMCertificateArn"):
        certificate |= {"CloudFrontDefaultCertificate": False, "Certificate": arn, "CertificateSource": "acm"}
    return config


def _complete_origin(origin: dict[str, Any]) -> dict[str, Any]:
    origin = deepcopy(ORIGIN_DEFAULTS) | origin
    if "CustomOriginConfig" in origin:
        origin["CustomOriginConfig"] = CUSTOM_ORIGIN_DEFAULTS | origin["CustomOriginConfig"]
    elif "VpcOriginConfig" not in origin:
        origin["S3OriginConfig"] = {"OriginAccessIdentity": ""} | origin.get("S3OriginConfig", {})
    return origin


# Distributions


@around("cloudfront", "CreateDistribution", "CreateDistributionWithTags")
def create_distribution(call: Call, forward: Forward) -> Answer:
    """Keep the configuration that was sent."""
    with_tags = "DistributionConfigWithTags" in call.params
    outer = call.params["DistributionConfigWithTags"] if with_tags else call.params
    config = deepcopy(outer["DistributionConfig"])
    _check(call, config)
    answer = forward()
    distribution = answer["Distribution"]
    # the same caller reference with the same configuration is the same distribution
    if distribution["Id"] not in _configs:
        _configs[distribution["Id"]] = complete(config)
        _deployed_at[distribution["Id"]] = CLOCK.now() + DEPLOYING
    return _whole(answer)


@around("cloudfront", "GetDistribution")
def get_distribution(call: Call, forward: Forward) -> Answer:
    """The kept configuration."""
    return _whole(forward())


@around("cloudfront", "GetDistributionConfig")
def get_distribution_config(call: Call, forward: Forward) -> Answer:
    """The kept configuration."""
    return forward() | {"DistributionConfig": _configs[call.params["Id"]]}


@around("cloudfront", "UpdateDistribution")
def update_distribution(call: Call, forward: Forward) -> Answer:
    """A new configuration, if the ETag fits."""
    _check_etag(call, call.backend().get_distribution(call.params["Id"])[0].etag)
    config = deepcopy(call.params["DistributionConfig"])
    if config["CallerReference"] != _configs[call.params["Id"]]["CallerReference"]:
        raise AwsError("IllegalUpdate", "The caller reference of a distribution cannot be changed.", status=400)
    _check(call, config, call.params["Id"])
    answer = forward()
    _configs[call.params["Id"]] = complete(config)
    _deployed_at[call.params["Id"]] = CLOCK.now() + DEPLOYING
    return _whole(answer)


@around("cloudfront", "ListDistributions")
def list_distributions(call: Call, forward: Forward) -> Answer:
    """Summaries of the kept configurations."""
    answer = forward()
    for summary in answer["DistributionList"].get("Items", []):
        config = _configs[summary["Id"]]
        summary |= {key: value for key, value in config.items() if key not in ("CallerReference", "Logging")}
        summary["Status"] = _status(summary["Id"])
    return answer


@around("cloudfront", "DeleteDistribution")
def delete_distribution(call: Call, forward: Forward) -> Answer:
    """Only one that is disabled, everywhere (TDN-5)."""
    identifier = call.params["Id"]
    _check_etag(call, call.backend().get_distribution(identifier)[0].etag)
    if _configs[identifier]["Enabled"] or _status(identifier) != "Deployed":
        message = "The distribution you are trying to delete has not been disabled."
        raise AwsError("DistributionNotDisabled", message, status=409)
    forward()
    del _configs[identifier], _deployed_at[identifier]
    return None


def distributions_using(call: Call, certificate: str) -> list[str]:
    """The ARNs of the distributions with a certificate."""
    return [
        f"arn:{call.partition}:cloudfront::{call.account}:distribution/{identifier}"
        for identifier, config in _configs.items()
        if config["ViewerCertificate"].get("ACMCertificateArn") == certificate
    ]


def distributions_of_web_acl(arn: str) -> list[str]:
    """The ids of the distributions with a web ACL."""
    return [identifier for identifier, config in _configs.items() if config["WebACLId"] == arn]


def _whole(answer: dict[str, Any]) -> dict[str, Any]:
    distribution = answer["Distribution"]
    distribution["DistributionConfig"] = _configs[distribution["Id"]]
    distribution["Status"] = _status(distribution["Id"])
    return answer


def _status(identifier: str) -> str:
    """Whether every edge location has the last change."""
    return "Deployed" if CLOCK.now() >= _deployed_at[identifier] else "InProgress"


def _check(call: Call, config: dict[str, Any], own: str | None = None) -> None:
    """What AWS refuses in a configuration."""
    _check_quantities(config)
    _check_behaviors(config)
    _check_origins(config)
    _check_settings(call, config)
    arn = config.get("ViewerCertificate", {}).get("ACMCertificateArn", "")
    certificate = _certificate(call, arn) if arn else None
    if arn and (certificate is None or certificate["Status"] != "ISSUED"):
        message = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain."
        raise AwsError("InvalidViewerCertificate", message, status=400)
    if config.get("Aliases", {}).get("Items") and not config.get("ViewerCertificate", {}).keys() & OWN_CERTIFICATES:
        message = (
            "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate "
            "that validates your authorization to use the domain name."
        )
        raise AwsError("InvalidViewerCertificate", message, status=400)
    for alias in config.get("Aliases", {}).get("Items") or []:
        if certificate and not any(_covers(name, alias) for name in certificate["SubjectAlternativeNames"]):
            message = (
                "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) "
                "that you're trying to add."
            )
            raise AwsError("InvalidViewerCertificate", message, status=400)
    acl = config.get("WebACLId")
    if acl and acl not in get_backend("wafv2")[call.account]["global"].wacls:
        message = f"Web ACL is not accessible by the requester: {acl}"
        raise AwsError("InvalidWebACLId", message, status=400)
    logging = config.get("Logging", {})
    if logging.get("Enabled"):
        _check_log_bucket(call, logging["Bucket"])
    controls = call.backend().origin_access_controls
    for origin in config["Origins"]["Items"]:
        control = origin.get("OriginAccessControlId")
        if control and control not in controls:
            message = "The specified origin access control does not exist."
            raise AwsError("NoSuchOriginAccessControl", message, status=404)
    aliases = set(config.get("Aliases", {}).get("Items") or [])
    for identifier, other in _configs.items():
        same = identifier == own or other["CallerReference"] == config["CallerReference"]
        if not same and aliases & set(other["Aliases"].get("Items") or []):
            message = "One or more of the CNAMEs you provided are already associated with a different resource."
            raise AwsError("CNAMEAlreadyExists", message, status=409)


def _check_quantities(value: Any) -> None:
    """Lists say how long they are."""
    if isinstance(value, dict):
        if "Quantity" in value and len(value.get("Items") or []) != value["Quantity"]:
            message = "The value of Quantity and the size of Items don't match."
            raise AwsError("InconsistentQuantities", message, status=400)
        value = list(value.values())
    for inside in value if isinstance(value, list) else ():
        _check_quantities(inside)


def _check_settings(call: Call, config: dict[str, Any]) -> None:
    """The root object, error pages, and how TLS is spoken."""
    if config.get("DefaultRootObject", "").startswith("/"):
        message = "The default root object must not begin with a slash."
        raise AwsError("InvalidDefaultRootObject", message, status=400)
    for page in config.get("CustomErrorResponses", {}).get("Items") or []:
        if page["ErrorCode"] not in ERROR_CODES:
            raise AwsError("InvalidErrorCode", f"Invalid error code: {page['ErrorCode']}", status=400)
        if bool(page.get("ResponsePagePath")) != bool(page.get("ResponseCode")):
            message = "ResponseCode and ResponsePagePath must be specified together."
            raise AwsError("InvalidResponseCode", message, status=400)
        if not page.get("ResponsePagePath", "").startswith("/") and page.get("ResponsePagePath"):
            raise AwsError("InvalidArgument", "The parameter ResponsePagePath must begin with a slash.", status=400)
    certificate = config.get("ViewerCertificate", {})
    if certificate.get("ACMCertificateArn") and not certificate.get("SSLSupportMethod"):
        message = "SSLSupportMethod must be specified along with a certificate of your own."
        raise AwsError("InvalidViewerCertificate", message, status=400)


def _check_behaviors(config: dict[str, Any]) -> None:
    """Policies that there are, in place of older settings; methods as they come; an origin of the distribution."""
    origins = {origin["Id"] for origin in config["Origins"]["Items"]}
    others = config.get("CacheBehaviors", {}).get("Items") or []
    paths = [behavior["PathPattern"] for behavior in others]
    for behavior in [config["DefaultCacheBehavior"], *others]:
        for kind, known in POLICIES.items():
            policy = behavior.get(f"{kind}PolicyId")
            if policy and policy not in known.values():
                words = {"Cache": "cache", "OriginRequest": "origin request", "ResponseHeaders": "response headers"}[
                    kind
                ]
                raise AwsError(f"NoSuch{kind}Policy", f"The specified {words} policy does not exist.", status=404)
        if not behavior.get("CachePolicyId") and "ForwardedValues" not in behavior:
            raise AwsError("InvalidArgument", "The parameter ForwardedValues is required.", status=400)
        if behavior.get("PathPattern") and paths.count(behavior["PathPattern"]) > 1:
            message = f"The parameter PathPattern is used more than once: {behavior['PathPattern']}"
            raise AwsError("InvalidArgument", message, status=400)
        for setting in OLDER_SETTINGS & behavior.keys() if behavior.get("CachePolicyId") else ():
            message = f"The parameter {setting} cannot be used when a cache policy is associated to the cache behavior."
            raise AwsError("InvalidArgument", message, status=400)
        if "AllowedMethods" in behavior and set(behavior["AllowedMethods"]["Items"]) not in METHODS:
            raise AwsError("InvalidArgument", "The parameter Allowed Methods is not valid.", status=400)
        if behavior["TargetOriginId"] not in origins:
            message = "One or more of your origins or origin groups do not exist."
            raise AwsError("NoSuchOrigin", message, status=404)


def _check_origins(config: dict[str, Any]) -> None:
    names = [origin["Id"] for origin in config["Origins"]["Items"]]
    if len(set(names)) < len(names):
        raise AwsError("InvalidArgument", "The parameter Origin Id is used more than once.", status=400)
    for origin in config["Origins"]["Items"]:
        if not re.fullmatch(r"[A-Za-z0-9.-]+", origin["DomainName"]):
            message = "The parameter Origin DomainName does not refer to a valid host."
            raise AwsError("InvalidArgument", message, status=400)
        if not origin.keys() & {"CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig"}:
            message = (
                "The parameter Origin must have exactly one of S3OriginConfig, CustomOriginConfig and VpcOriginConfig."
            )
            raise AwsError("InvalidOrigin", message, status=400)
        if origin.get("OriginAccessControlId") and "CustomOriginConfig" in origin:
            message = "The origin access control cannot be used with a custom origin."
            raise AwsError("InvalidOriginAccessControl", message, status=400)
        for code, fault in _origin_faults(origin, origin.get("CustomOriginConfig") or {}):
            raise AwsError(code, fault, status=400)


def _origin_faults(origin: dict[str, Any], custom: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Paths, times, ports and headers."""
    path, headers = origin.get("OriginPath", ""), origin.get("CustomHeaders", {}).get("Items") or []
    if path and not (path.startswith("/") and not path.endswith("/")):
        yield "InvalidArgument", "The parameter OriginPath must begin with a slash and must not end with one."
    for name, most in (("ConnectionAttempts", 3), ("ConnectionTimeout", 10)):
        if not 1 <= origin.get(name, 1) <= most:
            yield "InvalidArgument", f"The parameter {name} must be between 1 and {most}."
    for name in ("OriginReadTimeout", "OriginKeepaliveTimeout"):
        if not 1 <= custom.get(name, 1) <= LONGEST_TIMEOUT:
            yield f"Invalid{name}", f"The {name} specified for the origin is not valid."
    for name in ("HTTPPort", "HTTPSPort"):
        if custom.get(name, 80) not in ORIGIN_PORTS:
            yield "InvalidArgument", f"The parameter {name} must be 80, 443 or between 1024 and 65535."
    names = [header["HeaderName"].lower() for header in headers]
    for name in names:
        if name in FORBIDDEN_HEADERS or name.startswith(("x-amz-", "x-edge-")):
            yield "InvalidArgument", f"The parameter HeaderName : {name} is not allowed."
        elif names.count(name) > 1:
            yield "InvalidArgument", f"The parameter HeaderName : {name} is used more than once."


def _certificate(call: Call, arn: str) -> dict[str, Any] | None:
    """What ACM says of a certificate, in the only region that CloudFront asks."""
    if arn not in call.backend("acm", "us-east-1")._certificates:
        return None
    return call.ask("DescribeCertificate", {"CertificateArn": arn}, service="acm", region="us-east-1")["Certificate"]


def _check_log_bucket(call: Call, domain: str) -> None:
    """CloudFront delivers by ACL: the bucket exists and takes ACLs."""
    name = domain.partition(".s3")[0]
    bucket = call.backend("s3").buckets.get(name)
    if bucket is None:
        message = f"The parameter Logging Bucket does not refer to a valid S3 bucket: {domain}"
        raise AwsError("InvalidArgument", message, status=400)
    if "BucketOwnerEnforced" in str(bucket.ownership_rule):
        message = f"The S3 bucket that you specified for CloudFront logs does not enable ACL access: {domain}"
        raise AwsError("InvalidArgument", message, status=400)


def _covers(name: str, alias: str) -> bool:
    return name == alias or (name.startswith("*.") and alias.partition(".")[2] == name[2:])


def _check_etag(call: Call, etag: str) -> None:
    given = call.params.get("IfMatch")
    if not given:
        message = "The If-Match version is missing or not valid for the resource."
        raise AwsError("InvalidIfMatchVersion", message, status=400)
    if given != etag:
        message = "The request failed because it didn't meet the preconditions in one or more request-header fields."
        raise AwsError("PreconditionFailed", message, status=412)


# Origin access controls


@around("cloudfront", "CreateOriginAccessControl")
def create_control(call: Call, forward: Forward) -> Answer:
    """Names are unique."""
    name = call.params["OriginAccessControlConfig"]["Name"]
    if any(control.name == name for control in call.backend().origin_access_controls.values()):
        message = "An origin access control with the same name already exists."
        raise AwsError("OriginAccessControlAlreadyExists", message, status=409)
    forward()
    return None


@around("cloudfront", "GetOriginAccessControlConfig")
def get_control_config(call: Call, forward: Forward) -> Answer:
    """moto has the control, not this path to it."""
    answer = call.ask("GetOriginAccessControl", {"Id": call.params["Id"]})
    return {
        "OriginAccessControlConfig": answer["OriginAccessControl"]["OriginAccessControlConfig"],
        "ETag": answer["ETag"],
    }


@around("cloudfront", "UpdateOriginAccessControl")
def update_control(call: Call, forward: Forward) -> Answer:
    """If the ETag fits."""
    _check_etag(call, call.backend().get_origin_access_control(call.params["Id"]).etag)
    forward()
    return None


@around("cloudfront", "DeleteOriginAccessControl")
def delete_control(call: Call, forward: Forward) -> Answer:
    """If the ETag fits, and no origin uses it."""
    identifier = call.params["Id"]
    _check_etag(call, call.backend().get_origin_access_control(identifier).etag)
    for config in _configs.values():
        if any(origin["OriginAccessControlId"] == identifier for origin in config["Origins"]["Items"]):
            message = "Cannot delete the origin access control because it's in use by one or more distributions."
            raise AwsError("OriginAccessControlInUse", message, status=409)
    forward()
    return None


# Managed policies


def _managed(call: Call, kind: str, policies: dict[str, str], config: dict[str, Any]) -> Answer:
    """`List<Kind>Policies`: only managed ones exist here."""
    items = [
        {
            "Type": "managed",
            f"{kind}Policy": {
                "Id": identifier,
                "LastModifiedTime": "2022-01-01T00:00:00Z",
                f"{kind}PolicyConfig": {"Name": name, "Comment": ""} | config,
            },
        }
        for name, identifier in policies.items()
        if call.params.get("Type") != "custom"
    ]
    return {f"{kind}PolicyList": {"MaxItems": 100, "Quantity": len(items), "Items": items}}


@around("cloudfront", "ListCachePolicies")
def list_cache_policies(call: Call, forward: Forward) -> Answer:
    """AWS's own."""
    return _managed(call, "Cache", CACHE_POLICIES, {"MinTTL": 0})


@around("cloudfront", "ListOriginRequestPolicies")
def list_origin_request_policies(call: Call, forward: Forward) -> Answer:
    """AWS's own."""
    behaviors = {
        "HeadersConfig": {"HeaderBehavior": "allViewer"},
        "CookiesConfig": {"CookieBehavior": "all"},
        "QueryStringsConfig": {"QueryStringBehavior": "all"},
    }
    return _managed(call, "OriginRequest", ORIGIN_REQUEST_POLICIES, behaviors)


@around("cloudfront", "ListResponseHeadersPolicies")
def list_response_headers_policies(call: Call, forward: Forward) -> Answer:
    """AWS's own."""
    return _managed(call, "ResponseHeaders", RESPONSE_HEADERS_POLICIES, {})


def _one(call: Call, kind: str, policies: dict[str, str], listed: Answer) -> Answer:
    for item in (listed or {})[f"{kind}PolicyList"]["Items"]:
        policy = item[f"{kind}Policy"]
        if policy["Id"] == call.params["Id"]:
            return {f"{kind}Policy": policy, "ETag": policy["Id"]}
    raise AwsError(f"NoSuch{kind}Policy", f"The {kind} policy does not exist.", status=404)


@around("cloudfront", "GetCachePolicy")
def get_cache_policy(call: Call, forward: Forward) -> Answer:
    """One of AWS's own."""
    return _one(call, "Cache", CACHE_POLICIES, list_cache_policies(call, forward))


@around("cloudfront", "GetOriginRequestPolicy")
def get_origin_request_policy(call: Call, forward: Forward) -> Answer:
    """One of AWS's own."""
    return _one(call, "OriginRequest", ORIGIN_REQUEST_POLICIES, list_origin_request_policies(call, forward))


@around("cloudfront", "GetResponseHeadersPolicy")
def get_response_headers_policy(call: Call, forward: Forward) -> Answer:
    """One of AWS's own."""
    return _one(call, "ResponseHeaders", RESPONSE_HEADERS_POLICIES, list_response_headers_policies(call, forward))


@around("cloudfront", "CreateInvalidation")
def invalidate_once(call: Call, forward: Forward) -> Answer:
    """A caller reference stands for one batch: the same again is that invalidation, another one is refused."""
    batch, invalidations = call.params["InvalidationBatch"], call.backend().invalidations
    if any(not path.startswith("/") for path in batch["Paths"].get("Items") or []):
        message = "Your request contains one or more invalid invalidation paths."
        raise AwsError("InvalidArgument", message, status=400)
    for known in invalidations.get(call.params["DistributionId"], []):
        if known.caller_ref == batch["CallerReference"]:
            if sorted(known.paths) != sorted(batch["Paths"]["Items"]):
                raise AwsError("InvalidationBatchAlreadyExists", "The caller reference stands for other paths.")
            found = {"DistributionId": call.params["DistributionId"], "Id": known.id}
            return {"Location": known.location, **call.ask("GetInvalidation", found)}
    answer = forward()
    known = invalidations[call.params["DistributionId"]]
    known.insert(0, known.pop())  # AWS lists the newest first
    answer["Invalidation"]["Status"] = "InProgress"
    return answer


@around("cloudfront", "GetInvalidation", "ListInvalidations")
def invalidation_status(call: Call, forward: Forward) -> Answer:
    """moto writes the status in capitals."""
    answer = forward()
    items = answer.get("InvalidationList", {}).get("Items", [])
    for each in [answer["Invalidation"]] if "Invalidation" in answer else items:
        each["Status"] = "Completed"
    return answer
