# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input is refused, with the variable, its value and what is allowed: one row a case.

Each row runs the real tasks/validate.yml of a role on top of inventories/production, with one variable changed.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import action_loader, init_plugin_loader
from ansible.template import Templar

ROOT = Path(__file__).parents[3]
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
BALANCER = "app/production-alb/50dc6c495c0c9188"
GROUPS = {name: f"targetgroup/production-{name}-servers/50dc6c495c0c9188" for name in ("web", "api")}
QUEUES = ["order-processing-queue", "inventory-queue", "shipping-queue", "order-processing-dlq"]
TOPICS = ["application-alerts", "order-events", "high-cpu-alert", "error-alert", "db-alert"]
BUCKETS = {name: f"production-{name}-123456789012-us-east-1" for name in ("static", "backups", "logs")}
ZONES = ["us-east-1a", "us-east-1b"]
# What the look before a run publishes: an account without a stack, and outputs as they are later.
FACTS = {
    "stack_outputs": {
        "account_id": "123456789012",
        "partition": "aws",
        "region": "us-east-1",
        "availability_zones": [f"us-east-1{letter}" for letter in "abcdef"],
        "tags": {"Project": "realtime", "Environment": "production", "ManagedBy": "realtime.aws"},
    },
    "stack_live": {
        "adoptable": {"vpcs": {}, "keys": {}, "buckets": {}},
        "encryption": {"keys": {}},
        "dns": {"zones": [], "certificates": {}},
        "frontend": {
            "distribution": None,
            "rival_distribution_ids": [],
            "origin_access_control_id": None,
            "web_acl_arn": None,
        },
        "network": {"vpc_id": None, "cidr": None, "subnets": {}, "subnet_zones": {}, "nat_gateways": {}},
        "load_balancing": {"target_group_fixed": {}},
        "messaging": {"others": {"queues": [], "topics": []}},
        "pipeline": {"repository": None, "identity_provider": None, "deploy_role_arn": None},
        "monitoring": {"foreign_log_groups": [], "foreign_alarms": []},
        "database": {"primary": None, "replica": None},
        "storage": {"buckets": [], "other_buckets": [], "adopted_buckets": []},
    },
    "encryption_outputs": {"kms_key_arns": {k: ARN.format("kms", f"key/{k}") for k in ("data", "messaging", "logs")}},
    "network_outputs": {
        "vpc_id": "vpc-0123456789abcdef0",
        **{f"{tier}_subnet_ids": {z: f"subnet-{z}" for z in ZONES} for tier in ("public", "private", "database")},
    },
    "security_outputs": {
        "security_group_ids": {name: f"sg-{name}" for name in ("alb", "web", "database")},
        "instance_role_arn": "arn:aws:iam::123456789012:role/production-web-server-role",
        "instance_profile_arn": "arn:aws:iam::123456789012:instance-profile/production-web-server-role",
    },
    "dns_outputs": {
        "zone_id": "Z0123456789",
        "zone_owned": True,
        "name_servers": ["ns-1.awsdns-01.com"],
        "certificate_arn": ARN.format("acm", "certificate/1"),
        "cdn_certificate_arn": ARN.format("acm", "certificate/1"),
    },
    "storage_outputs": {
        "buckets": BUCKETS,
        "bucket_arns": {name: f"arn:aws:s3:::{bucket}" for name, bucket in BUCKETS.items()},
        "adopted": [],
        "static_domain": f"{BUCKETS['static']}.s3.us-east-1.amazonaws.com",
    },
    "database_outputs": {
        "identifier": "production-db",
        "arn": ARN.format("rds", "db:production-db"),
        "port": 3306,
        "replica_identifier": "production-db-read-replica",
        "secret_name": "production/database",
        "snapshot_exporter_name": "",
    },
    "messaging_outputs": {
        "topic_arns": {name: ARN.format("sns", f"production-{name}") for name in TOPICS},
        "queue_arns": {name: ARN.format("sqs", f"production-{name}") for name in QUEUES},
        "queue_urls": {n: f"https://sqs.us-east-1.amazonaws.com/123456789012/production-{n}" for n in QUEUES},
        "topic_queues": {"order-events": ["inventory-queue", "shipping-queue"]},
        "alert_processor_arn": ARN.format("lambda", "function:production-alert-processor"),
    },
    "load_balancing_outputs": {
        "arn_suffix": BALANCER,
        "dns_name": "production-alb-1.us-east-1.elb.amazonaws.com",
        "hosted_zone_id": "Z35SXDOTRQ7X7K",
        "target_group_arns": {n: ARN.format("elasticloadbalancing", suffix) for n, suffix in GROUPS.items()},
        "target_group_arn_suffixes": GROUPS,
        "target_group_ports": {"web": 80, "api": 8080},
        "health_check_paths": {"web": "/health", "api": "/api/health"},
        "origin_secret_name": "production/origin-verify",
    },
    "compute_outputs": {
        "autoscaling_group_name": "production-asg",
        "launch_template_name": "production-web-server-template",
        "launch_template_id": "lt-0123456789abcdef0",
        "launch_template_version": 1,
        "instance_type": "t3.medium",
        "image_id": "ami-0123456789abcdef0",
        "container_image": "",
    },
    "frontend_outputs": {
        "distribution_id": "E1234567890AB",
        "distribution_arn": "arn:aws:cloudfront::123456789012:distribution/E1234567890AB",
    },
    "pipeline_outputs": {
        "repository_arn": ARN.format("ecr", "repository/production-app"),
        "repository_name": "production-app",
    },
    "monitoring_outputs": {"log_group_names": {"web": "/production/web"}, "alarm_names": ["production-HighErrorRate"]},
}

