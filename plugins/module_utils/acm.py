# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates as the sweep and the module for certificates list them."""

from __future__ import annotations

from typing import Any

from ansible_collections.realtime.aws.plugins.module_utils.converge import named

# Without this filter ListCertificates leaves out every key but RSA up to 2048 bits.
KEY_TYPES = ["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]


def key_algorithm(certificate: dict[str, Any]) -> str:
    """Return the kind of key as a request names it; AWS answers RSA-2048 to one for RSA_2048."""
    return certificate["KeyAlgorithm"].replace("-", "_")


@named("list the certificates")
def list_certificates(client: Any) -> list[dict[str, Any]]:
    pages = client.get_paginator("list_certificates").paginate(Includes={"keyTypes": KEY_TYPES})
    return [certificate for page in pages for certificate in page["CertificateSummaryList"]]
