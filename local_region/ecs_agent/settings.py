"""What the agent is configured with: the files of the real one, its environment, options.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html
"""

import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.services.task_run import PullBehavior

INTROSPECTION_PORT: Final = 51678
_FILES: Final = ("etc/ecs/ecs.config", "var/lib/ecs/ecs.config")
_LEAST_STOP_S: Final = 1
EngineName = Literal["docker", "memory"]


class SettingsError(Exception):
    """A setting is missing or makes no sense; the text says which and where it is looked for."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """`endpoint` has a scheme. `memory_mib` None: what the host has."""

    cluster: str
    region: str
    endpoint: str
    credentials: Path
    state: Path
    attributes: Mapping[str, str] = field(default_factory=dict)
    pulls: PullBehavior = "default"
    stop_timeout_s: int = 30
    engine: EngineName = "docker"
    docker: str = "unix:///var/run/docker.sock"
    introspection_host: str = "0.0.0.0"  # noqa: S104  as the real one: on every address
    introspection_port: int = INTROSPECTION_PORT
    ca_file: Path | None = None
    memory_mib: int | None = None
    pace: Pace = field(default_factory=Pace)


def configured(root: Path, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the agent's variables: from both files under `root`, the environment over them."""
    found: dict[str, str] = {}
    for name in _FILES:
        path = root / name
        for line in path.read_text().splitlines() if path.exists() else ():
            key, sign, value = line.partition("=")
            if sign and not key.lstrip().startswith("#"):
                found[key.strip()] = value.strip()
    given = os.environ if environment is None else environment
    return found | {name: value for name, value in given.items() if value}


def settings_of(root: Path, variables: Mapping[str, str], pace: Pace) -> AgentSettings:
    """Read the agent's variables; raises SettingsError."""
    endpoint = variables.get("ECS_BACKEND_HOST", "")
    region = variables.get("AWS_DEFAULT_REGION") or variables.get("AWS_REGION", "")
    for name, value in (("ECS_BACKEND_HOST", endpoint), ("AWS_DEFAULT_REGION", region)):
        if not value:
            files = " or ".join(str(root / one) for one in _FILES)
            raise SettingsError(f"{name} is missing: set it in {files}, or in the environment.")
    ca_file = variables.get("AWS_CA_BUNDLE")
    return AgentSettings(
        cluster=variables.get("ECS_CLUSTER", "default"),
        region=region,
        endpoint=(endpoint if "://" in endpoint else f"https://{endpoint}").rstrip("/"),
        credentials=root / "root/.aws/credentials",
        state=root / "var/lib/ecs/data",
        attributes=_attributes(variables.get("ECS_INSTANCE_ATTRIBUTES", "{}")),
        pulls=_pulls(variables.get("ECS_IMAGE_PULL_BEHAVIOR", "default")),
        stop_timeout_s=_seconds(variables.get("ECS_CONTAINER_STOP_TIMEOUT", "30s")),
        docker=variables.get("DOCKER_HOST", "unix:///var/run/docker.sock"),
        ca_file=Path(ca_file) if ca_file else None,
        pace=pace,
    )


def host_memory_mib() -> int:
    """Return the host's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1024 * 1024)


def architecture() -> str:
    """Return the host's, in ECS's word for it."""
    return {"aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _attributes(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"ECS_INSTANCE_ATTRIBUTES is no JSON: {error}") from error
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise SettingsError('ECS_INSTANCE_ATTRIBUTES must be like {"venue": "x"}.')
    return found


def _pulls(word: str) -> PullBehavior:
    for known in get_args(PullBehavior):
        if word == known:
            behavior: PullBehavior = known
            return behavior
    known_words = ", ".join(get_args(PullBehavior))
    raise SettingsError(f"ECS_IMAGE_PULL_BEHAVIOR is {word}; it must be one of {known_words}.")


def _seconds(text: str) -> int:
    found = re.fullmatch(r"(\d{1,6})(s|m)", text)
    seconds = int(found[1]) * (60 if found[2] == "m" else 1) if found else 0
    if seconds < _LEAST_STOP_S:
        raise SettingsError(
            f"ECS_CONTAINER_STOP_TIMEOUT is {text}; give seconds or minutes, as 30s or 2m."
        )
    return seconds