loader = DataLoader()
init_plugin_loader([str(ROOT / ".cache/collections")])


def load(path: Path) -> dict[str, Any]:
    return (loader.load_from_file(str(path), trusted_as_template=True) or {}) if path.exists() else {}


def variables_of(role: str, **changed: Any) -> dict[str, Any]:
    """Return what the role sees: its defaults, the production inventory, its internals, and what a case changes."""
    inventory = ROOT / "inventories/production/group_vars/all"
    return {
        **load(ROOT / "roles/stack/defaults/main.yml"),
        **load(inventory / "stack.yml"),
        **load(ROOT / f"roles/{role}/defaults/main.yml"),
        **load(inventory / f"{role}.yml"),
        **load(ROOT / f"roles/{role}/vars/main.yml"),
        **load(ROOT / "playbooks/vars/wiring.yml"),
        **FACTS,
        "ansible_search_path": [str(ROOT / "roles" / role)],
        **changed,
    }


def faults(role: str, **changed: Any) -> list[str]:
    """Run the role's validate.yml and return what it refuses; as in a play, the first task that refuses ends it."""
    for task in load(ROOT / f"roles/{role}/tasks/validate.yml"):
        if found := faults_of_task(role, task, {**variables_of(role, **changed), **task.get("vars", {})}):
            return found
    return []


def faults_of_task(role: str, task: dict[str, Any], variables: dict[str, Any]) -> list[str]:
    templar = Templar(loader=loader, variables=variables)
    stand_in = SimpleNamespace(
        args=task["realtime.aws.validate_inputs"] or {},
        async_val=0,
        check_mode=False,
        diff=False,
        _role=SimpleNamespace(_role_path=str(ROOT / "roles" / role), get_name=lambda: f"realtime.aws.{role}"),
    )
    action = action_loader.get(
        "realtime.aws.validate_inputs",
        task=stand_in,
        connection=SimpleNamespace(_shell=SimpleNamespace(tmpdir="")),
        play_context=None,
        loader=loader,
        templar=templar,
        shared_loader_obj=None,
    )
    return action.run(task_vars=variables).get("faults", [])


ROLES = sorted(path.parent.parent.name for path in ROOT.glob("roles/*/tasks/validate.yml"))


