# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines of the tables that a preflight and a smoke test show: what was asked, what came of it, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

try:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule reports it.

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

Check = dict[str, Any]
NOT_ASKED = "Let the credentials ask (docs/permissions.md), or mend what the message says"


def passed(subject: str, found: str) -> Check:
    return {"verdict": "pass", "subject": subject, "found": found, "remedy": ""}


def failed(subject: str, found: str, remedy: str) -> Check:
    return {"verdict": "fail", "subject": subject, "found": found, "remedy": remedy}


def skipped(subject: str, found: str, remedy: str = "") -> Check:
    """Return the line of what was not tried, or could not be judged; found says why."""
    return {"verdict": "skipped", "subject": subject, "found": found, "remedy": remedy}


def asked(subject: str, question: Callable[..., Iterable[Check]], *about: Any) -> list[Check]:
    """Return the lines that the question yields; if AWS refuses to answer, one that says so: what is not known has not passed."""
    return answers(lambda why: failed(subject, why, NOT_ASKED), question, *about)


def answers(unknown: Callable[[str], Check], question: Callable[..., Iterable[Check]], *about: Any) -> list[Check]:
    """Return the lines that the question yields; where AWS refuses to answer, the last is the one that unknown makes of the reason."""
    lines: list[Check] = []
    try:
        lines.extend(question(*about))  # those before an error stay
    except (AnsibleAWSError, ClientError, BotoCoreError, ResponseParserError) as error:  # the last: no answer of AWS
        lines.append(unknown(f"not known: {str(error).splitlines()[0]}"))
    return lines
