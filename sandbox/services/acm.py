"""ACM: DNS validation through the sandbox's own Route 53, and certificates in use.

moto issues a certificate after a fixed time, shows its validation record at once, and deletes certificates
that a listener or a distribution uses. AWS shows no record in the first describe (CON-3), gives apex and
wildcard the same record, and issues some minutes after the record resolves.
"""

from __future__ import annotations

from hashlib import md5
from typing import Any

from sandbox.clock import CLOCK
from sandbox.hooks import Answer, AwsError, Call, Forward, around, store
from sandbox.services.cloudfront import distributions_using

VALIDATING = 150
NAMES = 10  # of a certificate

_seen_at: dict[str, float] = store()
"""when ACM found all validation records of a certificate"""
_described: dict[str, int] = store()
_domains: dict[str, list[str]] = store()
_algorithms: dict[str, str] = store()


def _hash(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def record_of(account: str, domain: str) -> dict[str, str]:
    """The validation record: one per account and domain, the wildcard's being the apex's."""
    apex = domain.removeprefix("*.")
    value = f"_{_hash(f'{account} {apex} value')}.{_hash(account)[:10]}.acm-validations.aws."
    return {"Name": f"_{_hash(f'{account} {apex}')}.{apex}.", "Type": "CNAME", "Value": value}


def _resolves(call: Call, record: dict[str, str]) -> bool:
    """Whether some public zone of the account has the record."""
    return any(
        record_set.type == "CNAME"
        and record_set.name.rstrip(".").lower() == record["Name"].rstrip(".")
        and any(value.rstrip(".") == record["Value"].rstrip(".") for value in record_set.records)
        for zone in call.backend("route53").zones.values()
        for record_set in zone.rrsets
    )


@around("acm", "RequestCertificate")
def request_certificate(call: Call, forward: Forward) -> Answer:
    """Remember the names in the order given (the domain first), and the key: moto makes RSA keys only."""
    answer = forward()
    names = [call.params["DomainName"], *call.params.get("SubjectAlternativeNames", [])]
    _domains[answer["CertificateArn"]] = list(dict.fromkeys(names))
    _algorithms[answer["CertificateArn"]] = call.params.get("KeyAlgorithm", "RSA_2048")
    return answer


def _validate(call: Call, arn: str) -> None:
    certificate = call.backend("acm", arn.split(":")[3])._certificates.get(arn)
    if certificate is None or certificate.status != "PENDING_VALIDATION" or arn not in _domains:
        return
    found = all(_resolves(call, record_of(call.account, domain)) for domain in _domains[arn])
    if found and CLOCK.now() >= _seen_at.setdefault(arn, CLOCK.now()) + VALIDATING:
        certificate.status = "ISSUED"


@around("route53", "ChangeResourceRecordSets")
def find_records(call: Call, forward: Forward) -> Answer:
    """ACM looks for the records by itself."""
    forward()
    for arn in [arn for arn in _domains if arn.split(":")[4] == call.account and arn not in _seen_at]:
        _validate(call, arn)
    return None


@around("acm", "DescribeCertificate")
def describe_certificate(call: Call, forward: Forward) -> Answer:
    """No record the first time; ISSUED once the record is there."""
    arn = call.params["CertificateArn"]
    answer = forward()  # an unknown ARN ends here
    if arn in _domains:
        _validate(call, arn)
        answer = forward()
    certificate = answer["Certificate"]
    certificate["InUseBy"] = _users(call, arn)
    if arn in _domains:
        seen = _described[arn] = _described.get(arn, 0) + 1
        status = "SUCCESS" if certificate["Status"] == "ISSUED" else "PENDING_VALIDATION"
        certificate["SubjectAlternativeNames"] = _domains[arn]
        certificate["KeyAlgorithm"] = _algorithms[arn]
        certificate["DomainValidationOptions"] = [
            {
                "DomainName": domain,
                "ValidationDomain": domain,
                "ValidationStatus": status,
                "ValidationMethod": "DNS",
            }
            | ({"ResourceRecord": record_of(call.account, domain)} if seen > 1 else {})
            for domain in _domains[arn]
        ]
        if status != "SUCCESS":
            for member in ("IssuedAt", "NotBefore", "NotAfter", "Serial"):
                certificate.pop(member, None)
    return answer


@around("acm", "ListCertificates")
def list_certificates(call: Call, forward: Forward) -> Answer:
    """Statuses are up to date, and so are kinds of keys."""
    for arn in [arn for arn in call.backend()._certificates if arn in _domains]:
        _validate(call, arn)
    answer = forward()
    for each in answer["CertificateSummaryList"]:
        each["KeyAlgorithm"] = _algorithms.get(each["CertificateArn"], each["KeyAlgorithm"])
    return answer


def _users(call: Call, arn: str) -> list[str]:
    balancers = [
        balancer.arn
        for balancer in call.backend("elbv2").load_balancers.values()
        for listener in balancer.listeners.values()
        if arn in _certificates_of(listener)
    ]
    return list(dict.fromkeys(balancers)) + distributions_using(call, arn)


def _certificates_of(listener: Any) -> set[str]:
    return {getattr(each, "arn", each) for each in [*(listener.certificates or []), listener.certificate]}


@around("acm", "DeleteCertificate")
def refuse_in_use(call: Call, forward: Forward) -> Answer:
    """Listeners and distributions hold their certificates."""
    arn = call.params["CertificateArn"]
    if _users(call, arn):
        raise AwsError("ResourceInUseException", f"Certificate {arn} in account {call.account} is in use.", status=400)
    forward()
    return None


@around("acm", "RequestCertificate")
def limit_names(call: Call, forward: Forward) -> Answer:
    """Ten a certificate, until AWS is asked for more."""
    names = {call.params["DomainName"], *(call.params.get("SubjectAlternativeNames") or [])}
    if len(names) > NAMES:
        message = f"The certificate has {len(names)} domain names. The limit is {NAMES}."
        raise AwsError("LimitExceededException", message, status=400)
    forward()
    return None
