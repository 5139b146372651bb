#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudfront_distribution
short_description: Manage a CloudFront distribution
version_added: 1.0.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Creates, updates and deletes a distribution with cache policies, origin access controls and headers whose value comes from
    a secret.
  - The distribution is compared as a whole, with AWS's defaults filled in, and written only when something differs.
    Settings for which this module has no option stay as they are.
  - Options have the names of M(community.aws.cloudfront_distribution) where they exist there.
attributes:
  check_mode:
    support: full
    description: Predicts the distribution without writing it.
  diff_mode:
    support: full
    description: Shows the settings that change. Values of headers are hidden unless they are given as plain text.
options:
  distribution_id:
    description: The distribution. When omitted, the one that answers to any of O(aliases).
    type: str
  aliases:
    description: The names that viewers use.
    type: list
    elements: str
    default: []
  comment:
    description: What the distribution is for; at most 128 characters.
    type: str
    default: ""
  enabled:
    description: Whether it answers.
    type: bool
    default: true
  default_root_object:
    description: What a request for C(/) gets.
    type: str
    default: ""
  origins:
    description: Where the content comes from. Required when O(state=present).
    type: list
    elements: dict
    suboptions:
      id:
        description: Name of the origin, to which cache behaviors refer.
        type: str
        required: true
      domain_name:
        description: Where it is; of a bucket, the regional domain name.
        type: str
        required: true
      origin_path:
        description: What is put before the path of each request.
        type: str
        default: ""
      origin_access_control_id:
        description: The origin access control by which a bucket knows CloudFront.
        type: str
        default: ""
      custom_headers:
        description: Headers that are added to each request to the origin.
        type: list
        elements: dict
        default: []
        suboptions:
          header_name:
            description: Name of the header.
            type: str
            required: true
          header_value:
            description: Its value, which is no secret.
            type: str
          value_from_secret:
            description:
              - Name or ARN of a secret in Secrets Manager that holds the value. The value itself is never shown.
              - In check mode the secret need not exist.
            type: str
      custom_origin_config:
        description: How to talk to an origin that is not a bucket; without it the origin is a bucket.
        type: dict
        suboptions:
          http_port:
            description: Port for HTTP.
            type: int
            default: 80
          https_port:
            description: Port for HTTPS.
            type: int
            default: 443
          origin_protocol_policy:
            description: Which of the two is used.
            type: str
            choices: [http-only, match-viewer, https-only]
            default: https-only
          origin_ssl_protocols:
            description: The TLS versions that may be used.
            type: list
            elements: str
            default: [TLSv1.2]
          origin_read_timeout:
            description: Seconds to wait for an answer.
            type: int
            default: 30
          origin_keepalive_timeout:
            description: Seconds to keep an idle connection.
            type: int
            default: 5
  default_cache_behavior:
    description: What happens to requests that no other behavior matches. Required when O(state=present).
    type: dict
    suboptions: &behavior
      target_origin_id:
        description: The origin.
        type: str
        required: true
      viewer_protocol_policy:
        description: What happens to plain HTTP.
        type: str
        choices: [allow-all, https-only, redirect-to-https]
        default: redirect-to-https
      allowed_methods:
        description: Which requests are taken, and which answers are cached.
        type: dict
        suboptions:
          items:
            description: The methods that are taken.
            type: list
            elements: str
            default: [GET, HEAD]
          cached_methods:
            description: The methods whose answers are cached.
            type: list
            elements: str
            default: [GET, HEAD]
      compress:
        description: Whether answers are compressed.
        type: bool
        default: false
      cache_policy_id:
        description: The cache policy.
        type: str
        required: true
      origin_request_policy_id:
        description: The origin request policy.
        type: str
      response_headers_policy_id:
        description: The response headers policy.
        type: str
  cache_behaviors:
    description: What happens to requests by path; the first that matches counts.
    type: list
    elements: dict
    default: []
    suboptions:
      path_pattern:
        description: The paths, such as V(/static/*).
        type: str
        required: true
      <<: *behavior
  viewer_certificate:
    description: The certificate that viewers see; without it CloudFront's own, which knows no aliases.
    type: dict
    suboptions:
      acm_certificate_arn:
        description: ARN of the certificate, in us-east-1.
        type: str
        required: true
      ssl_support_method:
        description: How the certificate is chosen; V(vip) costs extra.
        type: str
        choices: [sni-only, vip, static-ip]
        default: sni-only
      minimum_protocol_version:
        description: The security policy.
        type: str
        default: TLSv1.2_2021
  logging:
    description: Standard logs; without it there are none.
    type: dict
    suboptions:
      bucket:
        description: Domain name of the bucket, as in V(logs.s3.amazonaws.com); it must take ACLs.
        type: str
        required: true
      prefix:
        description: What the logs' names begin with.
        type: str
        default: ""
      include_cookies:
        description: Whether cookies are logged.
        type: bool
        default: false
  price_class:
    description: Which edge locations serve it.
    type: str
    choices: [PriceClass_100, PriceClass_200, PriceClass_All]
    default: PriceClass_All
  http_version:
    description: The newest versions of HTTP that viewers may use.
    type: str
    choices: [http1.1, http2, http3, http2and3]
    default: http2
  ipv6_enabled:
    description: Whether it answers on IPv6.
    type: bool
    default: true
  web_acl_id:
    description: ARN of a web ACL of WAF, with scope CLOUDFRONT.
    type: str
    default: ""
  tags:
    description: Tags of the distribution; left as they are when omitted.
    type: dict
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  wait:
    description:
      - Whether to wait until all edge locations have the change.
      - Only a distribution that is disabled everywhere can be deleted. With O(state=absent), V(false) disables it and leaves the
        deletion to a later run.
    type: bool
    default: true
  wait_timeout:
    description: How many seconds to wait.
    type: int
    default: 1800
  state:
    description: Whether the distribution exists.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Serve a site from a load balancer, and its static files from a bucket
  realtime.aws.cloudfront_distribution:
    aliases: [www.example.com]
    comment: site
    origins:
      - id: load-balancer
        domain_name: origin.example.com
        custom_origin_config: {origin_protocol_policy: https-only}
        custom_headers:
          - header_name: X-Origin-Verify
            value_from_secret: production/origin-verify
      - id: static
        domain_name: static.s3.us-east-1.amazonaws.com
        origin_access_control_id: E2QWRUHAPOMQZL
    default_cache_behavior:
      target_origin_id: load-balancer
      allowed_methods: {items: [GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE]}
      cache_policy_id: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad # CachingDisabled
      origin_request_policy_id: 216adef6-5c7f-47e4-b989-5493eafa07d3 # AllViewer
    cache_behaviors:
      - path_pattern: /static/*
        target_origin_id: static
        compress: true
        cache_policy_id: 658327ea-f89d-4fab-a63d-7e88639e58f6 # CachingOptimized
    viewer_certificate:
      acm_certificate_arn: arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012
    tags: {Project: realtime}

- name: Begin to disable it, and do something else meanwhile
  realtime.aws.cloudfront_distribution:
    distribution_id: EDFDVBD6EXAMPLE
    state: absent
    wait: false

- name: Disable it, wait, and delete it
  realtime.aws.cloudfront_distribution:
    distribution_id: EDFDVBD6EXAMPLE
    state: absent
"""

RETURN = r"""
distribution:
  description: The distribution, or C(none) when it is absent or would be created in check mode.
  returned: success
  type: dict
  contains:
    id:
      description: Its id.
      type: str
      sample: EDFDVBD6EXAMPLE
    arn:
      description: Its ARN.
      type: str
      sample: arn:aws:cloudfront::123456789012:distribution/EDFDVBD6EXAMPLE
    domain_name:
      description: Its own domain name, to which aliases point.
      type: str
      sample: d111111abcdef8.cloudfront.net
    status:
      description: Whether all edge locations have the last change.
      type: str
      sample: Deployed
changes:
  description: What changes, one entry a resource.
  returned: success
  type: list
  elements: dict
  sample: [{"type": "AWS::CloudFront::Distribution", "name": "site", "action": "create"}]
"""

import uuid
from copy import deepcopy
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.realtime.aws.plugins.module_utils.answers import written_once
from ansible_collections.realtime.aws.plugins.module_utils.cloudfront import list_distributions
from ansible_collections.realtime.aws.plugins.module_utils.converge import (
    RETRY,
    Plan,
    desired_tags,
    missing_is_none,
    named,
    report,
    retry_on,
    tag_changes,
    wait_until,
)
from ansible_collections.realtime.aws.plugins.module_utils.modules import AnsibleAWSModule

KIND = "AWS::CloudFront::Distribution"
SETTLE = 60  # seconds that CloudFront may take to see a certificate or a web ACL that was just made
UNSETTLED = ["InvalidViewerCertificate", "InvalidWebACLId"]

# What AWS fills in for members that are not sent, here without the Quantity that it puts beside each list.
BEHAVIOR_DEFAULTS: dict[str, Any] = {
    "TrustedSigners": {"Enabled": False, "Items": []},
    "TrustedKeyGroups": {"Enabled": False, "Items": []},
    "AllowedMethods": {"Items": ["GET", "HEAD"], "CachedMethods": ["GET", "HEAD"]},
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": [],
    "FunctionAssociations": [],
    "FieldLevelEncryptionId": "",
    "GrpcConfig": {"Enabled": False},
}
ORIGIN_DEFAULTS: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": [],
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
LOGGING_DEFAULTS = {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""}
CONFIG_DEFAULTS: dict[str, Any] = {
    "Aliases": [],
    "DefaultRootObject": "",
    "CacheBehaviors": [],
    "Logging": LOGGING_DEFAULTS,
    "PriceClass": "PriceClass_All",
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": False,
}
# Members that this module decides on; what AWS has beyond them is kept.
CERTIFICATE_MEMBERS = (
    "CloudFrontDefaultCertificate",
    "ACMCertificateArn",
    "SSLSupportMethod",
    "MinimumProtocolVersion",
)
ORIGIN_KINDS = ("S3OriginConfig", "CustomOriginConfig", "VpcOriginConfig")
BEHAVIOR_OPTIONAL = (
    *("CachePolicyId", "OriginRequestPolicyId", "ResponseHeadersPolicyId"),
    *("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"),  # AWS refuses these beside a cache policy
)


def unwrap(value: Any) -> Any:
    """Return a value of AWS's with plain lists in place of Quantity and Items; lists of words are sets, hence sorted."""
    if isinstance(value, list):
        items = [unwrap(item) for item in value]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    if not isinstance(value, dict):
        return value
    found = {key: unwrap(item) for key, item in value.items() if key not in ("Quantity", "Items")}
    if "Quantity" not in value:
        return found
    items = unwrap(value.get("Items") or [])
    return {**found, "Items": items} if found else items


def wrap(value: Any) -> Any:
    """Return the same as AWS wants it."""
    if isinstance(value, list):
        return {"Quantity": len(value), "Items": [wrap(item) for item in value]} if value else {"Quantity": 0}
    if not isinstance(value, dict):
        return value
    rest = {key: wrap(item) for key, item in value.items() if key != "Items"}
    return {**rest, **wrap(value["Items"])} if "Items" in value else rest


def normalize_config(config: dict[str, Any]) -> dict[str, Any]:
    """Return the members that this module decides on, with AWS's defaults filled in."""
    found = {**CONFIG_DEFAULTS, **unwrap(config)}
    found["Logging"] = {**LOGGING_DEFAULTS, **found["Logging"]}
    found["Origins"] = sorted(({**ORIGIN_DEFAULTS, **each} for each in found["Origins"]), key=lambda each: each["Id"])
    found["DefaultCacheBehavior"] = {**BEHAVIOR_DEFAULTS, **found["DefaultCacheBehavior"]}
    found["CacheBehaviors"] = [{**BEHAVIOR_DEFAULTS, **each} for each in found["CacheBehaviors"]]
    certificate = found.get("ViewerCertificate", {"CloudFrontDefaultCertificate": True})
    if certificate.get("CloudFrontDefaultCertificate"):
        certificate = {"CloudFrontDefaultCertificate": True}
    found["ViewerCertificate"] = {key: certificate[key] for key in CERTIFICATE_MEMBERS if key in certificate}
    members = (*CONFIG_DEFAULTS, "Comment", "Enabled", "Origins", "DefaultCacheBehavior", "ViewerCertificate")
    return {key: found[key] for key in members}


def marker(secret: str) -> str:
    """Return what stands for a secret's value wherever it could be seen."""
    return f"<from secret {secret}>"


def hide_headers(config: dict[str, Any], secrets: dict[str, str | None], shown: set[str]) -> dict[str, Any]:
    """Return a normalized config without values of headers, except those in shown."""
    names = {value: marker(secret) for secret, value in secrets.items() if value is not None}

    def hidden(value: str) -> str:
        return value if value in shown else names.get(value, "<hidden>")

    result = deepcopy(config)
    for origin in result["Origins"]:
        for header in origin["CustomHeaders"]:
            header["HeaderValue"] = hidden(header["HeaderValue"])
    return result


def reveal_headers(config: dict[str, Any], secrets: dict[str, str | None]) -> dict[str, Any]:
    """Return a config with the secrets' values in place of what stood for them."""
    values = {marker(secret): value for secret, value in secrets.items()}
    result = deepcopy(config)
    for origin in result["Origins"]:
        for header in origin["CustomHeaders"]:
            header["HeaderValue"] = values.get(header["HeaderValue"], header["HeaderValue"])
    return result


def desired_origin(options: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    headers = [
        {
            "HeaderName": header["header_name"],
            "HeaderValue": marker(header["value_from_secret"])
            if header["value_from_secret"]
            else header["header_value"],
        }
        for header in options["custom_headers"]
    ]
    wanted = {
        "Id": options["id"],
        "DomainName": options["domain_name"],
        "OriginPath": options["origin_path"],
        "OriginAccessControlId": options["origin_access_control_id"],
        "CustomHeaders": headers,
    }
    custom = options["custom_origin_config"]
    if custom:
        wanted["CustomOriginConfig"] = {
            **current.get("CustomOriginConfig", {}),
            "HTTPPort": custom["http_port"],
            "HTTPSPort": custom["https_port"],
            "OriginProtocolPolicy": custom["origin_protocol_policy"],
            "OriginSslProtocols": sorted(custom["origin_ssl_protocols"]),
            "OriginReadTimeout": custom["origin_read_timeout"],
            "OriginKeepaliveTimeout": custom["origin_keepalive_timeout"],
        }
    else:
        wanted["S3OriginConfig"] = {**current.get("S3OriginConfig", {}), "OriginAccessIdentity": ""}
    kept = {key: value for key, value in current.items() if key not in ORIGIN_KINDS}
    return {**ORIGIN_DEFAULTS, **kept, **wanted}


def desired_behavior(options: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    methods = options["allowed_methods"] or {"items": ["GET", "HEAD"], "cached_methods": ["GET", "HEAD"]}
    wanted = {
        "TargetOriginId": options["target_origin_id"],
        "ViewerProtocolPolicy": options["viewer_protocol_policy"],
        "AllowedMethods": {"Items": sorted(methods["items"]), "CachedMethods": sorted(methods["cached_methods"])},
        "Compress": options["compress"],
        "CachePolicyId": options["cache_policy_id"],
        "OriginRequestPolicyId": options["origin_request_policy_id"],
        "ResponseHeadersPolicyId": options["response_headers_policy_id"],
    }
    if "path_pattern" in options:
        wanted["PathPattern"] = options["path_pattern"]
    kept = {key: value for key, value in current.items() if key not in BEHAVIOR_OPTIONAL}
    return {**BEHAVIOR_DEFAULTS, **kept, **{key: value for key, value in wanted.items() if value is not None}}


def desired_certificate(options: dict[str, Any] | None) -> dict[str, Any]:
    if not options:
        return {"CloudFrontDefaultCertificate": True}
    return {
        "CloudFrontDefaultCertificate": False,
        "ACMCertificateArn": options["acm_certificate_arn"],
        "SSLSupportMethod": options["ssl_support_method"],
        "MinimumProtocolVersion": options["minimum_protocol_version"],
    }


def desired_logging(options: dict[str, Any] | None) -> dict[str, Any]:
    if not options:
        return LOGGING_DEFAULTS
    return {
        "Enabled": True,
        "IncludeCookies": options["include_cookies"],
        "Bucket": options["bucket"],
        "Prefix": options["prefix"],
    }


def desired_config(params: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """Return the members as they are wanted, in the form of normalize_config."""
    origins = {each["Id"]: each for each in current.get("Origins", [])}
    behaviors = {each["PathPattern"]: each for each in current.get("CacheBehaviors", [])}
    return {
        "Aliases": sorted(params["aliases"]),
        "Comment": params["comment"],
        "Enabled": params["enabled"],
        "DefaultRootObject": params["default_root_object"],
        "Origins": sorted(
            (desired_origin(each, origins.get(each["id"], {})) for each in params["origins"]),
            key=lambda each: each["Id"],
        ),
        "DefaultCacheBehavior": desired_behavior(
            params["default_cache_behavior"], current.get("DefaultCacheBehavior", {})
        ),
        "CacheBehaviors": [
            desired_behavior(each, behaviors.get(each["path_pattern"], {})) for each in params["cache_behaviors"]
        ],
        "ViewerCertificate": desired_certificate(params["viewer_certificate"]),
        "Logging": desired_logging(params["logging"]),
        "PriceClass": params["price_class"],
        "WebACLId": params["web_acl_id"],
        "HttpVersion": params["http_version"],
        "IsIPV6Enabled": params["ipv6_enabled"],
    }


@missing_is_none("read the distribution", "NoSuchDistribution")
def get_distribution(client: Any, distribution_id: str) -> dict[str, Any]:
    answer = client.get_distribution(Id=distribution_id)
    return {**answer["Distribution"], "ETag": answer["ETag"]}


def find_by_alias(client: Any, aliases: list[str]) -> str | None:
    """Return the id of the distribution that answers to any of the aliases."""
    found = (each for each in list_distributions(client) if set(aliases) & set(each["Aliases"].get("Items", [])))
    return next((each["Id"] for each in found), None)


def find_by_reference(client: Any, reference: str) -> dict[str, Any]:
    """Return the distribution that was created with this CallerReference."""
    found = (get_distribution(client, each["Id"]) for each in list_distributions(client))
    return next(each for each in found if each and each["DistributionConfig"]["CallerReference"] == reference)


@named("read the tags of the distribution")
def read_tags(client: Any, arn: str) -> dict[str, str]:
    return boto3_tag_list_to_ansible_dict(client.list_tags_for_resource(Resource=arn)["Tags"].get("Items", []))


@missing_is_none("read the secret of a header", "ResourceNotFoundException", "InvalidRequestException")
def read_secret(client: Any, name: str) -> str:
    return client.get_secret_value(SecretId=name)["SecretString"]


@written_once("create the distribution", "DistributionAlreadyExists", "CNAMEAlreadyExists")
def create_distribution(client: Any, config: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    """Create it with its tags, so that a run that is interrupted right after knows it for its own."""
    request = {"DistributionConfig": config, "Tags": {"Items": ansible_dict_to_boto3_tag_list(tags)}}
    return retry_on(
        UNSETTLED,
        lambda: client.create_distribution_with_tags(DistributionConfigWithTags=request)["Distribution"],
        SETTLE,
    )


@written_once("update the distribution", "PreconditionFailed", "InvalidIfMatchVersion")
def update_distribution(client: Any, distribution: dict[str, Any], config: dict[str, Any]) -> None:
    retry_on(
        UNSETTLED,
        lambda: client.update_distribution(
            Id=distribution["Id"], IfMatch=distribution["ETag"], DistributionConfig=config
        ),
        SETTLE,
    )


@named("tag the distribution")
def write_tags(client: Any, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
    to_set, to_remove = tag_changes(current, wanted)
    if to_set:
        client.tag_resource(Resource=arn, Tags={"Items": ansible_dict_to_boto3_tag_list(to_set)})
    if to_remove:
        client.untag_resource(Resource=arn, TagKeys={"Items": to_remove})


@missing_is_none("delete the distribution", "NoSuchDistribution")
def delete_distribution(client: Any, distribution: dict[str, Any]) -> None:
    client.delete_distribution(Id=distribution["Id"], IfMatch=distribution["ETag"])


def wait_deployed(client: Any, distribution_id: str, timeout: float) -> dict[str, Any]:
    """Wait until all edge locations have the last change; return the distribution as it is then."""

    def deployed() -> dict[str, Any] | None:
        found = get_distribution(client, distribution_id)
        return found if found and found["Status"] == "Deployed" else None

    return wait_until(
        f"all edge locations to have distribution {distribution_id}", deployed, timeout, typical="3 to 8 min"
    )


class Distribution:
    """The distribution as it is, and the steps to what is wanted."""

    def __init__(self, client: Any, params: dict[str, Any], secrets: dict[str, str | None]) -> None:
        self.client, self.params, self.secrets = client, params, secrets
        found_id = params["distribution_id"] or find_by_alias(client, params["aliases"])
        self.found = get_distribution(client, found_id) if found_id else None
        self.tags = read_tags(client, self.found["ARN"]) if self.found else {}

    def before(self) -> dict[str, Any] | None:
        if not self.found:
            return None
        origins = self.params["origins"] or []
        headers = [header for origin in origins for header in origin["custom_headers"]]
        shown = {header["header_value"] for header in headers if header["header_value"]}
        config = normalize_config(self.found["DistributionConfig"])
        return {**hide_headers(config, self.secrets, shown), "Tags": self.tags}

    def plan(self) -> Plan:
        name = self.params["comment"] or ", ".join(self.params["aliases"]) or self.params["distribution_id"] or ""
        before = self.before()
        if self.params["state"] == "present":
            tags = desired_tags(self.tags, self.params["tags"], self.params["purge_tags"])
            return Plan(KIND, name, before, {**desired_config(self.params, before or {}), "Tags": tags})
        if before and not self.params["wait"] and (before["Enabled"] or self.found["Status"] != "Deployed"):
            return Plan(KIND, name, before, {"Enabled": False}, note="Disabled; deleted by a later run.")
        return Plan(KIND, name, before, None)

    def config(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Return what is sent to AWS: the members wanted, over what the distribution has beyond them."""
        kept = self.found["DistributionConfig"] if self.found else {"CallerReference": uuid.uuid4().hex}
        return {**kept, **wrap(wanted)}

    def write(self, plan: Plan) -> None:
        if plan.action == "delete":
            self.disable()
            delete_distribution(self.client, wait_deployed(self.client, self.found["Id"], self.params["wait_timeout"]))
            self.found = None
            return
        if self.params["state"] == "absent":
            self.disable()
        else:
            wanted = reveal_headers({**(plan.before or {}), **plan.desired}, self.secrets)
            tags = wanted.pop("Tags")
            if plan.action == "create":
                config = self.config(wanted)
                made = create_distribution(self.client, config, tags)
                self.found = made or find_by_reference(self.client, config["CallerReference"])
            if plan.action == "update" and set(plan.changes) - {"Tags"}:
                update_distribution(self.client, self.found, self.config(wanted))
            if plan.action == "update" and "Tags" in plan.changes:
                write_tags(self.client, self.found["ARN"], self.tags, tags)
        self.found = get_distribution(self.client, self.found["Id"])

    def disable(self) -> None:
        if self.found["DistributionConfig"]["Enabled"]:
            update_distribution(self.client, self.found, {**self.found["DistributionConfig"], "Enabled": False})

    def result(self) -> dict[str, Any] | None:
        if not self.found:
            return None
        keys = {"id": "Id", "arn": "ARN", "domain_name": "DomainName", "status": "Status"}
        return {name: self.found[key] for name, key in keys.items()}


def read_secrets(module: AnsibleAWSModule) -> dict[str, str | None]:
    """Return the values of the secrets that headers name."""
    headers = [header for origin in module.params["origins"] or [] for header in origin["custom_headers"]]
    names = {header["value_from_secret"] for header in headers if header["value_from_secret"]}
    client = module.client("secretsmanager", retry_decorator=RETRY) if names else None
    values = {name: read_secret(client, name) for name in sorted(names)}
    missing = ", ".join(name for name, value in values.items() if value is None)
    if missing and not module.check_mode:
        raise AnsibleAWSError(message=f"Secret {missing}, which a header takes its value from, does not exist")
    return values


def argument_spec() -> dict[str, Any]:
    header = {
        "header_name": {"type": "str", "required": True},
        "header_value": {"type": "str"},
        "value_from_secret": {"type": "str", "no_log": False},
    }
    custom = {
        "http_port": {"type": "int", "default": 80},
        "https_port": {"type": "int", "default": 443},
        "origin_protocol_policy": {
            "type": "str",
            "choices": ["http-only", "match-viewer", "https-only"],
            "default": "https-only",
        },
        "origin_ssl_protocols": {"type": "list", "elements": "str", "default": ["TLSv1.2"]},
        "origin_read_timeout": {"type": "int", "default": 30},
        "origin_keepalive_timeout": {"type": "int", "default": 5},
    }
    origin = {
        "id": {"type": "str", "required": True},
        "domain_name": {"type": "str", "required": True},
        "origin_path": {"type": "str", "default": ""},
        "origin_access_control_id": {"type": "str", "default": ""},
        "custom_headers": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": header,
            "required_one_of": [("header_value", "value_from_secret")],
            "mutually_exclusive": [("header_value", "value_from_secret")],
        },
        "custom_origin_config": {"type": "dict", "options": custom},
    }
    methods = {
        "items": {"type": "list", "elements": "str", "default": ["GET", "HEAD"]},
        "cached_methods": {"type": "list", "elements": "str", "default": ["GET", "HEAD"]},
    }
    behavior = {
        "target_origin_id": {"type": "str", "required": True},
        "viewer_protocol_policy": {
            "type": "str",
            "choices": ["allow-all", "https-only", "redirect-to-https"],
            "default": "redirect-to-https",
        },
        "allowed_methods": {"type": "dict", "options": methods},
        "compress": {"type": "bool", "default": False},
        "cache_policy_id": {"type": "str", "required": True},
        "origin_request_policy_id": {"type": "str"},
        "response_headers_policy_id": {"type": "str"},
    }
    certificate = {
        "acm_certificate_arn": {"type": "str", "required": True},
        "ssl_support_method": {"type": "str", "choices": ["sni-only", "vip", "static-ip"], "default": "sni-only"},
        "minimum_protocol_version": {"type": "str", "default": "TLSv1.2_2021"},
    }
    logging = {
        "bucket": {"type": "str", "required": True},
        "prefix": {"type": "str", "default": ""},
        "include_cookies": {"type": "bool", "default": False},
    }
    by_path = {"path_pattern": {"type": "str", "required": True}, **behavior}
    price_classes = ["PriceClass_100", "PriceClass_200", "PriceClass_All"]
    return {
        "distribution_id": {"type": "str"},
        "aliases": {"type": "list", "elements": "str", "default": []},
        "comment": {"type": "str", "default": ""},
        "enabled": {"type": "bool", "default": True},
        "default_root_object": {"type": "str", "default": ""},
        "origins": {"type": "list", "elements": "dict", "options": origin},
        "default_cache_behavior": {"type": "dict", "options": behavior},
        "cache_behaviors": {"type": "list", "elements": "dict", "default": [], "options": by_path},
        "viewer_certificate": {"type": "dict", "options": certificate},
        "logging": {"type": "dict", "options": logging},
        "price_class": {"type": "str", "choices": price_classes, "default": "PriceClass_All"},
        "http_version": {"type": "str", "choices": ["http1.1", "http2", "http3", "http2and3"], "default": "http2"},
        "ipv6_enabled": {"type": "bool", "default": True},
        "web_acl_id": {"type": "str", "default": ""},
        "tags": {"type": "dict"},
        "purge_tags": {"type": "bool", "default": True},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "int", "default": 1800},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def main():
    module = AnsibleAWSModule(
        argument_spec=argument_spec(),
        required_if=[("state", "present", ["origins", "default_cache_behavior"])],
        supports_check_mode=True,
    )
    params = module.params
    client = module.client("cloudfront", retry_decorator=RETRY)
    try:
        distribution = Distribution(client, params, read_secrets(module))
        plan = distribution.plan()
        if plan.changed and not module.check_mode:
            distribution.write(plan)
        if params["state"] == "present" and params["wait"] and distribution.found and not module.check_mode:
            distribution.found = wait_deployed(client, distribution.found["Id"], params["wait_timeout"])
    except AnsibleAWSError as error:
        module.fail_json_aws_error(error)
    module.exit_json(distribution=distribution.result(), **report(plan))


if __name__ == "__main__":
    main()
