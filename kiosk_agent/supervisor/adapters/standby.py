"""The standby's container: what is remembered of ECS's, and what of that root runs again."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from kiosk_agent.supervisor.adapters.docker_images import OURS
from kiosk_agent.supervisor.domain.host import STOP_TIMEOUT_S, UiTask

STANDBY_LABEL: Final = "io.eventpro.kiosk.standby"
_LOCAL_TIME: Final = "/etc/localtime"
_NO_ROOT: Final = re.compile(r"[1-9][0-9]*(?::[0-9]+)?")
"""By number, as our task definition has it: what a name means its image says, and `00` is root."""
_ECS_VARIABLES: Final = ("ECS_", "AWS_")
"""What the ECS agent adds for its own endpoint, which a standby has not."""


def task_of(facts: Mapping[str, Any]) -> UiTask:
    """Return what a container runs, from what Docker says of it (GET /containers/ID/json)."""
    config, host = facts["Config"], facts["HostConfig"]
    said = dict(one.split("=", 1) for one in config["Env"] or () if "=" in one)
    return UiTask(
        image_id=facts["Image"],
        image=config["Image"],
        environment={
            name: value for name, value in said.items() if not name.startswith(_ECS_VARIABLES)
        },
        entry_point=tuple(config.get("Entrypoint") or ()),
        command=tuple(config["Cmd"] or ()),
        health_check=dict(config.get("Healthcheck") or {}),
        user=config["User"],
        binds=tuple(host["Binds"] or ()),
        tmpfs=dict(host.get("Tmpfs") or {}),
        memory_bytes=host["Memory"],
        stop_timeout_s=config.get("StopTimeout") or STOP_TIMEOUT_S,
    )


def refused_why(task: UiTask, labels: Mapping[str, str]) -> str:
    """Return why no standby is run from a task; empty if one may be.

    A container that calls itself the kiosk UI may be anybody's; what root starts again is ours.
    """
    name, _, title = OURS.partition("=")
    if labels.get(name) != title:
        return f"its image is not the kiosk UI's: it has not the label {OURS}"
    if not _NO_ROOT.fullmatch(task.user):
        return "it would or might run as root; the kiosk UI's task has a user's number, not 0"
    return ""


def standby_config(task: UiTask, ui_folder: Path) -> dict[str, Any]:
    """Return how Docker is asked for the standby: as confined as ECS's own, whatever that was.

    Of the host it has no more than `ui_folder` and the local time, to read.
    """
    return {
        "Image": task.image_id,
        "Env": [f"{name}={value}" for name, value in sorted(task.environment.items())],
        **({"Entrypoint": list(task.entry_point)} if task.entry_point else {}),
        **({"Cmd": list(task.command)} if task.command else {}),
        **({"Healthcheck": dict(task.health_check)} if task.health_check else {}),
        "User": task.user,
        "Labels": {STANDBY_LABEL: task.image},
        # Its console is the kiosk's terminal, as that of ECS's container.
        "Tty": True,
        "OpenStdin": True,
        "StopTimeout": task.stop_timeout_s,
        "NetworkDisabled": True,
        "HostConfig": {
            "Binds": list(_known_binds(task, ui_folder)),
            "Tmpfs": dict(task.tmpfs),
            "Memory": task.memory_bytes,
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "RestartPolicy": {"Name": "no"},
            # A terminal's output is what stands on the screen, again and again.
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
        },
    }


def _known_binds(task: UiTask, ui_folder: Path) -> Iterator[str]:
    for bind in task.binds:
        here, _, there = bind.partition(":")
        if here in {str(ui_folder), _LOCAL_TIME}:
            # Read-only keeps nobody from connecting to a socket in it, but from removing it.
            yield f"{here}:{there.partition(':')[0]}:ro"
