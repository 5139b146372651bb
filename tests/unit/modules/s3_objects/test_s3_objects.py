# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from ansible_collections.realtime.aws.plugins.module_utils.converge import instant
from ansible_collections.realtime.aws.plugins.modules.s3_objects import cache_control, content_type, list_files

BUCKET = "assets"
SHORT, LONG = "public, max-age=300", "public, max-age=31536000, immutable"


@pytest.fixture
def s3(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def source(tmp_path):
    for path, text in {"index.html": "<p>", "css/site.1a2b.css": "p {}", ".git/config": "x", "css/.keep": ""}.items():
        file = tmp_path / "assets" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "assets"


@pytest.fixture
def options(source):
    return {
        "bucket": BUCKET,
        "source": str(source),
        "prefix": "static/",
        "cache_control": SHORT,
        "cache_control_patterns": {"*.????.css": LONG},
    }


def keys(s3):
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_upload(s3, run_module, options):
    result = run_module("s3_objects", **options)
    assert keys(s3) == result["changed_keys"] == ["static/css/site.1a2b.css", "static/index.html"]
    css = s3.get_object(Bucket=BUCKET, Key="static/css/site.1a2b.css")
    assert (css["Body"].read(), css["ContentType"], css["CacheControl"]) == (b"p {}", "text/css; charset=utf-8", LONG)
    assert s3.head_object(Bucket=BUCKET, Key="static/index.html")["CacheControl"] == SHORT


def test_second_run_writes_nothing(s3, run_module, options, writes):
    run_module("s3_objects", **options)
    writes.clear()
    result = run_module("s3_objects", **options)
    assert (result["changed"], result["changed_keys"]) == (False, [])
    assert writes == []


@pytest.mark.parametrize(
    "change",
    [
        lambda options, source: (source / "index.html").write_text("<b>", encoding="utf-8"),  # as long as before
        lambda options, source: options.update(cache_control="no-cache"),
        lambda options, source: options.update(content_types={".html": "text/plain"}),
    ],
    ids=["content", "cache header", "content type"],
)
def test_only_what_differs_is_uploaded(s3, run_module, options, source, writes, change):
    run_module("s3_objects", **options)
    change(options, source)
    writes.clear()
    assert run_module("s3_objects", **options)["changed_keys"] == ["static/index.html"]
    assert writes == ["PutObject"]


def test_an_object_of_somebody_else_is_replaced_once(s3, run_module, options, writes):
    s3.put_object(Bucket=BUCKET, Key="static/index.html", Body=b"<p>", ContentType="text/html; charset=utf-8")
    assert "static/index.html" in run_module("s3_objects", **options)["changed_keys"]
    assert run_module("s3_objects", **options)["changed_keys"] == []


def test_nothing_is_deleted_unless_told(s3, run_module, options, source):
    s3.put_object(Bucket=BUCKET, Key="other/page", Body=b"x")
    run_module("s3_objects", **options)
    (source / "index.html").unlink()
    assert not run_module("s3_objects", **options)["changed"]
    result = run_module("s3_objects", **options, purge=True)
    assert result["changes"] == [{"type": "AWS::S3::Object", "name": "static/index.html", "action": "delete"}]
    assert keys(s3) == ["other/page", "static/css/site.1a2b.css"]


def test_check_mode_predicts_and_writes_nothing(s3, run_module, options, writes):
    s3.put_object(Bucket=BUCKET, Key="static/old", Body=b"x")
    writes.clear()
    result = run_module("s3_objects", check=True, **options, purge=True)
    assert result["changed_keys"] == ["static/css/site.1a2b.css", "static/index.html", "static/old"]
    assert SHORT in result["diff"][1]["after"]
    assert writes == []


def test_what_an_interrupted_run_uploaded_is_known(s3, run_module, options):
    """The next run uploads nothing any more, and still has to say what must be invalidated."""
    before, after = datetime.now(UTC) - timedelta(seconds=5), datetime.now(UTC) + timedelta(seconds=5)
    assert run_module("s3_objects", **options)["modified"] is None, "that is still to come"
    s3.put_object(Bucket=BUCKET, Key="static/other", Body=b"no file of the directory")
    again = run_module("s3_objects", **options, modified_since=before.isoformat())
    assert (again["changed"], len(again["modified_keys"])) == (False, 2)
    assert before < instant(again["modified"]) < after
    assert len(run_module("s3_objects", **options)["modified_keys"]) == 2
    nothing = run_module("s3_objects", **options, modified_since=after.isoformat())
    assert (nothing["modified_keys"], nothing["modified"]) == ([], None)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"source": "/none/such"}, "source is /none/such; allowed: a directory"),
        ({"purge": True, "prefix": ""}, "prefix is ''; allowed: what the keys begin with"),
        ({"modified_since": "yesterday"}, "modified_since is 'yesterday'; allowed: a time in ISO 8601"),
        ({"bucket": "none-such"}, "Failed to list the objects"),
    ],
    ids=str,
)
def test_refused(s3, run_module, options, writes, changed, fault):
    with pytest.raises(Exception, match=fault):
        run_module("s3_objects", **{**options, **changed})
    assert "PutObject" not in writes


def test_list_files_leaves_out_what_is_hidden(source):
    assert list_files(source) == ["css/site.1a2b.css", "index.html"]


@pytest.mark.parametrize(
    ("path", "found"),
    [("a/B.CSS", "text/css; charset=utf-8"), ("a", "application/octet-stream"), ("a.glb", "model/gltf-binary")],
)
def test_content_type(path, found):
    assert content_type(path, {".glb": "model/gltf-binary"}) == found


def test_the_first_pattern_counts():
    assert cache_control("js/app.js", "d", {"*.css": "1", "js/*": "2", "*.js": "3"}) == "2"
    assert cache_control("index.html", "d", {"*.css": "1"}) == "d"


def test_a_time_without_zone_is_utc():
    assert instant("2026-11-24T10:00:00") == instant("2026-11-24T10:00:00Z") == instant("2026-11-24T11:00:00+01:00")