@pytest.mark.parametrize("role", ROLES)
def test_the_production_inventory_is_accepted(role):
    assert faults(role) == []


CASES = [
    ("stack", "stack_environment", "Production"),
    ("stack", "stack_environment", "a-name-that-is-too-long"),
    ("stack", "stack_environment", "production-"),
    ("stack", "stack_region", "us-east"),
    ("stack", "stack_domain", "example"),
    ("stack", "stack_domain", "-bad.example.com"),
    ("stack", "stack_domain", "exa mple.com"),
    ("stack", "stack_tags", {"Environment": "mine"}),
    ("stack", "stack_tags", {"aws:mine": "x"}),
    ("stack", "stack_tags", "Owner"),
    ("stack", "stack_sdk_environment", {"PATH": "/tmp"}),
    ("stack", "stack_sdk_environment", "acme"),
    ("account", "account_ebs_default_kms_key_id", "alias/mine"),
    ("account", "account_instance_metadata_hop_limit", 0),
    ("account", "account_instance_metadata_hop_limit", 65),
    ("account", "account_instance_metadata_tokens", "always"),
    ("account", "account_snapshot_block_public_access", "block"),
    ("smoke", "smoke_certificate_days", 400),
    ("smoke", "smoke_timeout", -1),
    ("smoke", "smoke_timeout", 3601),
    ("smoke", "smoke_event_attributes", {"type": 1}),
    ("smoke", "smoke_event_attributes", {f"name-{number}": "x" for number in range(11)}),
    ("network", "network_cidr", "10.0.0.0/8"),
    ("network", "network_cidr", "10.0.0.1/16"),
    ("network", "network_nat", "two"),
    (
        "network",
        "network_subnets",
        {"a": {"public": "10.0.1.0/24", "private": "10.0.11.0/24", "database": "10.0.21.0/24"}},
    ),
    (
        "network",  # out of the VPC
        "network_subnets",
        {
            "a": {"public": "10.1.1.0/24", "private": "10.0.11.0/24", "database": "10.0.21.0/24"},
            "b": {"public": "10.0.2.0/24", "private": "10.0.12.0/24", "database": "10.0.22.0/24"},
        },
    ),
    (
        "network",  # overlapping
        "network_subnets",
        {
            "a": {"public": "10.0.1.0/24", "private": "10.0.11.0/24", "database": "10.0.21.0/24"},
            "b": {"public": "10.0.1.128/25", "private": "10.0.12.0/24", "database": "10.0.22.0/24"},
        },
    ),
    ("security", "security_alb_ingress_cidrs", ["0.0.0.0/33"]),
    ("encryption", "encryption_deletion_days", 6),
    ("compute", "compute_min_size", 11),
    ("compute", "compute_desired_capacity", 11),
    ("compute", "compute_desired_capacity", 1),
    ("compute", "compute_instance_type", "t3medium"),
    ("compute", "compute_cpu_target", 0),
    ("database", "database_engine", "oracle"),
    ("database", "database_engine_version", "8.0.35"),
    ("database", "database_allocated_storage", 5),
    ("database", "database_backup_window", "3-4"),
    ("database", "database_backup_retention_days", 0),  # with a replica
    ("database", "database_instance_class", "r7g.large"),
    ("database", "database_secret_rotation_function_arn", "arn:aws:lambda:eu-west-1:123456789012:function:rotate"),
    ("database", "database_secret_rotation_days", 0),
    ("load_balancing", "load_balancing_ssl_policy", "TLS"),
    ("load_balancing", "load_balancing_idle_timeout", 0),
    ("frontend", "frontend_price_class", "PriceClass_1"),
    ("load_balancing", "load_balancing_waf_rate_limit", 9),
    ("load_balancing", "load_balancing_waf_managed_rules", ["AWSManagedRulesCommonRuleSet"] * 2),
    ("load_balancing", "load_balancing_waf_counted_rules", {"AWSManagedRulesCommonRuleSets": ["NoUserAgent_HEADER"]}),
    (
        "load_balancing",
        "load_balancing_waf_log_destination_arn",
        "arn:aws:logs:eu-west-1:123456789012:log-group:aws-waf-logs-a",
    ),
    ("load_balancing", "load_balancing_waf_log_destination_arn", "arn:aws:s3:::logs"),
    ("frontend", "frontend_waf_rate_limit", 9),
    ("frontend", "frontend_waf_rate_seconds", 30),
    ("frontend", "frontend_waf_managed_rules", ["AWSManagedRulesCommonRuleSet"] * 2),
    ("frontend", "frontend_waf_counted_rules", {"AWSManagedRulesCommonRuleSets": ["SizeRestrictions_BODY"]}),
    ("frontend", "frontend_waf_log_destination_arn", "arn:aws:logs:eu-west-1:123456789012:log-group:aws-waf-logs-a"),
    ("frontend", "frontend_waf_log_destination_arn", "arn:aws:s3:::logs"),
    ("pipeline", "pipeline_untagged_image_days", 0),
    ("pipeline", "pipeline_github_repository", "shop"),
    ("pipeline", "pipeline_github_repository", "octo-org/*"),
    ("pipeline", "pipeline_github_environment", "production:x"),
    ("pipeline", "pipeline_github_environment", "*"),
    ("pipeline", "pipeline_session_duration", 900),
    ("pipeline", "pipeline_permissions_boundary_arn", "boundary"),
    ("dns", "dns_zone", "borrow"),
    ("storage", "storage_static_ia_days", 29),
    ("storage", "storage_backups_ia_days", 5),
    ("storage", "storage_logs_glacier_days", 31),
    ("storage", "storage_static_noncurrent_expiration_days", 60),
]


