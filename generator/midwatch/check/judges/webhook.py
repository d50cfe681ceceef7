"""Asks the webhook itself whether it is there: one that was revoked looks in its file like any other."""

from __future__ import annotations

from midwatch.check.finding import Blocker, Finding
from midwatch.check.judge import Judge, Verdict, decided, finding, nothing, skipped
from midwatch.check.stack import Stack
from midwatch.check.webhook import ask, webhooks


def _judge(stack: Stack) -> Verdict:
    if stack.offline:
        return nothing("not asked: offline")
    # What is no address at all is the matter of the rule webhook-secret.
    known = [one for one in webhooks(stack) if one.address.startswith(("https://", "http://"))]
    if not known:
        return nothing("no webhook yet")
    if not (asked := [one for one in known if not one.starts_something]):
        return nothing("not asked: the question would start the workflow")
    found: list[Finding] = []
    unknown: list[str] = []
    for webhook in asked:
        answer = ask(webhook)
        if answer.refused:
            said = f"{answer.status}{f' ({answer.why})' if answer.why else ''}"
            text = f"the webhook in {webhook.path} answers {said}: it takes no message"
            found.append(finding(text, stack.at("secrets", webhook.secret), key=f"secrets.{webhook.secret}"))
        elif not answer.there:
            unknown.append(f"{webhook.path}: {answer.status or answer.why}")
    if unknown and not found:
        return skipped(f"the webhook could not be asked from here ({', '.join(unknown)}); on the host: ./ops page-test")
    return decided(found, reason="asked without a message")


JUDGE = Judge(
    id="webhook",
    title="The webhook takes messages",
    why=(
        "A webhook that was revoked, or whose channel was archived, looks in its file like any other: alerts fire, "
        "and nobody is called. So it is asked, by a message without text, which nobody sees; not with `--offline`."
    ),
    fix="make a new webhook in Slack; 'midwatch secrets --rotate slack_webhook_url'; './ops page-test' on the host",
    blocker=Blocker.ALERTING,
    judge=_judge,
)
