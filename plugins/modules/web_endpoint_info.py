#!/usr/bin/python
# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: web_endpoint_info
short_description: Ask a web site as its users do
version_added: 1.1.0
author: realtime.aws contributors (@realtime-aws)
description:
  - Resolves names, looks at the certificates that are served for them, and asks for pages, from the machine that the module runs on. Each
    answer is a line of a table.
  - It needs nothing but Python, and no AWS credentials.
attributes:
  check_mode:
    support: full
    description: It only reads.
  diff_mode:
    support: none
    description: It changes nothing.
options:
  names:
    description: Names that have to resolve, and to serve a certificate at port 443.
    type: list
    elements: str
    default: []
  name_servers:
    description: Who should answer for the names; they are what is said to have to be delegated to when a name does not resolve.
    type: list
    elements: str
    default: []
  certificate_days:
    description: How many days a certificate has to be good for. AWS renews its own 60 days before the end.
    type: int
    default: 30
  pages:
    description: What is asked for. Redirects are not followed.
    type: list
    elements: dict
    default: []
    suboptions:
      subject:
        description: What the line is about.
        type: str
        required: true
      url:
        description: The address.
        type: str
        required: true
      status:
        description: The status that has to be answered.
        type: int
        default: 200
      headers:
        description: Regular expressions, by name of the header, that are to be found in the headers of the answer.
        type: dict
        default: {}
      remedy:
        description: How to mend it when it is answered otherwise.
        type: str
        default: ""
  wait_timeout:
    description: How many seconds the pages, all together, may take until they are answered as they should be.
    type: int
    default: 60
  ca_path:
    description: File with the certificates of authorities to trust instead of those that this machine does.
    type: path
"""

EXAMPLES = r"""
- name: Is the site there, by a good certificate?
  realtime.aws.web_endpoint_info:
    names: [www.example.com, api.example.com]
  register: site
  failed_when: site.checks | selectattr('verdict', 'equalto', 'fail') | length > 0

- name: Does HTTP lead to HTTPS, and the site come through CloudFront?
  realtime.aws.web_endpoint_info:
    pages:
      - subject: HTTPS
        url: http://www.example.com/
        status: 301
        headers: {Location: "^https://"}
      - subject: CDN
        url: https://www.example.com/health
        headers: {Via: CloudFront, Strict-Transport-Security: max-age=}

- name: Is the bucket closed?
  realtime.aws.web_endpoint_info:
    pages:
      - subject: Bucket
        url: https://production-static-assets-123456789012-us-east-1.s3.us-east-1.amazonaws.com/static/app.css
        status: 403
"""

RETURN = r"""
checks:
  description: What was asked and answered; for each name that resolves two lines, for each page one.
  returned: success
  type: list
  elements: dict
  contains:
    verdict:
      description: C(pass) or C(fail).
      type: str
      sample: pass
    subject:
      description: What it is about.
      type: str
      sample: TLS www.example.com
    found:
      description: What was answered.
      type: str
      sample: "TLSv1.3, by Amazon, good for 293 days; TLS 1.1 is refused"
    remedy:
      description: How to mend it; empty when there is nothing to mend.
      type: str
      sample: ""
    json:
      description: What a page's answer says, when it is a JSON object.
      type: dict
      sample: {"status": "ok", "database": "ok"}
"""

import json
import re
import socket
import ssl
import time
import warnings
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.urls import open_url
from ansible_collections.realtime.aws.plugins.module_utils.checks import Check, failed, passed

PORT = 443
PATIENCE = 10  # seconds for an answer
PAUSE = 5  # seconds before the next try
LONGEST = 64 * 1024  # of an answer
DAY = 86400
WAY = "Look at the network between: the load balancer's security group, and this machine's own way out"


def addresses(name: str) -> list[str]:
    """Return what this machine's resolver answers."""
    return sorted({str(each[4][0]) for each in socket.getaddrinfo(name, PORT, type=socket.SOCK_STREAM)})


def resolve(name: str, name_servers: list[str]) -> Check:
    subject = f"Resolve {name}"
    try:
        return passed(subject, f"resolves to {', '.join(addresses(name)[:2])}")
    except OSError as error:
        servers = ", ".join(sorted(name_servers)) or "the zone's name servers"
        remedy = f"Have the registrar, or the zone above, delegate the domain to {servers}, and wait until resolvers forget the old answer"
        return failed(subject, f"does not resolve: {error.strerror}", remedy)


def handshake(name: str, context: ssl.SSLContext) -> tuple[str, dict[str, Any]]:
    """Return the version of TLS and the certificate that the name is served by."""
    with (
        socket.create_connection((name, PORT), timeout=PATIENCE) as connection,
        context.wrap_socket(connection, server_hostname=name) as secured,
    ):
        return secured.version() or "", secured.getpeercert() or {}


