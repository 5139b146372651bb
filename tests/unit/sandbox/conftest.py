"""One sandbox per test session, in a process of its own; every test starts with an empty account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from sandbox_helpers import OAC, REGION, Aws, Network, issued_certificate

from sandbox.clock import AT_ONCE
from sandbox.control import Sandbox


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The session's server."""
    sandbox = Sandbox("session", tmp_path_factory.mktemp("sandbox"))
    sandbox.start(speed=AT_ONCE)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    """The server, with nothing in it."""
    running.reset()
    return running


_session = boto3.Session()  # parsed service models are shared by the session's clients


@pytest.fixture
def aws(sandbox: Sandbox) -> Aws:
    """`aws("ec2")`: a client of the sandbox."""

    def client(service: str, region: str = REGION) -> Any:
        environment = sandbox.environment
        return _session.client(
            service,
            region_name=region,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"max_attempts": 0}),
        )

    return client


@pytest.fixture
def later(sandbox: Sandbox) -> Iterator[Callable[[float], None]]:
    """The clock stands still; `later(60)` moves it on by a minute of AWS's time."""
    sandbox.clock(speed=0)
    yield lambda seconds: sandbox.clock(advance=seconds)
    sandbox.clock(speed=AT_ONCE)


@pytest.fixture
def network(aws: Aws) -> Network:
    """A small network."""
    return Network(aws)


@pytest.fixture
def cloudfront(aws: Aws) -> Any:
    """A client; CloudFront is global."""
    return aws("cloudfront", "us-east-1")


@pytest.fixture
def control(aws: Aws, cloudfront: Any) -> dict[str, Any]:
    """An origin access control, and the ARN of a certificate."""
    created = cloudfront.create_origin_access_control(OriginAccessControlConfig=OAC)
    aws("s3", "us-east-1").create_bucket(Bucket="logs-1", ObjectOwnership="BucketOwnerPreferred")
    return created | {"certificate": issued_certificate(aws, "us-east-1")}
