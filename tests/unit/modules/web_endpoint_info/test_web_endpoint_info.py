# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""A site on this machine, with a certificate of an authority that is made for the test."""

from __future__ import annotations

import http.server
import json
import re
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from ansible_collections.realtime.aws.plugins.modules import web_endpoint_info
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "localhost"


def make_certificate(folder, name=NAME, days=90):
    """Write a certificate, its own authority, and its key; return the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Trust")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(issuer)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        made.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


class Site(http.server.BaseHTTPRequestHandler):
    """What each path answers: status, headers, body."""

    pages: ClassVar[dict[str, list[tuple[int, dict[str, str], str]]]] = {}

    def do_GET(self):
        left = self.pages[self.path]
        status, headers, body = left.pop(0) if len(left) > 1 else left[0]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Return serve(...): a running site, by HTTPS at the port that names are asked at; what it returns is to be trusted."""
    running = []
    monkeypatch.setattr(Site, "pages", {})
    monkeypatch.setenv("no_proxy", "*")

    def serve(oldest=ssl.TLSVersion.TLSv1_2, newest=ssl.TLSVersion.MAXIMUM_SUPPORTED, **about):
        file = make_certificate(tmp_path, **about)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = oldest, newest
        server = http.server.ThreadingHTTPServer((NAME, 0), Site)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        monkeypatch.setattr(web_endpoint_info, "PORT", server.server_port)
        return str(file)

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def ask(run_module):
    def ask(**options):
        result = run_module("web_endpoint_info", **{"wait_timeout": 0, **options})
        assert not result["changed"]
        for each in result["checks"]:
            assert bool(each["remedy"]) == (each["verdict"] == "fail"), each
        return [(each["verdict"], each["found"]) for each in result["checks"]]

    return ask


def test_a_site_that_is_there(serve, ask):
    resolved, served = ask(names=[NAME], ca_path=serve())
    assert resolved[0] == "pass"
    assert served == ("pass", "TLSv1.3, by Test Trust, good for 90 days; TLS 1.1 is refused")


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({"name": "www.example.com"}, "certificate is not valid for 'localhost'"),
        ({"days": -1}, "certificate has expired"),
        ({"days": 29}, "TLSv1.3, by Test Trust, good for 29 days"),
    ],
)
def test_a_certificate_that_is_not_good(serve, ask, about, found):
    _resolved, (verdict, said) = ask(names=[NAME], ca_path=serve(**about))
    assert (verdict, found in said) == ("fail", True), said


def test_an_authority_that_nobody_trusts(serve, ask):
    serve()
    assert ask(names=[NAME])[1] == ("fail", "self-signed certificate")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_old_version_of_tls(serve, ask):
    trusted = serve(oldest=ssl.TLSVersion.TLSv1)
    verdict, found = ask(names=[NAME], ca_path=trusted)[1]
    assert (verdict, found.split("; ")[1]) in {
        ("fail", "TLS 1.1 is accepted"),
        ("pass", "TLS 1.1 is not tried: this machine can't"),  # some distributions build OpenSSL without it
    }


def test_nobody_answers(ask, monkeypatch):
    with socket.socket() as closed:  # bound, so that nobody else gets the port, and not listening
        closed.bind((NAME, 0))
        monkeypatch.setattr(web_endpoint_info, "PORT", closed.getsockname()[1])
        assert ask(names=[NAME])[1] == ("fail", "no answer: Connection refused")


def test_a_name_that_does_not_resolve(run_module, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    page = {"subject": "Health", "url": "https://www.example.com/health"}
    checks = run_module("web_endpoint_info", names=["www.example.com"], name_servers=["ns-1"], pages=[page])["checks"]
    assert [each["verdict"] for each in checks] == ["fail"] * 2
    assert "delegate the domain to ns-1" in checks[0]["remedy"]
    assert checks[0]["found"] == "does not resolve: Name or service not known"
    assert (checks[1]["subject"], checks[1]["found"]) == ("Health", "www.example.com does not resolve")


def page(path, **more):
    url = f"https://{NAME}:{web_endpoint_info.PORT}{path}"
    return {"subject": "Page", "url": url, "remedy": "Mend it", **more}


def asked(ask, path, trusted, **more):
    [(verdict, found)] = ask(pages=[page(path, **more)], ca_path=trusted)
    return verdict, re.sub(r"^https://localhost:\d+", "", found)


def test_pages(serve, ask):
    trusted = serve()
    Site.pages |= {
        "/": [(301, {"Location": "https://www.example.com/"}, "")],
        "/health": [(200, {"Via": "1.1 a.cloudfront.net (CloudFront)", "X-Cache": "Miss from cloudfront"}, "ok")],
        "/shut": [(403, {}, "")],
    }
    assert asked(ask, "/", trusted, status=301, headers={"location": "^https://"}) == (
        "pass",
        "/ answers 301, Location: https://www.example.com/",
    )
    assert asked(ask, "/", trusted, status=301, headers={"Location": "^http://"})[0] == "fail"
    assert asked(ask, "/health", trusted, headers={"Via": "CloudFront"}) == (
        "pass",
        "/health answers 200, X-Cache: Miss from cloudfront",
    )
    assert asked(ask, "/health", trusted, headers={"Via": "Other", "X-Frame-Options": "."}) == (
        "fail",
        "/health answers 200, but with Via: 1.1 a.cloudfront.net (CloudFront); X-Frame-Options: none",
    )
    assert asked(ask, "/shut", trusted, status=403)[0] == "pass"
    assert asked(ask, "/shut", trusted) == ("fail", "/shut answers 403 instead of 200")


def test_what_a_health_check_says(serve, run_module):
    trusted = serve()
    Site.pages |= {"/health": [(503, {}, json.dumps({"database": "unreachable"}))], "/list": [(200, {}, "[]")]}
    checks = run_module("web_endpoint_info", pages=[page("/health"), page("/list")], ca_path=trusted, wait_timeout=0)[
        "checks"
    ]
    assert [each["json"] for each in checks] == [{"database": "unreachable"}, {}]


def test_a_page_gets_its_time(serve, ask, monkeypatch):
    trusted = serve()
    monkeypatch.setattr(web_endpoint_info, "PAUSE", 0)
    Site.pages["/health"] = [(502, {}, ""), (502, {}, ""), (200, {}, "")]
    assert ask(pages=[page("/health")], ca_path=trusted, wait_timeout=30)[0][0] == "pass"


def test_a_page_that_nobody_answers(ask, monkeypatch):
    with socket.socket() as closed:
        closed.bind((NAME, 0))
        monkeypatch.setattr(web_endpoint_info, "PORT", closed.getsockname()[1])
        verdict, found = ask(pages=[page("/health")])[0]
        assert (verdict, "no answer: " in found) == ("fail", True)
