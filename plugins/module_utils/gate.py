# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The converged gate: whether a run would find again that there is nothing to do.

What a module does depends on its code, on its inputs and on what AWS answers it. So a run whose modules would put the
same questions, to get the same answers, by the same code and inputs, ends as the last one did. A run that may be
remembered is recorded: each client notes what it asks, and a digest of each answer. If the run has written nothing, the
questions and the digests are its fingerprint. The gate puts the questions again, side by side.

Answers hold what AWS changes by itself; VOLATILE says which members do not count. What is not listed there counts, so
an answer that is unsteady for a reason not known here makes the gate run the roles, and never skip them wrongly.

Of an answer nothing is kept but its part in a digest. Some answers hold secrets, so the digests are keyed, and the key is
stretched from the digest of the inputs: a guess at a weak secret costs as much as a guess at a password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

try:
    from botocore import xform_name
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError
from ansible_collections.realtime.aws.plugins.module_utils.lock import READS

VARIABLE = "REALTIME_AWS_RECORD"  # the play's environment names the run's private directory by it
CALLS, INPUTS, SALT = "calls.jsonl", "inputs", "salt"  # its files
WORKERS = 16
PART, PARTS = 4096, 10  # bytes of a parameter in the standard tier, and how many parameters one call lists
THROTTLED = {"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown"}
STRETCH = {"n": 2**14, "r": 8, "p": 1}  # of scrypt: some 40 ms

# Members that hold where the next page starts, of requests and of answers.
TOKENS = {
    "NextToken",
    "nextToken",
    "Marker",
    "NextMarker",
    "ContinuationToken",
    "NextContinuationToken",
    "StartRecordName",
    "StartRecordType",
    "StartRecordIdentifier",
    "NextRecordName",
    "NextRecordType",
    "NextRecordIdentifier",
}

# What AWS changes by itself, and no role decides by: by service and operation the paths of the members.
VOLATILE: dict[str, dict[str, tuple[str, ...]]] = {
    "autoscaling": {"DescribeAutoScalingGroups": ("AutoScalingGroups.DesiredCapacity", "AutoScalingGroups.Instances")},
    "backup": {
        "DescribeBackupVault": ("NumberOfRecoveryPoints",),
        "GetBackupPlan": ("LastExecutionDate",),
        "ListBackupPlans": ("BackupPlansList.LastExecutionDate",),
        "ListBackupVaults": ("BackupVaultList.NumberOfRecoveryPoints",),
    },
    "budgets": {
        "DescribeBudget": ("Budget.CalculatedSpend",),
        "DescribeBudgets": ("Budgets.CalculatedSpend",),
        "DescribeNotificationsForBudget": ("Notifications.NotificationState",),
    },
    "cloudfront": {"GetDistribution": ("Distribution.InProgressInvalidationBatches",)},
    "cloudwatch": {
        "DescribeAlarms": tuple(
            f"MetricAlarms.{name}"
            for name in (
                "EvaluationState",
                "StateReason",
                "StateReasonData",
                "StateTransitionedTimestamp",
                "StateUpdatedTimestamp",
                "StateValue",
            )
        )
    },
    "ec2": {"DescribeSubnets": ("Subnets.AvailableIpAddressCount",)},
    "ecr": {
        "DescribeImages": ("imageDetails.lastRecordedPullTime",),
        "GetLifecyclePolicy": ("lastEvaluatedAt",),
    },
    "iam": {"GetRole": ("Role.RoleLastUsed",)},
    "lambda": {"GetFunction": ("Code.Location",)},  # a signed address, each time another
    "logs": {"DescribeLogGroups": ("logGroups.storedBytes",)},
    "rds": {"DescribeDBInstances": ("DBInstances.LatestRestorableTime",)},
    "secretsmanager": {
        "DescribeSecret": ("LastAccessedDate",),
        "GetSecretValue": ("SecretString", "SecretBinary"),  # another value has another VersionId
        "ListSecrets": ("SecretList.LastAccessedDate",),
    },
    "sqs": {
        "GetQueueAttributes": (
            "Attributes.ApproximateNumberOfMessages",
            "Attributes.ApproximateNumberOfMessagesDelayed",
            "Attributes.ApproximateNumberOfMessagesNotVisible",
        )
    },
    "sts": {"GetCallerIdentity": ("Arn", "UserId")},  # who it is, and the session; the account counts
}


class Unverified(Exception):
    """Why a run can't be remembered, or a fingerprint not be compared."""


