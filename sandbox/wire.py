"""AWS's wire formats, both ways: requests to operation and parameters, answers to and from plain dictionaries.

botocore's service models describe every operation; moto ships the server-side half (router, request parser,
response serializer), botocore the client-side half (request serializer, response parser).
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlencode

import botocore.parsers
import botocore.serialize
import botocore.session
from botocore.awsrequest import HeadersDict
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import NotFound, get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.iam.models import get_account_id_from

Environ = dict[str, Any]

# Credential scopes that are not boto3's name of the service.
SIGNING_NAMES = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "tagging": "resourcegroupstaggingapi",
}
_APPLICATION = re.compile(r"(?:^| )app/(\S+)")
_CREDENTIAL = re.compile(r"Credential=(?P<key>[^/]+)/[^/]+/(?P<region>[^/]+)/(?P<name>[^/]+)/aws4_request")


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    fault: str = ""


@dataclass
class Message:
    """One request, understood as far as its service's model goes."""

    environ: Environ
    body: bytes
    service: str
    region: str
    account: str
    access_key: str
    protocol: str = ""
    model: OperationModel | None = None
    params: dict[str, Any] | None = None
    asked: list[Any] = field(default_factory=list)
    """What IAM was asked about it: see permissions.py."""
    caller: str | None = None
    """The role's session or the user that made it; `None` for the sandbox's own key."""

    @property
    def operation(self) -> str:
        """AWS's name of the operation; the request line where no operation matches."""
        return self.model.name if self.model else f"{self.environ['REQUEST_METHOD']} {self.environ['PATH_INFO']}"

    @property
    def application(self) -> str | None:
        """What AWS_SDK_UA_APP_ID said, as the user agent has it."""
        found = _APPLICATION.search(self.environ.get("HTTP_USER_AGENT", ""))
        return found[1] if found else None

    def request(self) -> Environ:
        """The request as it came: reading it uses it up, and a hook may forward it twice."""
        return self.environ | {"wsgi.input": io.BytesIO(self.body)}


def read(environ: Environ) -> Message | None:
    """Understand a WSGI request; `None` when it is not a signed AWS call."""
    signature = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not signature:
        return None
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    service = SIGNING_NAMES.get(signature["name"], signature["name"])
    if service == "s3" and environ["PATH_INFO"].startswith("/v20180820/"):
        service = "s3control"
    account = get_account_id_from(signature["key"])
    message = Message(environ, body, service, signature["region"], account, signature["key"])
    if service in _available_services():
        _parse(message)
    return message


def _parse(message: Message) -> None:
    """Find the operation and its parameters."""
    request = Request(message.request())
    service_model = get_service_model(message.service)
    try:
        message.protocol = determine_request_protocol(service_model, request.content_type)
        model, uri_params = get_service_router(message.service).match(request)
    except (NotFound, NotImplementedError):
        return
    parsed = PROTOCOL_PARSERS[message.protocol](model).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": message.body,
            "url_path": request.path,
            "url_params": uri_params,
        }
    )
    message.model, message.params = model, parsed


def compose(message: Message, model: OperationModel, params: dict[str, Any], service: str, region: str) -> Environ:
    """The WSGI request of another call by the same caller."""
    protocol = model.service_model.resolved_protocol
    request = botocore.serialize.create_serializer(protocol).serialize_to_request(params, model)
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    elif hasattr(body, "read"):
        body = body.read()
    body = body.encode() if isinstance(body, str) else body
    path, _separator, query = request["url_path"].partition("?")
    query = "&".join(filter(None, [query, urlencode(request["query_string"] or {})]))
    scope = model.service_model.signing_name
    environ = {key: value for key, value in message.environ.items() if not key.startswith("HTTP_")} | {
        "REQUEST_METHOD": request["method"],
        "PATH_INFO": unquote(path),
        "RAW_URI": quote(path, safe="/%+:") + (f"?{query}" if query else ""),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": request["headers"].get("Content-Type", ""),
        "HTTP_HOST": message.environ["HTTP_HOST"],
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={message.access_key}/20260101/{region}/{scope}/aws4_request,",
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in request["headers"].items():
        if name.lower() != "content-type":
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ


def operation_model(service: str, operation: str) -> OperationModel:
    """The description of an operation."""
    return get_service_model(service).operation_model(operation)


def parse_answer(message: Message, answer: Answer) -> dict[str, Any]:
    """An HTTP answer as boto3 would show it."""
    assert message.model
    response = {"status_code": answer.status, "headers": HeadersDict(answer.headers), "body": answer.body}
    return botocore.parsers.create_parser(message.protocol).parse(response, message.model.output_shape)


def error_code(message: Message, answer: Answer) -> str | None:
    """The error code in an answer, if it is a failure."""
    if answer.status < 400:
        return None
    try:
        return parse_answer(message, answer)["Error"]["Code"]
    except (botocore.parsers.ResponseParserError, AssertionError, KeyError):
        return str(answer.status)


def write_answer(message: Message, result: dict[str, Any] | ServiceException) -> Answer:
    """A plain dictionary, or an error, as the service puts it on the wire."""
    assert message.model
    serializer = get_serializer_class(message.service, message.protocol)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto minds error codes that the service model does not list
        answer = serializer(message.model).serialize(result)
    status = getattr(result, "status", None) or answer["status_code"]
    body = answer["body"].encode() if isinstance(answer["body"], str) else answer["body"]
    return Answer(int(status), [(name, str(value)) for name, value in answer["headers"].items()], body)


@cache
def _available_services() -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_available_services())
