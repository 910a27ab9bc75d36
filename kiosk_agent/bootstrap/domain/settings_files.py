"""The settings of the ECS agent and of Docker, written over what is there. Pure.

ECS takes attributes from the host at its first registration alone, so they are written before it.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
https://docs.docker.com/engine/logging/drivers/json-file/
"""

import json
from collections.abc import Mapping
from typing import Any, Final

ECS_CONFIG: Final = "/etc/ecs/ecs.config"
DOCKER_CONFIG: Final = "/etc/docker/daemon.json"
_CLUSTER: Final = "ECS_CLUSTER"
_ATTRIBUTES: Final = "ECS_INSTANCE_ATTRIBUTES"
_FIXED: Final[Mapping[str, str]] = {
    # A venue's line must not decide whether a screen starts; cleaning up is the supervisor's.
    "ECS_IMAGE_PULL_BEHAVIOR": "prefer-cached",
}
_LOG_DRIVER: Final = "json-file"
_LOG_OPTIONS: Final[Mapping[str, Any]] = {"max-size": "10m", "max-file": "3"}
_FILE_DRIVERS: Final = frozenset({_LOG_DRIVER, "local"})
"""They fill the disk; of the others' options, Docker refuses to start with one not their own."""


class SettingsFileError(Exception):
    """What is there can't be read, and so is not written over; the text says why."""


def write_ecs_config(before: str, cluster: str, attributes: Mapping[str, str]) -> str:
    """Return the ECS agent's settings: ours, and of what is there all that is not ours."""
    ours = {
        _CLUSTER: cluster,
        _ATTRIBUTES: json.dumps(dict(attributes), separators=(",", ":"), sort_keys=True),
        **_FIXED,
    }
    kept = [line for line in before.splitlines() if _name(line) not in ours]
    return "\n".join([*kept, *(f"{name}={value}" for name, value in ours.items())]) + "\n"


def write_ecs_init_config(before: str, region: str) -> str:
    """Return the settings of the ECS agent's init: this is no EC2 instance, and where it is."""
    ours = {"AWS_DEFAULT_REGION": region, "ECS_EXTERNAL": "true"}
    kept = [line for line in before.splitlines() if _name(line) not in ours]
    return "\n".join([*kept, *(f"{name}={value}" for name, value in ours.items())]) + "\n"


def write_proxy_drop_in(proxy: str, skipped: str) -> str:
    """Return what has a unit go by the venue's proxy (systemd.exec(5)); raises SettingsFileError.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/http_proxy_config.html
    """
    if not proxy.isprintable() or not skipped.isprintable() or '"' in proxy + skipped:
        raise SettingsFileError("the proxy that is set has a character that no proxy has")
    # A percent sign is systemd's own: in a password it stands twice.
    values = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": never_by_proxy(skipped)}
    lines = [
        f'Environment="{each}={values[name]}"'.replace("%", "%%")
        for name in values
        for each in (name, name.lower())
    ]
    return "\n".join(["# Written by kiosk-agent bootstrap.", "[Service]", *lines, ""])


def never_by_proxy(skipped: str) -> str:
    """Return what is reached straight: what the venue says, and what is on this host."""
    own = ("169.254.169.254", "169.254.170.2", "127.0.0.1", "localhost", "/var/run/docker.sock")
    return ",".join(dict.fromkeys([*(one for one in skipped.split(",") if one), *own]))


def read_ecs_config(text: str) -> dict[str, str] | None:
    """Return `cluster` and the attributes that are written; None if none are."""
    values = {_name(line): line.partition("=")[2].strip() for line in text.splitlines()}
    if _CLUSTER not in values or any(values.get(name) != _FIXED[name] for name in _FIXED):
        return None
    try:
        attributes = json.loads(values.get(_ATTRIBUTES) or "{}")
    except ValueError:
        return None
    if not isinstance(attributes, dict):
        return None
    return {
        **{str(name): str(attributes[name]) for name in attributes},
        "cluster": values[_CLUSTER],
    }


def write_docker_config(before: str) -> str:
    """Return Docker's settings with limits to its logs; all that is there stays as it is.

    Raises SettingsFileError for what is no JSON object: whoever wrote it has to look.
    """
    settings = _docker(before)
    if not limits_logs(before):
        driver = {"log-driver": settings.get("log-driver", _LOG_DRIVER)}
        settings |= {**driver, "log-opts": {**_LOG_OPTIONS, **_log_options(settings)}}
    return json.dumps(settings, indent=2) + "\n"


def limits_logs(text: str) -> bool:
    """Say whether Docker's settings limit its logs, by ours or by other figures.

    Logs that go elsewhere than to files of Docker's are limited there.
    """
    settings = _docker(text)
    if settings.get("log-driver", _LOG_DRIVER) not in _FILE_DRIVERS:
        return True
    return "max-size" in _log_options(settings)


def _log_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    options = settings.get("log-opts", {})
    if not isinstance(options, dict):
        raise SettingsFileError(f"the log-opts of {DOCKER_CONFIG} are no JSON object")
    return options


def _docker(text: str) -> dict[str, Any]:
    if "\ufffd" in text:
        # What was read in its place would be written.
        raise SettingsFileError(f"{DOCKER_CONFIG} is no UTF-8")
    try:
        settings = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise SettingsFileError(f"{DOCKER_CONFIG} is no JSON: {error}") from error
    if not isinstance(settings, dict):
        raise SettingsFileError(f"{DOCKER_CONFIG} is no JSON object")
    return settings


def _name(line: str) -> str:
    return line.partition("=")[0].strip()
