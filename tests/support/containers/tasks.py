"""A task definition as the ECS agent has Docker run it."""

from collections.abc import Mapping, Sequence
from typing import Any

_OPTIONS = {
    "image",
    "name",
    "essential",
    "memory",
    "user",
    "privileged",
    "readonlyRootFilesystem",
    "linuxParameters",
    "dockerSecurityOptions",
    "pseudoTerminal",
    "interactive",
    "stopTimeout",
    "restartPolicy",
    "healthCheck",
    "mountPoints",
    "environment",
    "logConfiguration",
}


def docker_words(
    task: Mapping[str, Any], host: Mapping[str, str], *more: str, health_s: int | None = None
) -> Sequence[str]:
    """Return the words after `docker create`, image and all.

    `host` has other paths for those of the host; `health_s`: the health check is made so often.
    """
    [one] = task["containerDefinitions"]
    assert set(one) <= _OPTIONS, "something of the definition would not be tried"
    words = ["--network", task["networkMode"], "--user", one["user"], "--memory"]
    words += [f"{one['memory']}m", "--stop-timeout", str(one["stopTimeout"])]
    flags = {
        "--read-only": one["readonlyRootFilesystem"],
        "--tty": one["pseudoTerminal"],
        "--interactive": one["interactive"],
        "--privileged": one["privileged"],
    }
    words += [flag for flag, wanted in flags.items() if wanted]
    words += [f"--cap-drop={name}" for name in one["linuxParameters"]["capabilities"]["drop"]]
    words += [f"--security-opt={name}" for name in one["dockerSecurityOptions"]]
    words += [f"--env={pair['name']}={pair['value']}" for pair in one["environment"]]
    words += _mounts(task, one, host) + _log(one) + _health(one["healthCheck"], health_s)
    return [*words, *more, one["image"]]


def _mounts(task: Mapping[str, Any], one: Mapping[str, Any], host: Mapping[str, str]) -> list[str]:
    paths = {volume["name"]: volume["host"]["sourcePath"] for volume in task["volumes"]}
    words = []
    for mount in one["mountPoints"]:
        path = paths[mount["sourceVolume"]]
        mode = "ro" if mount["readOnly"] else "rw"
        words.append(f"--volume={host.get(path, path)}:{mount['containerPath']}:{mode}")
    return words


def _log(one: Mapping[str, Any]) -> list[str]:
    log = one["logConfiguration"]
    options = [f"--log-opt={name}={value}" for name, value in log["options"].items()]
    return [f"--log-driver={log['logDriver']}", *options]


def _health(check: Mapping[str, Any], every_s: int | None) -> list[str]:
    kind, *command = check["command"]
    # Docker's command line knows a health check by a shell alone; the image has the same one.
    assert kind == "CMD"
    assert command
    times = {"interval": every_s or check["interval"], "timeout": check["timeout"]}
    # Docker passes over failures in the first seconds; a test wants to see them.
    begins = 0 if every_s else check["startPeriod"]
    words = [f"--health-{name}={seconds}s" for name, seconds in times.items()]
    return [
        *words,
        f"--health-retries={check['retries'] if every_s is None else 1}",
        f"--health-start-period={begins}s",
    ]
