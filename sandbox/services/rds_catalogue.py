"""RDS: what can be ordered: versions, classes, certificate authorities. moto has no such catalogue."""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around

# Engine -> major version -> (minors, oldest first; parameter group family).
VERSIONS = {
    "mysql": {
        "8.0": (["8.0.40", "8.0.41", "8.0.42", "8.0.43", "8.0.44"], "mysql8.0"),
        "8.4": (["8.4.3", "8.4.4", "8.4.5", "8.4.6", "8.4.7"], "mysql8.4"),
    },
    "postgres": {
        "16": (["16.8", "16.9", "16.10", "16.11"], "postgres16"),
        "17": (["17.4", "17.5", "17.6", "17.7"], "postgres17"),
        "18": (["18.1"], "postgres18"),
    },
}
DEFAULT_MAJOR = {"mysql": "8.4", "postgres": "17"}
LOG_TYPES = {
    "mysql": ["audit", "error", "general", "iam-db-auth-error", "slowquery"],
    "postgres": ["iam-db-auth-error", "postgresql", "upgrade"],
}
CLASSES = [
    f"db.{family}.{size}"
    for family, sizes in {
        "t3": "micro small medium large xlarge 2xlarge",
        "t4g": "micro small medium large xlarge 2xlarge",
        "m6g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
        "m6i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
        "m7g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
        "m7i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
        "m8g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
        "r5": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge",
        "r6g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
        "r6i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
        "r7g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
        "r7i": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
        "r8g": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
    }.items()
    for size in sizes.split()
]
CERTIFICATES = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"]


def resolve(engine: str, version: str) -> str:
    """The version that a request means; AWS refuses one that cannot be created today."""
    minors = [minor for entry in VERSIONS[engine].values() for minor in entry[0]]
    if version in VERSIONS[engine]:
        return VERSIONS[engine][version][0][-1]
    if version not in minors:
        raise AwsError("InvalidParameterCombination", f"Cannot find version {version} for {engine}")
    return version


@around("rds", "DescribeDBEngineVersions")
def engine_versions(call: Call, forward: Forward) -> Answer:
    """The versions of mysql and postgres that can be created."""
    params = call.params
    found = []
    for engine, majors in VERSIONS.items():
        for major, (minors, family) in majors.items():
            for position, minor in enumerate(minors):
                if params.get("Engine", engine) != engine or params.get("EngineVersion", minor) not in (major, minor):
                    continue
                if params.get("DBParameterGroupFamily", family) != family:
                    continue
                if params.get("DefaultOnly") and minor != _default(engine, params.get("EngineVersion")):
                    continue
                found.append(_version(engine, major, minor, family, minors[position + 1 :]))
    return {"DBEngineVersions": found}


def _default(engine: str, version: str | None) -> str:
    return resolve(engine, version or DEFAULT_MAJOR[engine])


def _version(engine: str, major: str, minor: str, family: str, newer: list[str]) -> dict[str, Any]:
    title = {"mysql": "MySQL Community Edition", "postgres": "PostgreSQL"}[engine]
    return {
        "Engine": engine,
        "EngineVersion": minor,
        "MajorEngineVersion": major,
        "DBParameterGroupFamily": family,
        "DBEngineDescription": title,
        "DBEngineVersionDescription": f"{title} {minor}",
        "ValidUpgradeTarget": [
            {
                "Engine": engine,
                "EngineVersion": target,
                "Description": f"{title} {target}",
                "AutoUpgrade": target == newer[-1],
                "IsMajorVersionUpgrade": False,
            }
            for target in newer
        ],
        "ExportableLogTypes": LOG_TYPES[engine],
        "SupportsLogExportsToCloudwatchLogs": True,
        "SupportsReadReplica": True,
        "SupportedEngineModes": ["provisioned"],
        "SupportsGlobalDatabases": False,
        "SupportsParallelQuery": False,
        "SupportsCertificateRotationWithoutRestart": True,
        "SupportedCACertificateIdentifiers": CERTIFICATES,
        "Status": "available",
    }


@around("rds", "DescribeOrderableDBInstanceOptions")
def orderable_options(call: Call, forward: Forward) -> Answer:
    """Every class with every version, in every zone of the region."""
    params = call.params
    engine = params["Engine"]
    if engine not in VERSIONS:
        return forward()
    zones = call.ask("DescribeAvailabilityZones", {}, service="ec2")["AvailabilityZones"]
    minors = [minor for entry in VERSIONS[engine].values() for minor in entry[0]]
    versions = [_default(engine, params["EngineVersion"])] if params.get("EngineVersion") else minors
    classes = [params["DBInstanceClass"]] if params.get("DBInstanceClass") in CLASSES else CLASSES
    if params.get("DBInstanceClass") and params["DBInstanceClass"] not in CLASSES:
        classes = []
    return {
        "OrderableDBInstanceOptions": [
            {
                "Engine": engine,
                "EngineVersion": version,
                "DBInstanceClass": name,
                "LicenseModel": {"mysql": "general-public-license", "postgres": "postgresql-license"}[engine],
                "AvailabilityZones": [{"Name": zone["ZoneName"]} for zone in zones],
                "MultiAZCapable": True,
                "ReadReplicaCapable": True,
                "Vpc": True,
                "StorageType": "gp3",
                "SupportsStorageEncryption": True,
                "SupportsStorageAutoscaling": True,
                "SupportsIops": True,
                "SupportsStorageThroughput": True,
                "SupportsEnhancedMonitoring": True,
                "SupportsPerformanceInsights": not name.endswith((".micro", ".small")),
                "MinStorageSize": 20,
                "MaxStorageSize": 65536,
            }
            for version in versions
            for name in classes
        ]
    }


@around("rds", "DescribeCertificates")
def certificates(call: Call, forward: Forward) -> Answer:
    """The certificate authorities."""
    wanted = call.params.get("CertificateIdentifier")
    names = [name for name in CERTIFICATES if wanted in (None, name)]
    return {
        "DefaultCertificateForNewLaunches": CERTIFICATES[0],
        "Certificates": [{"CertificateIdentifier": name, "CertificateType": "CA"} for name in names],
    }


@around("rds", "DescribePendingMaintenanceActions")
def pending_maintenance(call: Call, forward: Forward) -> Answer:
    """Nothing is ever pending."""
    return {"PendingMaintenanceActions": []}