def old_context() -> ssl.SSLContext:
    """Return a context that offers nothing newer than TLS 1.1; it is not asked who is at the other end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():  # that it is old is why it is tried
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    return context


def old_is(name: str) -> str:
    """Return what became of an attempt at TLS 1.1: accepted, refused, or not tried, where this machine can't speak it."""
    try:
        handshake(name, old_context())
    except ssl.SSLError as error:
        return (
            "not tried: this machine can't"
            if error.reason in ("NO_PROTOCOLS_AVAILABLE", "NO_CIPHERS_AVAILABLE")
            else "refused"
        )
    except OSError:  # the other end just closes the connection
        return "refused"
    return "accepted"


def certificate(name: str, context: ssl.SSLContext, days: int) -> Check:
    """Look at the certificate that is served, and at which versions of TLS."""
    subject = f"TLS {name}"
    try:
        version, found = handshake(name, context)
    except ssl.SSLCertVerificationError as error:
        remedy = "See which certificate CloudFront and the load balancer's listener have: site.yml --tags dns,load_balancing,frontend"
        return failed(subject, error.verify_message, remedy)
    except OSError as error:
        return failed(subject, f"no answer: {error.strerror or error}", WAY)
    issuer = dict(part[0] for part in found["issuer"]).get("organizationName", "somebody")
    left = int((ssl.cert_time_to_seconds(found["notAfter"]) - time.time()) // DAY)
    described = f"{version}, by {issuer}, good for {left} days"
    if left < days:
        return failed(
            subject, described, "See in ACM why it is not renewed: its validation record has to stay in the zone"
        )
    old = old_is(name)
    if old == "accepted":
        return failed(
            subject, f"{described}; TLS 1.1 is accepted", "Raise frontend_minimum_tls or load_balancing_ssl_policy"
        )
    return passed(subject, f"{described}; TLS 1.1 is {old}")


def fetch(url: str, ca_path: str | None) -> tuple[int, Any, bytes]:
    """Return status, headers and body; a redirect is an answer as well."""
    try:
        answer = open_url(
            url, timeout=PATIENCE, follow_redirects="none", ca_path=ca_path, http_agent="realtime.aws smoke test"
        )
    except HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read(LONGEST)


def read_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def judge(page: dict[str, Any], ca_path: str | None) -> Check:
    """Ask once for a page."""
    try:
        status, headers, body = fetch(page["url"], ca_path)
    except (URLError, OSError) as error:
        return failed(
            page["subject"], f"{page['url']}: no answer: {getattr(error, 'reason', error)}", page["remedy"] or WAY
        )
    found = f"{page['url']} answers {status}"
    lacking = [
        f"{name}: {headers.get(name) or 'none'}"
        for name, pattern in page["headers"].items()
        if not re.search(pattern, headers.get(name) or "")
    ]
    shown = "".join(f", {name}: {headers[name]}" for name in ("X-Cache", "Location") if name in headers)
    if status != page["status"]:
        check = failed(page["subject"], f"{found} instead of {page['status']}{shown}", page["remedy"])
    elif lacking:
        check = failed(page["subject"], f"{found}, but with {'; '.join(lacking)}", page["remedy"])
    else:
        check = passed(page["subject"], found + shown)
    return {**check, "json": read_object(body)}


def ask_until(deadline: float, page: dict[str, Any], ca_path: str | None) -> Check:
    """Ask for a page again until it is as it should be, or the time is over."""
    while (check := judge(page, ca_path))["verdict"] == "fail" and time.monotonic() + PAUSE <= deadline:
        time.sleep(PAUSE)
    return check


def main():
    module = AnsibleModule(
        argument_spec={
            "names": {"type": "list", "elements": "str", "default": []},
            "name_servers": {"type": "list", "elements": "str", "default": []},
            "certificate_days": {"type": "int", "default": 30},
            "pages": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "subject": {"type": "str", "required": True},
                    "url": {"type": "str", "required": True},
                    "status": {"type": "int", "default": 200},
                    "headers": {"type": "dict", "default": {}},
                    "remedy": {"type": "str", "default": ""},
                },
            },
            "wait_timeout": {"type": "int", "default": 60},
            "ca_path": {"type": "path"},
        },
        supports_check_mode=True,
    )
    params = module.params
    context = ssl.create_default_context(cafile=params["ca_path"])
    resolved = {name: resolve(name, params["name_servers"]) for name in params["names"]}
    lost = {name for name, check in resolved.items() if check["verdict"] == "fail"}
    checks = list(resolved.values())
    checks += [certificate(name, context, params["certificate_days"]) for name in resolved if name not in lost]
    deadline = time.monotonic() + params["wait_timeout"]
    for page in params["pages"]:
        host = urlsplit(page["url"]).hostname
        if host in lost:
            checks.append(failed(page["subject"], f"{host} does not resolve", resolved[host]["remedy"]))
        else:
            checks.append(ask_until(deadline, page, params["ca_path"]))
    module.exit_json(changed=False, checks=checks)


if __name__ == "__main__":
    main()
