# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The code of the function alert-processor, which the role messaging installs."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import boto3
import pytest

SOURCE = Path(__file__).parents[3] / "roles/messaging/files/alert_processor/alert_processor.py"
URL = "https://hooks.example.com/services/T000/B000/secret"
ALARM = {
    "AlarmName": "production-high-cpu",
    "AlarmDescription": "CPU of <web> & co",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed",
    "StateChangeTime": "2026-01-01T00:00:00.000+0000",
    "Region": "US East (N. Virginia)",
    "Trigger": {
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"name": "AutoScalingGroupName", "value": "production-asg"}],
    },
}


@pytest.fixture
def processor(monkeypatch):
    monkeypatch.delenv("WEBHOOK_SECRET", raising=False)
    spec = importlib.util.spec_from_file_location("alert_processor", SOURCE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sent(processor, monkeypatch):
    requests = []

    class Answer:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    def urlopen(request, timeout):
        requests.append((request.full_url, json.loads(request.data), timeout))
        return Answer()

    monkeypatch.setattr(processor.urllib.request, "urlopen", urlopen)
    return requests


def event(message, **more):
    text = message if isinstance(message, str) else json.dumps(message)
    return {"Records": [{"Sns": {"Message": text, **more}}]}


def test_without_a_secret_it_logs_and_sends_nothing(processor, sent, capsys):
    assert processor.handler(event(ALARM), None) == {"sent": 0}
    assert "production-high-cpu" in capsys.readouterr().out
    assert sent == []


@pytest.mark.parametrize("secret", [URL, URL + "\n", json.dumps({"url": URL})])
def test_with_a_secret_it_sends_to_the_webhook(processor, sent, aws, monkeypatch, capsys, secret):
    boto3.client("secretsmanager").create_secret(Name="webhook", SecretString=secret)
    monkeypatch.setenv("WEBHOOK_SECRET", "webhook")
    assert processor.handler(event("hello"), None) == {"sent": 1}
    assert sent == [(URL, {"text": "hello"}, processor.TIMEOUT)]
    assert "secret" not in capsys.readouterr().out


@pytest.mark.parametrize("secret", ["http://example.com/secret", "ftp secret", "{}", "[1]", "", "https://a b/secret"])
def test_what_is_no_url_is_refused_and_not_shown(processor, secret):
    with pytest.raises(ValueError, match="the secret holds no https:// URL") as failure:
        processor.webhook_url(secret)
    assert "example.com" not in str(failure.value) and "a b" not in str(failure.value)


def test_a_failure_is_raised_so_that_lambda_tries_again(processor, aws, monkeypatch):
    boto3.client("secretsmanager").create_secret(Name="webhook", SecretString=URL)
    monkeypatch.setenv("WEBHOOK_SECRET", "webhook")

    def urlopen(request, timeout):
        raise OSError("connection refused")

    monkeypatch.setattr(processor.urllib.request, "urlopen", urlopen)
    with pytest.raises(OSError, match="refused"):
        processor.handler(event("hello"), None)


def test_an_alarm_in_words(processor):
    lines = processor.format_message({"Message": json.dumps(ALARM)}).splitlines()
    assert lines[0] == ":red_circle: *ALARM: production-high-cpu*"
    assert lines[1] == "CPU of &lt;web&gt; &amp; co"
    assert lines[2] == "AWS/EC2 CPUUtilization AutoScalingGroupName=production-asg"
    assert lines[3] == "Threshold Crossed"
    assert lines[4].startswith("US East (N. Virginia) · 123456789012")


@pytest.mark.parametrize("trigger", [None, {}, {"Metrics": [{"Id": "m1"}]}])
def test_an_alarm_without_a_single_metric(processor, trigger):
    alarm = {"AlarmName": "composite", "NewStateValue": "OK", "Trigger": trigger}
    assert processor.format_message({"Message": json.dumps(alarm)}).startswith(":large_green_circle: *OK: composite*")


def test_a_budget_notice_has_its_subject(processor):
    text = processor.format_message({"Subject": "AWS Budgets: production", "Message": "You are over 80 %."})
    assert text == "*AWS Budgets: production*\nYou are over 80 %."


@pytest.mark.parametrize("message", ["<!channel>", '["list"]', "", None])
def test_plain_messages_ring_nobody_and_break_nothing(processor, message):
    assert "<!" not in processor.format_message({"Message": message})


def test_long_messages_are_cut(processor):
    assert len(processor.format_message({"Message": "x" * 10000})) == processor.LIMIT
