# Copyright: Contributors to the realtime.aws collection
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Send what arrives on the alarm topics to a chat webhook (Slack's JSON, which Mattermost and others take, too).

The webhook's URL is a secret: it is read from Secrets Manager at each call, so that a new one is used at once, and it
is never logged. Without a secret the message is logged and nothing else happens.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from typing import Any

SYMBOLS = {"ALARM": ":red_circle:", "OK": ":large_green_circle:", "INSUFFICIENT_DATA": ":white_circle:"}
LIMIT = 3000  # characters; a chat message may be longer, a notice should not
TIMEOUT = 5  # seconds


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Send each message of the event. What fails is raised, so that Lambda tries again and then keeps the event."""
    texts = [format_message(record["Sns"]) for record in event.get("Records", [])]
    secret = os.environ.get("WEBHOOK_SECRET", "")
    if not secret:
        for text in texts:
            print(f"no webhook is set; not sent: {text}")
        return {"sent": 0}
    url = webhook_url(read_secret(secret))
    for text in texts:
        send(url, text)
    return {"sent": len(texts)}


def format_message(message: dict[str, Any]) -> str:
    """Return the text for an SNS message: an alarm's in words, anything else as it is."""
    body = message.get("Message") or ""
    try:
        alarm = json.loads(body)
    except ValueError:
        alarm = None
    if isinstance(alarm, dict) and "AlarmName" in alarm:
        text = format_alarm(alarm)
    else:  # budgets and people send plain text
        subject = message.get("Subject")
        text = f"*{escape(subject)}*\n{escape(body)}" if subject else escape(body)
    return text if len(text) <= LIMIT else text[: LIMIT - 1] + "…"


def format_alarm(alarm: dict[str, Any]) -> str:
    """Return a CloudWatch alarm's change of state: what, where, why, when."""
    state = alarm.get("NewStateValue", "?")
    lines = [f"{SYMBOLS.get(state, '')} *{escape(state)}: {escape(alarm['AlarmName'])}*".strip()]
    trigger = alarm.get("Trigger") or {}
    dimensions = ", ".join(f"{item.get('name')}={item.get('value')}" for item in trigger.get("Dimensions") or [])
    metric = " ".join(filter(None, [trigger.get("Namespace"), trigger.get("MetricName"), dimensions]))
    lines += filter(None, [alarm.get("AlarmDescription"), metric, alarm.get("NewStateReason")])
    where = [alarm.get("Region"), alarm.get("AWSAccountId"), alarm.get("StateChangeTime")]
    lines.append(" · ".join(filter(None, where)))
    return "\n".join([lines[0], *(escape(line) for line in lines[1:] if line)])


def escape(text: str) -> str:
    """Keep chat markup out: `<!channel>` in an alarm's text must not ring everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def read_secret(name: str) -> str:
    import boto3  # part of Lambda's runtime; not needed without a webhook

    return boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]


def webhook_url(secret: str) -> str:
    """Return the URL in the secret: the secret itself, or its key `url`. The error doesn't show it."""
    try:
        value = json.loads(secret)
    except ValueError:
        value = secret
    url = value.get("url") if isinstance(value, dict) else value
    if not isinstance(url, str) or not re.fullmatch(r"https://[\x21-\x7e]+", url.strip()):
        raise ValueError('the secret holds no https:// URL; allowed: the URL itself, or {"url": "https://…"}')
    return url.strip()


def send(url: str, text: str) -> None:
    body = json.dumps({"text": text}).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=TIMEOUT):  # raises for any answer but 2xx
        pass
