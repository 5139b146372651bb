# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.modules import cloudfront_invalidation
from ansible_collections.realtime.aws.plugins.modules.cloudfront_invalidation import normalize_path


@pytest.fixture
def cloudfront(sandbox_aws):
    return boto3.client("cloudfront")


@pytest.fixture
def distribution_id(cloudfront):
    origin = {
        "Id": "alb",
        "DomainName": "origin.example.com",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    config = {
        "CallerReference": "1",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "alb",
            "ViewerProtocolPolicy": "https-only",
            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",  # AWS's CachingDisabled
        },
    }
    return cloudfront.create_distribution(DistributionConfig=config)["Distribution"]["Id"]


def invalidated(cloudfront, distribution_id):
    listed = cloudfront.list_invalidations(DistributionId=distribution_id)["InvalidationList"].get("Items", [])
    found = [cloudfront.get_invalidation(DistributionId=distribution_id, Id=each["Id"]) for each in listed]
    return [each["Invalidation"]["InvalidationBatch"]["Paths"]["Items"] for each in found]


def test_invalidate(cloudfront, distribution_id, run_module):
    paths = ["/static/b c.css", "/static/a.css", "/static/a.css"]
    result = run_module("cloudfront_invalidation", distribution_id=distribution_id, paths=paths)
    assert result["invalidation"]["status"] == "Completed"
    assert result["changes"][0]["note"] == "2 paths are invalidated"
    assert invalidated(cloudfront, distribution_id) == [["/static/a.css", "/static/b%20c.css"]]


@pytest.mark.parametrize(
    ("paths", "modified", "joined"),
    [
        (["/a"], -5, True),
        (["/a", "/b"], -5, True),
        (["/a", "/c"], -5, False),
        (["/a"], 0, False),  # in the second in which it was started
        (["/a"], 5, False),
    ],
)
def test_an_invalidation_that_was_started_since_is_joined(
    cloudfront, distribution_id, run_module, writes, paths, modified, joined
):
    started = run_module("cloudfront_invalidation", distribution_id=distribution_id, paths=["/a", "/b"])
    run_module("cloudfront_invalidation", distribution_id=distribution_id, paths=["/later"])
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=modified)
    writes.clear()
    options = {"distribution_id": distribution_id, "paths": paths, "modified": at.isoformat()}
    assert run_module("cloudfront_invalidation", check=True, **options)["changed"] != joined
    assert writes == []
    again = run_module("cloudfront_invalidation", **options)
    assert again["changed"] != joined
    assert (again["invalidation"]["id"] == started["invalidation"]["id"]) == joined
    assert len(writes) == (not joined)


def test_a_time_that_is_none_is_refused(distribution_id, run_module):
    options = {"distribution_id": distribution_id, "paths": ["/a"], "modified": "yesterday"}
    with pytest.raises(Exception, match="modified is 'yesterday'; allowed: a time in ISO 8601"):
        run_module("cloudfront_invalidation", **options)


def test_no_paths(cloudfront, distribution_id, run_module, writes):
    writes.clear()
    result = run_module("cloudfront_invalidation", distribution_id=distribution_id, paths=[])
    assert (result["changed"], result["invalidation"]) == (False, None)
    assert writes == []


def test_check_mode_writes_nothing(cloudfront, distribution_id, run_module, writes):
    writes.clear()
    result = run_module("cloudfront_invalidation", check=True, distribution_id=distribution_id, paths=["/*"])
    assert result["changed"]
    assert "/*" in result["diff"][0]["after"]
    assert writes == []


@pytest.mark.parametrize(("wait", "reads"), [(True, 3), (False, 0)])
def test_wait(distribution_id, run_module, monkeypatch, wait, reads):
    answers = ["InProgress", "InProgress", "Completed"]
    asked = []

    def get_status(*args):
        asked.append(args)
        return answers[len(asked) - 1]

    monkeypatch.setattr(cloudfront_invalidation, "get_status", get_status)
    monkeypatch.setattr("time.sleep", lambda _: None)
    run_module("cloudfront_invalidation", distribution_id=distribution_id, paths=["/*"], wait=wait)
    assert len(asked) == reads


def test_timeout(distribution_id, run_module, monkeypatch):
    monkeypatch.setattr(cloudfront_invalidation, "get_status", lambda *_: "InProgress")
    with pytest.raises(Exception, match="Timed out after 0 s waiting for invalidation"):
        run_module("cloudfront_invalidation", distribution_id=distribution_id, paths=["/*"], wait_timeout=0)


def test_a_path_without_a_slash_is_refused(distribution_id, run_module, writes):
    writes.clear()
    with pytest.raises(Exception, match="paths has static/a.css; allowed: paths with a leading slash"):
        run_module("cloudfront_invalidation", distribution_id=distribution_id, paths=["/a", "static/a.css"])
    assert writes == []


def test_aws_error_is_reported(cloudfront, run_module):
    with pytest.raises(Exception, match="Failed to start the invalidation"):
        run_module("cloudfront_invalidation", distribution_id="E0NONE", paths=["/*"])


@pytest.mark.parametrize(
    ("path", "normal"),
    [("/a b.css", "/a%20b.css"), ("/a%20b.css", "/a%20b.css"), ("/static/*", "/static/*"), ("/ä.css", "/%C3%A4.css")],
)
def test_normalize_path(path, normal):
    assert normalize_path(path) == normal
