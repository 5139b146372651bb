"""EC2: defaults of an account in a region, of which moto has the encryption of volumes alone."""

from __future__ import annotations

from typing import Any

from sandbox.hooks import Answer, AwsError, Call, Forward, around, store

UNBLOCKED, AWS_KEY = "unblocked", "alias/aws/ebs"
NO_PREFERENCE = ("no-preference", -1)

_settings: dict[tuple[tuple[str, str], str], Any] = store()


def _setting(call: Call, name: str, default: Any) -> Any:
    return _settings.setdefault((call.scope, name), default)


@around("ec2", "GetEbsDefaultKmsKeyId")
def get_default_key(call: Call, _forward: Forward) -> Answer:
    """AWS's own key, unless there is another."""
    return {"KmsKeyId": _setting(call, "key", AWS_KEY)}


@around("ec2", "ModifyEbsDefaultKmsKeyId", "ResetEbsDefaultKmsKeyId")
def set_default_key(call: Call, _forward: Forward) -> Answer:
    """It is not looked whether the key exists: EC2 does not either, before a volume is made."""
    _settings[call.scope, "key"] = call.params.get("KmsKeyId", AWS_KEY)
    return {"KmsKeyId": _settings[call.scope, "key"]}


@around("ec2", "GetSnapshotBlockPublicAccessState")
def get_snapshot_block(call: Call, _forward: Forward) -> Answer:
    """Nothing is blocked in a new account."""
    return {"State": _setting(call, "snapshots", UNBLOCKED), "ManagedBy": "account"}


@around("ec2", "EnableSnapshotBlockPublicAccess", "DisableSnapshotBlockPublicAccess")
def set_snapshot_block(call: Call, _forward: Forward) -> Answer:
    """Blocked for all snapshots or new ones."""
    state = call.params.get("State", UNBLOCKED)
    if call.operation.startswith("Enable") and state not in ("block-all-sharing", "block-new-sharing"):
        raise AwsError("InvalidParameterValue", f"Value ({state}) for parameter State is invalid.")
    _settings[call.scope, "snapshots"] = state
    return {"State": state}


@around("ec2", "GetInstanceMetadataDefaults")
def get_metadata_defaults(call: Call, _forward: Forward) -> Answer:
    """What no preference was said of is not shown."""
    return {"AccountLevel": _setting(call, "metadata", {})}


@around("ec2", "ModifyInstanceMetadataDefaults")
def set_metadata_defaults(call: Call, _forward: Forward) -> Answer:
    """What the call leaves out stays."""
    said = {key: value for key, value in call.params.items() if key != "DryRun"}
    kept = {**_setting(call, "metadata", {}), **said}
    _settings[call.scope, "metadata"] = {key: value for key, value in kept.items() if value not in NO_PREFERENCE}
    return {"Return": True}