def canonical(value: Any) -> str:
    """Return JSON that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


# --- answers ------------------------------------------------------------------------------------------------------


def normal(service: str, operation: str, answer: Mapping[str, Any]) -> Any:
    """Return what counts of an answer, as JSON's own types.

    Tags and the resources of a list come in any order. An error counts by its code.
    """
    if "Error" in answer:
        return {"Error": answer["Error"].get("Code")}
    left_out = {tuple(path.split(".")) for path in VOLATILE.get(service, {}).get(operation, ())}
    members = {name: value for name, value in answer.items() if name not in TOKENS and name != "ResponseMetadata"}
    counts = _counted(members, left_out, ())
    ordered = {
        name: sorted(value, key=canonical) if isinstance(value, list) else value for name, value in counts.items()
    }
    return {**ordered, "": any(answer.get(name) for name in TOKENS)}  # whether there is a next page


def _counted(value: Any, left_out: set[tuple[str, ...]], path: tuple[str, ...]) -> Any:
    if isinstance(value, Mapping):
        names = [name for name in value if (*path, name) not in left_out]
        return {name: _counted(value[name], left_out, (*path, name)) for name in names}
    if isinstance(value, list):
        items = [_counted(item, left_out, path) for item in value]
        return sorted(items, key=canonical) if items and all(map(_is_tag, items)) else items
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value


def _is_tag(item: Any) -> bool:
    return isinstance(item, dict) and bool({"Key", "TagKey", "key"} & item.keys())


# --- recording ----------------------------------------------------------------------------------------------------


class Recorder:
    """Notes what clients ask and, as digests, what they are answered: one entry a call, in the order of each thread.

    An entry has layer and either write, the operation of a call that writes, or question (service, region, operation,
    parameters), page (0 for the first) and answer.
    """

    def __init__(self, note: Callable[[dict[str, Any]], None], layer: str = "") -> None:
        self._note = note
        self._layer = layer
        self._thread = threading.local()

    def listen(self, client: Any, region: str) -> None:
        """Note client's calls; region is the one that it was made for."""
        service = client.meta.service_model.service_name

        def asked(params: dict[str, Any], model: Any, context: dict[str, Any], **kwargs: Any) -> None:
            if not model.name.startswith(READS):
                self._note({"layer": self._layer, "write": f"{service}:{model.name}"})
                return
            question, page = [service, region, model.name, params], 0
            last, last_page, starts = self._pages.get((service, region, model.name), (question, 0, set()))
            tokens = {str(value) for name, value in params.items() if name in TOKENS}
            if tokens and tokens <= starts:
                question, page = last, last_page + 1
            context[self] = question, page

        def answered(parsed: dict[str, Any], model: Any, context: dict[str, Any], **kwargs: Any) -> None:
            error = parsed.get("Error", {}).get("Code")
            status = parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 200)
            if self not in context or error in THROTTLED or status >= 500:
                return
            question, page = context.pop(self)
            starts = {str(value) for name, value in parsed.items() if name in TOKENS}
            self._pages[service, region, model.name] = question, page, starts
            answer = digest(normal(service, model.name, parsed))
            self._note({"layer": self._layer, "question": question, "page": page, "answer": answer})

        client.meta.events.register("provide-client-params", asked)
        client.meta.events.register_last("after-call", answered)

    @property
    def _pages(self) -> dict[tuple[str, str, str], tuple[list[Any], int, set[str]]]:
        """This thread's last question to each operation, the page it got, and where the next one starts."""
        if not hasattr(self._thread, "pages"):
            self._thread.pages = {}
        return self._thread.pages


