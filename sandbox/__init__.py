"""A local AWS on loopback: moto's server, plus the calls moto lacks and the refusals AWS gives.

Nothing outside this package and the tests knows that it exists; clients reach it through the SDK's own
environment (`AWS_ENDPOINT_URL`, or a config file). See README.md.
"""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
