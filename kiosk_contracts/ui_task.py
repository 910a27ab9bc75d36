"""The kiosk UI's task at a venue, as ECS registers it. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
What external instances support: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html
"""

from typing import Any, Final

from kiosk_contracts.ui_task_terms import LOG_ON_DISK, UiTaskTerms

CONTAINER: Final = "ui"
UI_USER: Final = "10600:10600"
"""`eventpro-ui` on every venue host (systemd/sysusers.d), whose group the UI socket is open to."""
SOCKETS: Final = "/run/eventpro"
"""A folder of tmpfiles: it outlives restarts of the agent, and so does what mounts it."""
LOCAL_TIME: Final = "/etc/localtime"
STOP_S: Final = 120
"""To finish the sale at hand."""
RESTART_AFTER_S: Final = 60
"""The least that ECS takes: how long a container has to have run to be started again."""


def kiosk_ui_task(terms: UiTaskTerms) -> dict[str, Any]:
    """Return the input of RegisterTaskDefinition.

    There is no task role and no secret: the UI talks to its agent's socket, and to nothing else.
    """
    task: dict[str, Any] = {
        "family": terms.family,
        "requiresCompatibilities": ["EXTERNAL"],
        "networkMode": "none",
        "volumes": [
            {"name": "sockets", "host": {"sourcePath": SOCKETS}},
            {"name": "local-time", "host": {"sourcePath": LOCAL_TIME}},
        ],
        "containerDefinitions": [_container(terms)],
    }
    if terms.execution_role is not None:
        task["executionRoleArn"] = terms.execution_role
    return task


def _container(terms: UiTaskTerms) -> dict[str, Any]:
    return {
        "name": CONTAINER,
        "image": terms.image,
        "essential": True,
        "memory": terms.memory_mib,
        **_confinement(),
        # The console shows and works this terminal; nobody else has one.
        "pseudoTerminal": True,
        "interactive": True,
        "stopTimeout": STOP_S,
        "restartPolicy": {"enabled": True, "restartAttemptPeriod": RESTART_AFTER_S},
        "healthCheck": {
            "command": ["CMD", "python3", "-S", "-m", "kiosk_ui.health"],
            "interval": 15,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 60,
        },
        "mountPoints": [
            # Read-only keeps nobody from connecting to a socket in it, but from removing it.
            {"sourceVolume": "sockets", "containerPath": SOCKETS, "readOnly": True},
            {"sourceVolume": "local-time", "containerPath": LOCAL_TIME, "readOnly": True},
        ],
        "environment": [
            {"name": name, "value": value} for name, value in sorted(terms.environment.items())
        ],
        "logConfiguration": {
            "logDriver": terms.log_driver,
            "options": _log_options(terms),
        },
    }


def _confinement() -> dict[str, Any]:
    return {
        "user": UI_USER,
        "privileged": False,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "dockerSecurityOptions": ["no-new-privileges"],
    }


def _log_options(terms: UiTaskTerms) -> dict[str, str]:
    if terms.log_driver == "json-file" and not terms.log_options:
        return dict(LOG_ON_DISK)
    return dict(terms.log_options)
