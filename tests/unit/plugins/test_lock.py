# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time: who gets the lock of an environment, keeps it, and loses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils import lock

NAME = lock.parameter_name("realtime", "production")
LONG = 900


@pytest.fixture
def ssm(aws):
    return boto3.client("ssm")


@pytest.fixture
def writer(ssm):
    """Return make(run, ...): an S3 client that writes under the lock as that run."""

    def make(run, process="", holder="", expiry=LONG):
        settings = {"name": NAME, "tags": {"Project": "realtime"}, "run": run, "holder": holder or run, "host": "here"}
        client = boto3.client("s3")
        lock.Lock({**settings, "process": process, "expiry": expiry}, lambda: boto3.client("ssm")).guard(client)
        return client

    return make


@pytest.fixture
def later(monkeypatch):
    """Return later(seconds): from now on the clock of the process is that much ahead."""

    def later(seconds):
        then = lock.time.monotonic() + seconds
        monkeypatch.setattr(lock.time, "monotonic", lambda: then)

    return later


def buckets():
    return [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]


def claim(ssm):
    return lock.get_claim(ssm, NAME)


def rewrite(ssm, **values):
    """Change what the lock holds, as time or another run would."""
    value = json.loads(claim(ssm).as_value()) | values
    ssm.put_parameter(Name=NAME, Value=json.dumps(value), Overwrite=True)


def ago(seconds):
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def test_a_read_takes_nothing(ssm, writer):
    writer("a").list_buckets()
    assert claim(ssm) is None


def test_the_first_write_takes_the_lock(ssm, writer, writes):
    client = writer("a", holder="alice")
    client.create_bucket(Bucket="one")
    client.create_bucket(Bucket="two")
    assert writes.count("PutParameter") == 1
    held = claim(ssm)
    assert (held.run, held.holder, held.host) == ("a", "alice", "here")
    left = datetime.fromisoformat(held.expires) - datetime.now(UTC)
    assert timedelta(seconds=LONG - 60) < left <= timedelta(seconds=LONG)
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=NAME)["TagList"]
    assert tags == [{"Key": "Project", "Value": "realtime"}]


def test_the_other_modules_of_the_run_go_on_under_it(ssm, writer, writes):
    writer("a").create_bucket(Bucket="one")
    writer("a").create_bucket(Bucket="two")
    assert writes.count("PutParameter") == 1
    assert buckets() == ["one", "two"]


def test_another_run_is_refused_by_name_before_it_writes(ssm, writer):
    writer("a", holder="alice").create_bucket(Bucket="one")
    with pytest.raises(AnsibleAWSError, match="Another run is at work on this environment: alice on here since"):
        writer("b").create_bucket(Bucket="two")
    assert buckets() == ["one"]
    assert claim(ssm).run == "a"


def test_an_expired_lock_is_taken_over(ssm, writer):
    writer("a").create_bucket(Bucket="one")
    rewrite(ssm, expires=ago(1))
    writer("b").create_bucket(Bucket="two")
    assert claim(ssm).run == "b"
    with pytest.raises(AnsibleAWSError, match="Another run is at work"):
        writer("a").create_bucket(Bucket="three")


def test_the_lock_of_a_process_that_is_gone_is_taken_over_at_once(ssm, writer):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        mark = lock.process_mark(child.pid)
        writer("a", process=mark).create_bucket(Bucket="one")
        with pytest.raises(AnsibleAWSError, match="Another run is at work"):
            writer("b").create_bucket(Bucket="two")
        child.kill()
    writer("b").create_bucket(Bucket="two")
    assert claim(ssm).run == "b"


@pytest.mark.parametrize("place", ["another-boot pid:[1]", ""])
def test_a_process_elsewhere_is_never_taken_for_gone(place):
    assert not lock.is_gone(f"{place} 999999999 1".strip())
    assert not lock.is_gone("")


def test_a_number_that_a_later_process_has_does_not_pass_for_the_first():
    *same, started = lock.process_mark(os.getpid()).split()
    assert lock.is_gone(" ".join([*same, str(int(started) - 1)]))
    assert not lock.is_gone(" ".join([*same, started]))


@pytest.mark.parametrize("write", [True, False])
def test_calls_renew_the_lock_in_time(ssm, writer, later, write):
    client = writer("a")
    client.create_bucket(Bucket="one")
    rewrite(ssm, expires=ago(-LONG / 2))
    later(LONG / 2)
    client.create_bucket(Bucket="two") if write else client.list_buckets()
    assert datetime.fromisoformat(claim(ssm).expires) - datetime.now(UTC) > timedelta(seconds=LONG - 60)


def test_a_wait_of_a_run_that_holds_nothing_takes_nothing(ssm, writer, later):
    waiting = writer("b")
    writer("a").create_bucket(Bucket="one")
    later(LONG)
    waiting.list_buckets()
    assert (claim(ssm).run, claim(ssm).version) == ("a", 1)


def test_a_renewal_finds_that_the_lock_was_lost(ssm, writer, later):
    client = writer("a")
    client.create_bucket(Bucket="one")
    rewrite(ssm, run="b", holder="bob")
    later(LONG)
    with pytest.raises(AnsibleAWSError, match="bob"):
        client.create_bucket(Bucket="two")


def test_one_of_many_that_start_at_once_gets_it(ssm, writer):
    outcomes = []

    def start(number):
        try:
            writer(str(number)).create_bucket(Bucket=f"bucket-{number}")
            outcomes.append("wrote")
        except AnsibleAWSError:
            outcomes.append("refused")

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["wrote"]


def test_of_two_that_take_over_at_once_the_first_gets_it(ssm, writer, monkeypatch):
    writer("a").create_bucket(Bucket="one")
    rewrite(ssm, expires=ago(1))
    seen_by_both = claim(ssm)
    writer("b").create_bucket(Bucket="two")
    monkeypatch.setattr(lock, "get_claim", lambda client, name: seen_by_both)
    with pytest.raises(AnsibleAWSError, match="b on here"):
        writer("c").create_bucket(Bucket="three")
    monkeypatch.undo()
    assert claim(ssm).run == "b"


def test_a_parameter_that_is_no_lock_is_said_to_be_none(ssm, writer):
    ssm.put_parameter(Name=NAME, Value="mine", Type="String")
    with pytest.raises(AnsibleAWSError, match="'mine'; see playbooks/unlock.yml"):
        writer("a").create_bucket(Bucket="one")


def test_a_module_that_outlives_its_run_goes_no_further(ssm, writer):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        client = writer("a", process=lock.process_mark(child.pid))
        client.create_bucket(Bucket="one")
        child.kill()
        child.wait()
    with pytest.raises(AnsibleAWSError, match="is gone"):
        client.create_bucket(Bucket="two")
    assert buckets() == ["one"]


def test_a_renewal_whose_answer_got_lost_is_still_this_runs(ssm, writer, monkeypatch):
    """botocore repeats it: the version that follows the old one is there, and it is this run's own."""
    writer("a", expiry=LONG).create_bucket(Bucket="one")
    old = claim(ssm)
    new = lock.Claim(**vars(old) | {"expires": ago(-LONG)})
    ssm.put_parameter(Name=NAME, Value=new.as_value(), Overwrite=True)
    assert lock.replace_claim(ssm, NAME, new, old) is None
    assert claim(ssm).run == "a"
