"""EBS: sizes, IOPS and throughput of volumes, which EC2 looks at when it makes them: a launch template takes any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sandbox.hooks import Answer, AwsError, Call, Forward, around
from sandbox.services.kms import unusable


class Kind(NamedTuple):
    """What volumes of a type may have: GiB, IOPS, and the most IOPS a GiB."""

    sizes: tuple[int, int]
    iops: tuple[int, int] | None = None
    ratio: int = 0


KINDS = {
    "gp2": Kind((1, 16384)),
    "gp3": Kind((1, 65536), (3000, 80000), 500),
    "io1": Kind((4, 16384), (100, 64000), 50),
    "io2": Kind((4, 65536), (100, 256000), 1000),
    "sc1": Kind((125, 16384)),
    "st1": Kind((125, 16384)),
    "standard": Kind((1, 1024)),
}
THROUGHPUT = (125, 2000)  # MiB/s, of gp3 alone
THROUGHPUT_RATIO = 0.25  # MiB/s an IOPS


def volume_faults(call: Call, volume: dict[str, Any], default: str) -> Iterator[tuple[str, str]]:
    """Why a volume can't be made, as code and message: `volume` has `VolumeType`, `VolumeSize`, `Iops`, ... of an `Ebs`."""
    name = volume.get("VolumeType", default)
    size, iops, throughput = (
        int(volume[member]) if volume.get(member) is not None else None
        for member in ("VolumeSize", "Iops", "Throughput")
    )
    kind, key = KINDS[name], volume.get("KmsKeyId")
    if size is not None:
        yield from _outside(f"Volume of {size}GiB", "GiB", size, kind.sizes, small="small", large="large")
    if iops is not None and kind.iops is None:
        yield "InvalidParameterCombination", f"The parameter iops is not supported for {name} volumes."
    elif kind.iops is not None and iops is None and name.startswith("io"):
        yield "MissingParameter", "The request must contain the parameter iops"
    elif kind.iops is not None and iops is not None:
        yield from _outside(f"Volume iops of {iops}", "", iops, kind.iops)
        if size and iops / size > kind.ratio:
            text = f"Iops to volume size ratio of {iops / size:.6f} is too high; maximum is {kind.ratio}"
            yield "InvalidParameterValue", text
    if throughput is not None:
        if name != "gp3":
            yield "InvalidParameterCombination", f"The parameter throughput is not supported for {name} volumes."
        yield from _outside(f"Volume throughput of {throughput} MiBps", " MiBps", throughput, THROUGHPUT)
        ratio = throughput / (iops or KINDS["gp3"].iops[0])  # type: ignore[index]
        if ratio > THROUGHPUT_RATIO:
            text = f"Throughput (MiBps) to iops ratio of {ratio:.6f} is too high; maximum is {THROUGHPUT_RATIO:.6f} MiBps per iops"
            yield "InvalidParameterValue", text
    if key and not volume.get("Encrypted"):
        yield "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."
    elif key and call.operation == "CreateVolume" and unusable(call, key):
        yield "InvalidKmsKey.NotFound", f"The KMS key {key} does not exist or is not enabled"


def _outside(
    what: str, unit: str, value: int, limits: tuple[int, int], small: str = "low", large: str = "high"
) -> Iterator[tuple[str, str]]:
    least, most = limits
    if value < least:
        yield "InvalidParameterValue", f"{what} is too {small}; minimum is {least}{unit}."
    elif value > most:
        yield "InvalidParameterValue", f"{what} is too {large}; maximum is {most}{unit}."


@around("ec2", "CreateVolume")
def refuse_volume(call: Call, forward: Forward) -> Answer:
    """As one that is launched; gp2 where no type is said."""
    for code, text in volume_faults(call, {**call.params, "VolumeSize": call.params.get("Size")}, "gp2"):
        raise AwsError(code, text)
    forward()
    return None
