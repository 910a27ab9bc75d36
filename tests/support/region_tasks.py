"""Tasks of the region, defined, started and reported as the tests of it do."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.ecs_agent import EcsAgent

KIOSK = {
    "name": "ui",
    "image": "registry.example.com/kiosk-ui@sha256:" + "0" * 64,
    "command": ["kiosk-ui", "--socket", "/run/ui.sock"],
    "memory": 512,
    "memoryReservation": 256,
    "cpu": 256,
    "pseudoTerminal": True,
    "interactive": True,
    "stopTimeout": 120,
    "environment": [{"name": "LOOK", "value": "standard"}],
    "mountPoints": [{"sourceVolume": "run", "containerPath": "/run/eventpro", "readOnly": False}],
    "restartPolicy": {"enabled": True, "ignoredExitCodes": [0], "restartAttemptPeriod": 60},
    "healthCheck": {"command": ["CMD", "true"], "interval": 10},
    "logConfiguration": {"logDriver": "json-file", "options": {"max-size": "10m"}},
    "dockerLabels": {"release": "r1"},
    "readonlyRootFilesystem": True,
    "dockerSecurityOptions": ["no-new-privileges"],
    "ulimits": [{"name": "nofile", "softLimit": 64, "hardLimit": 128}],
    "systemControls": [{"namespace": "net.core.somaxconn", "value": "64"}],
    "linuxParameters": {
        "initProcessEnabled": True,
        "capabilities": {"drop": ["ALL"]},
        "sharedMemorySize": 8,
        "tmpfs": [{"containerPath": "/scratch", "size": 16, "mountOptions": ["noexec"]}],
        "devices": [{"hostPath": "/dev/null", "permissions": ["read"]}],
    },
}
VOLUME = {"name": "run", "host": {"sourcePath": "/run/eventpro"}}


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def defined(ecs: Any, family: str = "kiosk-ui", **changes: Any) -> str:
    told = ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["EXTERNAL"],
        volumes=[VOLUME],
        containerDefinitions=[{**KIOSK, **changes}],
    )
    return str(told["taskDefinition"]["taskDefinitionArn"])


def started(ecs: Any, agent: EcsAgent, definition: str = "kiosk-ui", **more: Any) -> Any:
    return ecs.start_task(
        cluster="kiosks", taskDefinition=definition, containerInstances=[agent.arn], **more
    )


def task_of(ecs: Any, arn: str) -> dict[str, Any]:
    [told] = ecs.describe_tasks(cluster="kiosks", tasks=[arn])["tasks"]
    found: dict[str, Any] = told
    return found


async def away(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Call boto3 while the line goes on."""
    return await asyncio.to_thread(lambda: call(*given, **named))


def report(agent: EcsAgent, arn: str, status: str, **container: Any) -> None:
    agent.ecs.submit_task_state_change(
        cluster="kiosks",
        task=arn,
        status=status,
        containers=[{"containerName": "ui", "status": status, **container}],
    )
