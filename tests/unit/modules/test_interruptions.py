# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a change means for the service: each text that a module can say, and when it says nothing."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.realtime.aws.plugins.module_utils.converge import Plan
from ansible_collections.realtime.aws.plugins.modules import rds_instance, rds_parameter_group

MODULES = sorted(path.stem for path in (Path(__file__).parents[3] / "plugins/modules").glob("*.py"))
STORED_ANEW = "may be slower for hours"
ANEW = "made anew"
# module, attribute, before, after, what is said ("" for nothing)
CASES: list[tuple[str, str, Any, Any, str]] = [
    ("rds_instance", "db_instance_class", "db.r7g.large", "db.r7g.xlarge", "the instance restarts"),
    ("rds_instance", "port", 3306, 3307, "have to use the new port"),
    ("rds_instance", "db_parameter_group_name", "a", "b", "wait until the instance is rebooted"),
    ("rds_instance", "ca_certificate_identifier", "a", "b", "restarts if its engine"),
    ("rds_instance", "allocated_storage", 100, 200, STORED_ANEW),
    ("rds_instance", "storage_type", "gp3", "io2", STORED_ANEW),
    ("rds_instance", "iops", 12000, 16000, STORED_ANEW),
    ("rds_instance", "storage_throughput", 500, 600, STORED_ANEW),
    ("rds_instance", "multi_az", False, True, "writes are slower"),
    ("rds_instance", "multi_az", True, False, "no standby takes over any more"),
    ("rds_instance", "backup_retention_period", 0, 7, "down for some seconds"),
    ("rds_instance", "backup_retention_period", 7, 14, ""),
    ("autoscaling_group", "launch_template", {"version": "1"}, {"version": "2"}, "keep their version until"),
    ("autoscaling_group", "vpc_zone_identifier", ["a"], ["a", "b"], "AWS replaces instances"),
    ("autoscaling_group", "desired_capacity", 4, 2, "too many are terminated"),
    ("autoscaling_group", "desired_capacity", 2, 4, ""),
    ("autoscaling_group", "target_group_arns", ["a", "b"], ["a"], "gets no more requests"),
    ("autoscaling_group", "target_group_arns", ["a"], ["a", "b"], ""),
    ("elb_load_balancer", "subnets", ["a", "b"], ["a", "c"], "connections through zones that are removed end"),
    ("elb_load_balancer", "subnets", ["a", "b"], ["a", "b", "c"], ""),
    ("elb_listener", "protocol", "HTTP", "HTTPS", "speak the other protocol"),
    ("elb_listener", "ssl_policy", "a", "b", "can't connect"),
    ("elb_listener", "default_actions", [1], [2], "answered in the new way"),
    ("elb_listener", "certificate_arn", "a", "b", ""),
    ("ec2_security_groups", "rules", {"tcp 80 a": ""}, {"tcp 443 a": ""}, "new connections by the rules that go"),
    ("ec2_security_groups", "rules", {"tcp 80 a": ""}, {"tcp 80 a": "", "tcp 443 a": ""}, ""),
    ("ec2_security_groups", "rules_egress", {"all a": ""}, {}, "new connections by the rules that go"),
    (
        "ec2_vpc_route_tables",
        "routes",
        {"0.0.0.0/0": "nat-1"},
        {"0.0.0.0/0": "nat-2"},
        "over a target that goes are cut",
    ),
    ("ec2_vpc_route_tables", "routes", {}, {"0.0.0.0/0": "nat-2"}, ""),
    ("ec2_vpc_endpoints", "subnet_ids", ["a", "b"], ["a"], "in the subnets that go are cut"),
    ("ec2_vpc_flow_log", "deliver_logs_permission_arn", "a", "b", ANEW),
    ("ec2_vpc_flow_log", "traffic_type", "ALL", "REJECT", ANEW),
    ("ec2_vpc_flow_log", "max_aggregation_interval", 600, 60, ANEW),
    ("cloudwatchlogs_log_groups", "retention", 90, 30, "older events are deleted"),
    ("cloudwatchlogs_log_groups", "retention", 30, 90, ""),
]


def said(disrupts: dict[str, Any], attribute: str, before: Any, after: Any) -> str:
    return Plan("kind", "x", {attribute: before}, {attribute: after}, disrupts=disrupts).interruption


def disrupts(module: str) -> dict[str, Any]:
    found = importlib.import_module(f"ansible_collections.realtime.aws.plugins.modules.{module}")
    return getattr(found, "DISRUPTS", {})


@pytest.mark.parametrize(("module", "attribute", "before", "after", "text"), CASES)
def test_what_a_change_means(module, attribute, before, after, text):
    found = said(disrupts(module), attribute, before, after)
    assert found.startswith(f"{attribute}: ") and text in found if text else found == ""


def test_every_text_has_a_case():
    assert {(module, name) for module in MODULES for name in disrupts(module)} == {
        (module, attribute) for module, attribute, *_values, text in CASES if text
    }


@pytest.mark.parametrize(
    ("engine", "old", "new", "text"),
    [
        ("mysql", "8.4.6", "8.4.7", "installs the minor version"),
        ("mysql", "8.0.43", "8.4", "to the major version"),
        ("postgres", "17.5", "17.6", "installs the minor version"),
        ("postgres", "17.5", "18", "to the major version"),
    ],
)
def test_an_upgrade_of_the_engine(engine, old, new, text):
    assert text in said({"engine_version": rds_instance.upgrade_effect(engine)}, "engine_version", old, new)


@pytest.mark.parametrize(
    ("after", "text"),
    [
        ({"max_connections": "9", "wait_timeout": "1"}, ""),
        ({"max_connections": "5", "wait_timeout": "1", "lower_case_table_names": "1"}, "lower_case_table_names waits"),
        ({"max_connections": "5"}, ""),
    ],
)
def test_only_static_parameters_need_a_reboot(after, text):
    effect = rds_parameter_group.reboot_effect({"max_connections", "wait_timeout"})
    found = said({"params": effect}, "params", {"max_connections": "5", "wait_timeout": "1"}, after)
    assert text in found if text else found == ""