@pytest.mark.parametrize(("role", "variable", "value"), CASES, ids=[f"{c[1]}={c[2]}"[:60] for c in CASES])
def test_refused(role, variable, value):
    found = faults(role, **{variable: value})
    assert any(text.startswith(f"{variable} is {value!r}") for text in found), found


PRIMARY = {
    "engine": "mysql",
    "engine_version": "8.4.6",
    "db_name": "app",
    "master_username": "dbadmin",
    "subnets": {"us-east-1b": "subnet-us-east-1b"},
}
# What stands, and the edits that AWS can't carry out on it.
STANDING = {
    "network": {"vpc_id": "vpc-1", "cidr": "10.0.0.0/16", "subnet_zones": {"10.0.1.0/24": "us-east-1a"}},
    "database": {"primary": PRIMARY, "replica": None},
    "load_balancing": {"target_group_fixed": {"production-web-servers": {"port": 80, "protocol": "HTTP"}}},
}
TIERS = {"private": "10.0.11.0/24", "database": "10.0.21.0/24"}
REST = {"b": {"public": "10.0.5.0/24", "private": "10.0.12.0/24", "database": "10.0.22.0/24"}}
API = {"name": "production-api-servers", "port": 8080, "health_check_path": "/"}
IMPOSSIBLE = [
    ("network", "network_cidr", "10.1.0.0/16", {"network_subnets": {}}),
    ("network", "network_subnets", {"c": {**TIERS, "public": "10.0.1.0/24"}, **REST}, {}),
    ("network", "network_subnets", {"a": {**TIERS, "public": "10.0.1.0/25"}, **REST}, {}),
    (
        "database",
        "database_engine",
        "mariadb",
        {"database_engine_version": "11.4", "database_allow_major_version_upgrade": True},
    ),
    ("database", "database_name", "other", {}),
    ("database", "database_subnet_ids", {"us-east-1a": "subnet-us-east-1a", "us-east-1b": "subnet-moved"}, {}),
    ("database", "database_subnet_ids", {"us-east-1a": "subnet-us-east-1a", "us-east-1c": "subnet-us-east-1c"}, {}),
    ("database", "database_username", "other", {}),
    (
        "load_balancing",
        "load_balancing_target_groups",
        {"web": {"name": "production-web-servers", "port": 81, "health_check_path": "/"}, "api": API},
        {},
    ),
]


