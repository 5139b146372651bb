# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.realtime.aws.plugins.modules import elb_target_health_info

ARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{}/50dc6c495c0c9188"
WEB, API = ARN.format("web"), ARN.format("api")


def target(state, reason="", number=1):
    health = {"State": state, **({"Reason": reason, "Description": "Health checks failed"} if reason else {})}
    return {"Target": {"Id": f"i-{number}", "Port": 80}, "TargetHealth": health}


@pytest.fixture
def answers(monkeypatch, aws):
    """What AWS answers by target group, one answer a call; the last one stays."""
    found = {}

    class Client:
        def describe_target_health(self, TargetGroupArn):
            left = found[TargetGroupArn]
            return {"TargetHealthDescriptions": left.pop(0) if len(left) > 1 else left[0]}

    monkeypatch.setattr(elb_target_health_info.AnsibleAWSModule, "client", lambda *_, **__: Client())
    monkeypatch.setattr("time.sleep", lambda _: None)
    return found


def test_read(answers, run_module):
    answers[WEB] = [[target("healthy"), target("draining", number=2), target("unhealthy", "Target.Timeout", 3)]]
    result = run_module("elb_target_health_info", target_group_arns=[WEB])
    assert [(each["id"], each["state"]) for each in result["targets"]] == [("i-1", "healthy"), ("i-3", "unhealthy")]
    assert result["targets"][1]["reason"] == "Target.Timeout: Health checks failed"
    assert result["targets"][1]["target_group"] == "web"


def test_wait(answers, run_module):
    answers[WEB] = [[target("initial")], [target("healthy")]]
    answers[API] = [[], [target("healthy"), target("draining", number=2)]]
    result = run_module("elb_target_health_info", target_group_arns=[WEB, API], wait=True)
    assert [each["state"] for each in result["targets"]] == ["healthy", "healthy"]


def test_who_is_not_healthy_in_time_is_named(answers, run_module):
    answers[WEB] = [[target("healthy"), target("unhealthy", "Target.Timeout", 2)]]
    answers[API] = [[]]
    fault = (
        "Timed out after 0 s waiting for the targets to be healthy: api has no target; "
        r"i-2:80 in web is unhealthy \(Target.Timeout: Health checks failed\)"
    )
    with pytest.raises(Exception, match=fault):
        run_module("elb_target_health_info", target_group_arns=[WEB, API], wait=True, wait_timeout=0)


def test_aws_error_is_reported(aws, run_module):
    with pytest.raises(Exception, match="Failed to read the targets' health"):
        run_module("elb_target_health_info", target_group_arns=[WEB])