def run_recorder(directory: str, layer: str) -> Recorder:
    """Return a recorder that adds to the run's record; all modules of a run share the file."""
    file = os.open(Path(directory, CALLS), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    turn = threading.Lock()

    def note(entry: dict[str, Any]) -> None:
        line = json.dumps({**entry, "by": f"{os.getpid()}-{threading.get_ident()}"}, default=_refuse) + "\n"
        with turn:
            os.write(file, line.encode())

    return Recorder(note, layer)


def _refuse(value: Any) -> Any:
    raise AnsibleAWSError(message=f"A question with {type(value).__name__} can't be recorded")


# --- fingerprints -------------------------------------------------------------------------------------------------


@dataclass
class Question:
    """One question, the digests of its answer's pages, and the layers that put it."""

    service: str
    region: str
    operation: str
    params: dict[str, Any]
    layers: set[str] = field(default_factory=set)
    answer: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return canonical([self.service, self.region, self.operation, self.params])


def assemble(entries: Iterable[Mapping[str, Any]]) -> list[Question]:
    """Return the questions of a record; raise Unverified if it does not stand for one state of things."""
    open_answers: dict[tuple[str, str], list[str]] = {}
    answers: dict[str, list[list[str]]] = {}
    questions: dict[str, Question] = {}
    for entry in entries:
        if "write" in entry:
            raise Unverified(f"the run has written ({entry['write']})")
        question = Question(*entry["question"])
        questions.setdefault(question.key, question).layers.add(entry["layer"])
        whose = entry.get("by", ""), question.key
        if entry["page"] == 0:
            open_answers[whose] = []
            answers.setdefault(question.key, []).append(open_answers[whose])
        open_answers[whose].append(entry["answer"])
    for key, question in questions.items():
        question.answer = max(answers[key], key=len)
        if any(other != question.answer[: len(other)] for other in answers[key]):
            raise Unverified(f"AWS's answers to {question.service}:{question.operation} differed during the run")
    return [questions[key] for key in sorted(questions)]


def read_record(directory: str) -> list[Question]:
    """Return the questions of the run that is recorded in the directory."""
    with Path(directory, CALLS).open(encoding="utf-8") as lines:
        return assemble(map(json.loads, lines))


@dataclass
class Fingerprint:
    """What is kept of a run that found nothing to do."""

    salt: str
    inputs: str
    layers: dict[str, str]
    questions: list[Question]
    shown: dict[str, Any]

    def differing(self, inputs: str, answers: Mapping[str, list[str]]) -> list[str]:
        """Return the layers whose answers are not the same now."""
        key = stretched(inputs, self.salt)
        now = layer_digests(key, self.questions, answers)
        return [layer for layer in self.layers if not hmac.compare_digest(self.layers[layer], now[layer])]

    def has_inputs(self, inputs: str) -> bool:
        return hmac.compare_digest(self.inputs, keyed(stretched(inputs, self.salt), "inputs"))


def stretched(inputs: str, salt: str) -> bytes:
    """Return the key of the digests; it takes its time, see the module's head."""
    return hashlib.scrypt(inputs.encode(), salt=bytes.fromhex(salt), **STRETCH)


def keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def layer_digests(key: bytes, questions: list[Question], answers: Mapping[str, list[str]]) -> dict[str, str]:
    """Return for each layer a digest of all that it asked and was answered; a question without an answer differs too."""
    layers = sorted({layer for question in questions for layer in question.layers})
    asked = {layer: [each.key for each in questions if layer in each.layers] for layer in layers}
    return {layer: keyed(key, canonical([[each, answers.get(each)] for each in asked[layer]])) for layer in layers}


def take(questions: list[Question], inputs: str, salt: str, shown: dict[str, Any]) -> Fingerprint:
    """Return the fingerprint of a run: the same each time, so that it is written only when it is another."""
    key = stretched(inputs, salt)
    layers = layer_digests(key, questions, {question.key: question.answer for question in questions})
    return Fingerprint(salt, keyed(key, "inputs"), layers, questions, shown)


def pack(fingerprint: Fingerprint) -> list[str]:
    """Return the fingerprint as values of parameters."""
    layers = sorted(fingerprint.layers)
    questions = [
        [
            each.service,
            each.region,
            each.operation,
            each.params,
            len(each.answer),
            sorted(map(layers.index, each.layers)),
        ]
        for each in fingerprint.questions
    ]
    content = {**vars(fingerprint), "questions": questions}
    text = base64.b64encode(zlib.compress(canonical(content).encode(), 9)).decode()
    parts = [text[start : start + PART] for start in range(0, len(text), PART)]
    if len(parts) > PARTS:
        raise Unverified(f"its fingerprint needs {len(parts)} parameters; allowed: {PARTS}")
    return parts


def unpack(parts: list[str]) -> Fingerprint:
    """Return what pack was given, but of the answers only how many pages they have."""
    try:
        content = json.loads(zlib.decompress(base64.b64decode("".join(parts), validate=True)))
        layers = sorted(content["layers"])
        questions = [
            Question(*question, layers={layers[index] for index in whose}, answer=[""] * pages)
            for *question, pages, whose in content["questions"]
        ]
        return Fingerprint(**{**content, "questions": questions})
    except (ValueError, TypeError, KeyError, LookupError, zlib.error) as error:
        raise Unverified("the fingerprint can't be read") from error


# --- asking again -------------------------------------------------------------------------------------------------


def ask_again(questions: list[Question], make_client: Callable[[str, str], Any]) -> dict[str, list[str]]:
    """Put the questions again, side by side; return the digests of the answers by the questions' keys.

    make_client(service, region) returns a boto3 client. Errors that are no answers are
    raised: AWS can't be reached, or throttles too long.
    """
    entries: list[dict[str, Any]] = []
    recorder = Recorder(entries.append)
    clients = {}
    for service, region in sorted({(question.service, question.region) for question in questions}):
        clients[service, region] = make_client(service, region)
        recorder.listen(clients[service, region], region)
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        list(pool.map(lambda question: _ask(clients[question.service, question.region], question), questions))
    return {question.key: question.answer for question in assemble(entries)}


def _ask(client: Any, question: Question) -> None:
    method = xform_name(question.operation)
    try:
        if len(question.answer) > 1 and client.can_paginate(method):
            pages = client.get_paginator(method).paginate(**question.params)
            list(islice(pages, len(question.answer)))
        else:
            getattr(client, method)(**question.params)
    except ClientError:
        pass  # an answer too, and noted; or throttling, and then the question has none


# --- the parameters -----------------------------------------------------------------------------------------------


def parameter_path(project: str, environment: str) -> str:
    """Return below what the parameters of a fingerprint are; they are numbered."""
    return f"/realtime.aws/{project}/{environment}/verified"


def get_parts(client: Any, path: str) -> list[str]:
    """Return the values of the parameters below the path, in order."""
    found = client.get_parameters_by_path(Path=path, MaxResults=PARTS)["Parameters"]
    return [each["Value"] for each in sorted(found, key=lambda each: each["Name"])]
