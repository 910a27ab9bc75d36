"""Our own document of Systems Manager, the only one that the fleet service may have a host run.

It has a fixed set of kinds, and parameters that Systems Manager holds to patterns without a sign
that means anything to a shell.
"""

from typing import Any, Final

from kiosk_contracts.commands import CommandKind, CommandToRun, LogSource

HOST_DOCUMENT: Final = "EventPro-HostCommand"
BY_SSM: Final = (CommandKind.DOCTOR, CommandKind.LOGS, CommandKind.REBOOT)
"""What a host does without its agent. Draining and the screen are the agent's and the supervisor's;
a support bundle is more than Systems Manager brings back."""
MOST_OUTPUT: Final = 20_000
"""Characters of what a host says; Systems Manager keeps 24,000."""
_STEP_S: Final = "600"
_RUN: Final = (
    "exec /usr/bin/kiosk-agent host-command '{{ kind }}' --id '{{ commandId }}' "
    "--forced '{{ forced }}' --source '{{ source }}' --lines '{{ lines }}'"
)


def host_document() -> dict[str, Any]:
    """Return the document's content.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
    """
    return {
        "schemaVersion": "2.2",
        "description": "EventPro: what operators have a venue host do whose agent does not answer",
        "parameters": {
            "kind": _one_of("What to do.", *BY_SSM),
            "commandId": {
                "type": "String",
                "description": "The command's id; a host does it once.",
                "allowedPattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            },
            "forced": _one_of("reboot: also while somebody is served.", "no", "yes"),
            "source": _one_of("logs: whose.", *LogSource),
            "lines": {
                "type": "String",
                "description": "logs: how many of the newest.",
                "allowedPattern": "^[1-9][0-9]{0,3}$",
            },
        },
        "mainSteps": [
            {
                "action": "aws:runShellScript",
                "name": "hostCommand",
                "precondition": {"StringEquals": ["platformType", "Linux"]},
                "inputs": {"timeoutSeconds": _STEP_S, "runCommand": [_RUN]},
            }
        ],
    }


def document_parameters(command: CommandToRun) -> dict[str, list[str]]:
    """Return a command as the document takes it."""
    return {
        "kind": [command.kind.value],
        "commandId": [str(command.command_id)],
        "forced": ["yes" if command.forced else "no"],
        "source": [command.source.value],
        "lines": [str(command.lines)],
    }


def _one_of(words: str, *values: str) -> dict[str, Any]:
    allowed = [str(one) for one in values]
    return {"type": "String", "description": words, "allowedValues": allowed}