@pytest.mark.parametrize(("role", "variable", "value", "more"), IMPOSSIBLE)
def test_what_aws_cannot_change_is_refused_while_it_stands(role, variable, value, more):
    live = {**FACTS["stack_live"], role: {**FACTS["stack_live"][role], **STANDING[role]}}
    found = faults(role, stack_live=live, **{variable: value}, **more)
    assert [text for text in found if text.startswith(f"{variable} is ")] == found != []
    assert faults(role, **{variable: value}, **more) == []
    assert faults(role, stack_live=live) == []


THEIRS = {"owner": "", "cidrs": ["10.0.0.0/16"], "other_subnets": [], "other_groups": ["default"]}
VPC_ID = "vpc-0a1b2c3d4e5f60718"
COMPANY = {"owner": "", "arn": ARN.format("kms", "key/company"), "usable": True}


@pytest.mark.parametrize(
    ("found", "standing", "refused"),
    [
        (THEIRS, None, []),
        (THEIRS, VPC_ID, []),
        (None, None, ["network_vpc_id"]),
        ({**THEIRS, "owner": "realtime/staging"}, None, ["network_vpc_id"]),
        (THEIRS, "vpc-00000000000000001", ["network_vpc_id"]),
        ({**THEIRS, "cidrs": ["10.8.0.0/16"]}, None, ["network_cidr"]),
        ({**THEIRS, "other_subnets": ["10.0.11.0/24"]}, None, ["network_subnets"]),
    ],
)
def test_a_vpc_is_adopted_that_exists_and_is_free(found, standing, refused):
    network = {**FACTS["stack_live"]["network"], "vpc_id": standing}
    live = {
        **FACTS["stack_live"],
        "network": network,
        "adoptable": {"vpcs": {VPC_ID: found}, "keys": {}, "buckets": {}},
    }
    said = faults("network", stack_live=live, network_vpc_id=VPC_ID)
    assert [text.split()[0] for text in said] == refused, said


@pytest.mark.parametrize(
    ("found", "standing", "refused"),
    [
        (COMPANY, {}, 0),
        (COMPANY, {"data": {"arn": COMPANY["arn"], "state": "Enabled"}}, 0),
        (None, {}, 1),
        ({**COMPANY, "usable": False}, {}, 1),
        ({**COMPANY, "owner": "realtime/staging"}, {}, 1),
        (COMPANY, {"data": {"arn": ARN.format("kms", "key/ours"), "state": "Enabled"}}, 1),
    ],
)
def test_a_key_is_adopted_that_exists_and_is_free(found, standing, refused):
    adoptable = {"vpcs": {}, "keys": {"alias/company": found}, "buckets": {}}
    live = {**FACTS["stack_live"], "encryption": {"keys": standing}, "adoptable": adoptable}
    said = faults("encryption", stack_live=live, encryption_adopt={"data": "alias/company"})
    assert len(said) == refused, said
    assert all(text.startswith("encryption_adopt is ") for text in said)


def test_only_keys_of_the_stack_are_adopted():
    assert len(faults("encryption", encryption_adopt={"dat": "alias/company"})) == 1


def test_a_new_major_version_takes_permission_and_an_old_one_is_refused():
    postgres = {**PRIMARY, "engine": "postgres", "engine_version": "17.4"}
    live = {**FACTS["stack_live"], "database": {"primary": postgres, "replica": None}}
    higher = {"stack_live": live, "database_engine": "postgres", "database_engine_version": "18"}
    assert len(faults("database", **higher)) == 1
    assert faults("database", **higher, database_allow_major_version_upgrade=True) == []
    lower = {**higher, "database_engine_version": "16", "database_allow_major_version_upgrade": True}
    assert len(faults("database", **lower)) == 1


