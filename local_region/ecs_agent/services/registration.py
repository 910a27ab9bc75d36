"""Registering, before anything else: an agent that can't, ends.

`amazon-ecs-agent`, `agent/app/agent.go`; which refusal ends it how was measured on v1.105.1.
"""

import asyncio
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog

from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.ports import Checkpoint, Ecs, RefusedError, UnreachableError

log = structlog.get_logger()

AGENT_VERSION: Final = "1.105.1"
AGENT_HASH: Final = "stand-in"
ERROR: Final = 1
TERMINAL: Final = 5
"""After this one the init gives up."""

_ATTEMPTS: Final = 3
_TERMINAL_CODES: Final = ("InvalidParameterException", "ClientException")
_CAPABILITIES: Final = (
    "ecs.capability.external",
    "ecs.capability.container-health-check",
    "ecs.capability.container-restart-policy",
    "ecs.capability.full-sync",
    "com.amazonaws.ecs.capability.privileged-container",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.logging-driver.journald",
    "com.amazonaws.ecs.capability.logging-driver.none",
    "com.amazonaws.ecs.capability.docker-remote-api.1.25",
    "com.amazonaws.ecs.capability.docker-remote-api.1.44",
)


class AgentEndError(Exception):
    """The agent ends with an exit status; the text says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Host:
    """What is registered. `memory_mib` and `cpus` are the host's, `custom` its attributes."""

    cluster: str
    docker_version: str
    memory_mib: int
    cpus: int
    architecture: str = "x86_64"
    custom: Mapping[str, str] = field(default_factory=dict)


async def register(ecs: Ecs, file: Checkpoint, host: Host, pace: Pace) -> str:
    """Return the container instance's ARN; raises AgentEndError."""
    saved = file.saved
    if saved.cluster and saved.cluster != host.cluster:
        raise AgentEndError(
            TERMINAL,
            f"Data mismatch; saved cluster '{saved.cluster}' does not match configured cluster "
            f"'{host.cluster}'. Perhaps you want to delete the configured checkpoint file?",
        )
    if saved.arn is None and saved.token is None:
        # On disk before it is used: the registration that an answer was lost of is found again.
        saved.token = str(uuid.uuid4())
        file.save()
    params = _params(file, host)
    told = (await _answered(ecs, params, pace))["containerInstance"]
    _check_echo(params["attributes"], told["attributes"])
    saved.arn, saved.cluster = str(told["containerInstanceArn"]), host.cluster
    file.save()
    log.info("registered", arn=saved.arn)
    return saved.arn


async def _answered(ecs: Ecs, params: dict[str, Any], pace: Pace) -> dict[str, Any]:
    unreachable = throttled = 0
    while True:
        try:
            return await ecs.call("RegisterContainerInstance", params, timeout_s=pace.attempt)
        except UnreachableError as error:
            unreachable += 1
            if unreachable == _ATTEMPTS:
                raise AgentEndError(ERROR, f"Error registering: {error}") from error
            await asyncio.sleep(pace.register_again)
        except RefusedError as error:
            if not error.throttled:
                status = TERMINAL if error.code in _TERMINAL_CODES else ERROR
                raise AgentEndError(status, f"Error registering: {error}") from error
            pause = pace.throttled.pause(throttled)
            throttled += 1
            log.warning("registration_throttled", again_in_s=round(pause, 1))
            await asyncio.sleep(pause)


def _params(file: Checkpoint, host: Host) -> dict[str, Any]:
    attributes: list[dict[str, str]] = [{"name": name} for name in _CAPABILITIES]
    attributes += [
        {"name": "ecs.os-type", "value": "linux"},
        {"name": "ecs.os-family", "value": "LINUX"},
        {"name": "ecs.cpu-architecture", "value": host.architecture},
    ]
    params: dict[str, Any] = {
        "cluster": host.cluster,
        "attributes": attributes,
        "instanceIdentityDocument": "",
        "instanceIdentityDocumentSignature": "",
        "totalResources": _resources(host),
        "versionInfo": {
            "agentVersion": AGENT_VERSION,
            "agentHash": AGENT_HASH,
            "dockerVersion": f"DockerVersion: {host.docker_version}",
        },
    }
    if file.saved.arn is not None:
        # ECS keeps the custom attributes: a later registration does not send them.
        return {**params, "containerInstanceArn": file.saved.arn}
    attributes += [{"name": name, "value": value} for name, value in host.custom.items()]
    return {**params, "clientToken": file.saved.token}


def _resources(host: Host) -> list[dict[str, Any]]:
    ports = {"PORTS": ["22", "2375", "2376", "51678", "51679"], "PORTS_UDP": []}
    return [
        {"name": "CPU", "type": "INTEGER", "integerValue": 1024 * host.cpus},
        {"name": "MEMORY", "type": "INTEGER", "integerValue": host.memory_mib},
        *(
            {"name": name, "type": "STRINGSET", "stringSetValue": taken}
            for name, taken in ports.items()
        ),
    ]


def _check_echo(sent: list[dict[str, str]], told: list[dict[str, str]]) -> None:
    known = {(one["name"], one.get("value") or "") for one in told}
    missing = [one["name"] for one in sent if (one["name"], one.get("value") or "") not in known]
    if missing:
        raise AgentEndError(
            TERMINAL, f"Attribute validation failed: {', '.join(missing)} did not come back"
        )
