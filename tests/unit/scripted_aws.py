# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""An account whose answers a test writes down: for modules that ask more than an emulator knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import botocore.exceptions


def client_error(code: str, status: int = 400) -> botocore.exceptions.ClientError:
    answer = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(answer, "Asked")


class ScriptedAws:
    """The client of every service: answers holds, by the method's name, an answer, a function of the arguments, or an exception to raise."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **asked: [getattr(self, operation)(**asked)])

    def __getattr__(self, operation: str) -> Any:
        def call(**asked: Any) -> Any:
            answer = self.answers[operation]
            answer = answer(**asked) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call
