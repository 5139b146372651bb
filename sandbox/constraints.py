"""What a service's model demands of the parameters of a call: AWS checks all of it, SDKs little, moto hardly any.

Required members, lengths, ranges, patterns and enumerations are botocore's; the limits of tags are AWS's own for all services.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import regex
from botocore.model import Shape

from sandbox import wire
from sandbox.hooks import AwsError

# The code of a refused parameter, by service, then by protocol.
CODES = {
    "cloudfront": "MalformedXML",
    "ec2": "InvalidParameterValue",
    "ecr": "InvalidParameterException",
    "logs": "InvalidParameterException",
    "rds": "InvalidParameterValue",
    "route53": "InvalidInput",
    "s3": "MalformedXML",
    "s3control": "InvalidRequest",
    "sns": "InvalidParameter",
    "sqs": "InvalidParameterValue",
    "cloudwatch": "ValidationError",
    "query": "ValidationError",
    "json": "ValidationException",
    "rest-json": "ValidationException",
}
# Of a parameter that is not there, where that is another one.
MISSING = {"ec2": "MissingParameter", "sqs": "MissingParameter", "rds": "MissingParameter"}
# Shapes whose constraints are not those of the service, and why.
NOT_ENFORCED = {
    ("s3", "BucketCannedACL"): "S3 also takes log-delivery-write",
}

TAGS, KEY_LENGTH, VALUE_LENGTH = 50, 128, 256
# The codes of reserved tag keys and of too many tags, where they are not that of any refused parameter.
TAG_CODES = {
    "acm": ("InvalidTagException", "TooManyTagsException"),
    "cloudfront": ("InvalidTagging", "InvalidTagging"),
    "ec2": ("InvalidParameterValue", "TagLimitExceeded"),
    "ecr": ("InvalidTagParameterException", "TooManyTagsException"),
    "elbv2": ("ValidationError", "TooManyTags"),
    "iam": ("InvalidInput", "LimitExceeded"),
    "kms": ("TagException", "TagException"),
    "lambda": ("InvalidParameterValueException", "InvalidParameterValueException"),
    "s3": ("InvalidTag", "InvalidTag"),
    "sns": ("InvalidParameter", "TagLimitExceeded"),
    "wafv2": ("WAFInvalidParameterException", "WAFLimitsExceededException"),
}


def check(message: wire.Message) -> None:
    """Raise AWS's error, all that is wrong in one message, if parameters are not as the operation's model wants them."""
    if message.model is None or message.model.input_shape is None:
        return
    found = list(_violations(message.service, message.model.input_shape, message.params or {}, ""))
    if found:
        missing = MISSING.get(message.service) if found[0].startswith("Value null") else None
        errors = "validation error" if len(found) == 1 else "validation errors"
        text = f"{len(found)} {errors} detected: {'; '.join(found)}"
        raise AwsError(missing or _code(message), text, status=400)
    reserved, too_many = TAG_CODES.get(message.service, (_code(message),) * 2)
    for tags in _tags(message.model.input_shape, message.params or {}):
        if any(key.lower().startswith("aws:") for key in tags):
            raise AwsError(reserved, "Tag keys starting with 'aws:' are reserved for internal use", status=400)
        if any(len(key) > KEY_LENGTH or len(value) > VALUE_LENGTH for key, value in tags.items()):
            text = f"Tag keys have at most {KEY_LENGTH} characters, values {VALUE_LENGTH}"
            raise AwsError(reserved, text, status=400)
        if len(tags) > TAGS:
            raise AwsError(too_many, "The maximum number of tags for a resource has been reached.", status=400)


def _code(message: wire.Message) -> str:
    return CODES.get(message.service) or CODES[message.protocol]


def _violations(service: str, shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What is wrong with a value, and with what is in it, in AWS's words."""
    if constraint := _broken(service, shape, value):
        yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {constraint}"
    elif shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{_inside(path, name)}' failed to satisfy constraint: Member must not be null"
        for name, member in value.items():
            if member is not None and name in shape.members:
                yield from _violations(service, shape.members[name], member, _inside(path, name))
    elif shape.type_name == "list":
        for number, member in enumerate(value, 1):
            yield from _violations(service, shape.member, member, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, member in value.items():
            yield from _violations(service, shape.key, key, path)
            yield from _violations(service, shape.value, member, f"{path}.{key}.member")


def _inside(path: str, name: str) -> str:
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _broken(service: str, shape: Shape, value: Any) -> str | None:
    """The constraint that a value does not meet, of those on it as a whole."""
    demands = shape.metadata
    if not demands or (service, shape.name) in NOT_ENFORCED:
        return None
    if shape.type_name in ("string", "blob", "list", "map"):
        if len(value) < demands.get("min", 0):
            return f"have length greater than or equal to {demands['min']}"
        if len(value) > demands.get("max", len(value)):
            return f"have length less than or equal to {demands['max']}"
    elif isinstance(value, (int, float)):
        if value < demands.get("min", value):
            return f"have value greater than or equal to {demands['min']}"
        if value > demands.get("max", value):
            return f"have value less than or equal to {demands['max']}"
    if demands.get("enum") and value not in demands["enum"]:
        return f"satisfy enum value set: [{', '.join(demands['enum'])}]"
    if "pattern" in demands and isinstance(value, str) and not _pattern(demands["pattern"]).fullmatch(value):
        return f"satisfy regular expression pattern: {demands['pattern']}"
    return None


@cache
def _pattern(text: str) -> Any:
    """Models write patterns as Java does: classes know ASCII alone unless they say \\p, and UTF-16 is looked at in halves."""
    text = text.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff")
    return regex.compile(text, 0 if r"\p" in text else regex.ASCII)


def _tags(shape: Shape, value: Any) -> Iterator[dict[str, str]]:
    """Each set of tags in a value: a list of keys and values, or a map."""
    if shape.type_name == "structure":
        for name, member in value.items():
            if name.lower() == "tags" and shape.members[name].type_name == "map":
                yield member
            elif member and name in shape.members:
                yield from _tags(shape.members[name], member)
    elif shape.type_name == "list" and "Tag" in shape.member.name:
        members = {name.lower().removeprefix("tag"): name for name in getattr(shape.member, "members", ())}
        if {"key", "value"} <= members.keys():
            yield {tag[members["key"]]: tag.get(members["value"]) or "" for tag in value if members["key"] in tag}
        else:
            for member in value:
                yield from _tags(shape.member, member)
    elif shape.type_name == "list":
        for member in value:
            yield from _tags(shape.member, member)