@pytest.mark.parametrize(
    ("owned", "audiences", "refused"), [(True, [], 0), (False, ["sts.amazonaws.com"], 0), (False, [], 1)]
)
def test_a_shared_identity_provider_must_have_the_audience(owned, audiences, refused):
    provider = {"arn": "arn", "client_ids": audiences, "owned": owned}
    live = {**FACTS["stack_live"], "pipeline": {**FACTS["stack_live"]["pipeline"], "identity_provider": provider}}
    found = faults("pipeline", stack_live=live, pipeline_github_repository="octo-org/shop")
    assert len(found) == refused, found


@pytest.mark.parametrize(
    ("image", "arns"),
    [
        ("", []),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/production-app:1", []),
        (
            "210987654321.dkr.ecr-fips.us-west-2.amazonaws.com/team/shop@sha256:0",
            ["arn:aws:ecr:us-west-2:210987654321:repository/team/shop"],
        ),
    ],
)
def test_servers_pull_from_the_pipeline_and_from_where_the_image_is(image, arns):
    variables = variables_of("security", compute_image=image)
    found = Templar(loader=loader, variables=variables).template(variables["security_ecr_repository_arns"])
    assert found == ["arn:aws:ecr:us-east-1:123456789012:repository/production-app", *arns]


@pytest.mark.parametrize(
    ("role", "typo", "meant"),
    [
        ("stack", "stack_enviroment", "stack_environment"),
        ("stack", "stak_domain", "stack_domain"),
        ("storage", "storage_static_ia_day", "storage_static_ia_days"),
    ],
)
def test_misspelt_name(role, typo, meant):
    assert any(text.startswith(f"{typo} is not") and meant in text for text in faults(role, **{typo: "x"}))


BUCKET = {"owner": "", "region": "us-east-1", "encryption": "AES256"}
OWN_STATIC = "production-static-assets-123456789012-us-east-1"


@pytest.mark.parametrize(
    ("wanted", "found", "own", "refused"),
    [
        ({"static": "company"}, BUCKET, [], False),
        ({"static": OWN_STATIC}, BUCKET, [OWN_STATIC], False),  # the environment's own bucket becomes one to be kept
        ({"static": "company"}, None, [], True),
        ({"static": "company"}, {**BUCKET, "region": "eu-west-1"}, [], True),
        ({"static": "company"}, {**BUCKET, "owner": "realtime/staging"}, [], True),
        ({"backups": "company"}, {**BUCKET, "encryption": "aws:kms"}, [], False),
        ({"logs": "company"}, {**BUCKET, "encryption": "aws:kms"}, [], True),
        ({"static": "company"}, BUCKET, [OWN_STATIC], True),
        ({"static": "company", "logs": "company"}, BUCKET, [], True),
        ({"assets": "company"}, BUCKET, [], True),
    ],
)
def test_a_bucket_is_adopted_that_exists_and_is_free(wanted, found, own, refused):
    live = {
        **FACTS["stack_live"],
        "adoptable": {"vpcs": {}, "keys": {}, "buckets": dict.fromkeys(wanted.values(), found)},
        "storage": {"buckets": own, "other_buckets": [], "adopted_buckets": []},
    }
    said = faults("storage", stack_live=live, storage_adopt=wanted)
    assert len(said) == int(refused)
    assert all(text.startswith("storage_adopt is ") for text in said)


@pytest.mark.parametrize(
    ("role", "variable", "name"),
    [
        ("network", "network_vpc_id", "production-endpoints-security-group"),
        ("security", "security_vpc_id", "production-web-server-security-group"),
    ],
)
def test_groups_of_others_in_an_adopted_vpc_are_not_taken(role, variable, name):
    adopt = {"network_vpc_id": VPC_ID, "network_interface_endpoints": ["ssm"]} if role == "network" else {}
    for groups, refused in ((["default", "theirs"], 0), (["default", name], 1)):
        found = {**THEIRS, "other_groups": groups}
        live = {**FACTS["stack_live"], "adoptable": {"vpcs": {VPC_ID: found}, "keys": {}, "buckets": {}}}
        said = faults(role, stack_live=live, **adopt)
        assert [text.startswith(f"{variable} is ") and name in text for text in said] == [True] * refused
