"""What an agent is told of a task: the task definition, in the words of ACS. Pure.

`amazon-ecs-agent`, `ecs-agent/acs/model` and `agent/api/task`: what Docker is to be given beyond
ACS's own members goes as JSON texts into `dockerConfig`.
"""

import json
from typing import Any, Final

from local_region.ecs.model import Task, TaskDefinition

_SAME: Final = (
    "name",
    "image",
    "command",
    "entryPoint",
    "cpu",
    "essential",
    "privileged",
    "restartPolicy",
    "portMappings",
    "mountPoints",
    "links",
    "dependsOn",
    "startTimeout",
    "stopTimeout",
)
_DOCKER_API: Final = "1.44"
_SECOND_NS: Final = 1_000_000_000
_MIB: Final = 1024 * 1024
_DEVICE_DEFAULT: Final = ("read", "write", "mknod")


def task_message(task: Task, definition: TaskDefinition, cluster_arn: str) -> dict[str, Any]:
    """Return a task as PayloadMessage carries it."""
    given = definition.given
    mode = given.get("networkMode", "bridge")
    told: dict[str, Any] = {
        "arn": task.arn,
        "taskClusterArn": cluster_arn,
        "family": definition.family,
        "version": str(definition.revision),
        "desiredStatus": task.desired,
        "overrides": "{}",
        "launchType": "EXTERNAL",
        "networkMode": mode,
        "group": task.group,
        "volumes": [
            {"name": one["name"], "type": "host", "host": one.get("host", {})}
            for one in given.get("volumes", [])
        ],
        "containers": [
            _container(one, known.arn, mode)
            for one, known in zip(given["containerDefinitions"], task.containers, strict=True)
        ],
    }
    for name in ("pidMode", "ipcMode"):
        if name in given:
            told[name] = given[name]
    if task.service is not None:
        told["serviceName"] = task.service
    return told


def _container(one: dict[str, Any], arn: str, mode: str) -> dict[str, Any]:
    told: dict[str, Any] = {name: one[name] for name in _SAME if name in one}
    if "restartPolicy" in told:
        # The agent knows no default: without a period it would restart without a pause.
        told["restartPolicy"] = {"restartAttemptPeriod": 300, **told["restartPolicy"]}
    told["containerArn"] = arn
    told["overrides"] = "{}"
    # The agent knows one figure for memory, the limit.
    told["memory"] = one.get("memory", 0)
    told["environment"] = {pair["name"]: pair.get("value", "") for pair in one["environment"]}
    told["dockerConfig"] = {
        "version": _DOCKER_API,
        "config": json.dumps(_docker_config(one)),
        "hostConfig": json.dumps(_host_config(one, mode)),
    }
    if "healthCheck" in one:
        told["healthCheckType"] = "docker"
    return told


def _docker_config(one: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for name, docker in (
        ("pseudoTerminal", "Tty"),
        ("interactive", "OpenStdin"),
        ("dockerLabels", "Labels"),
        ("user", "User"),
        ("workingDirectory", "WorkingDir"),
        ("hostname", "Hostname"),
    ):
        if name in one:
            config[docker] = one[name]
    if "healthCheck" in one:
        config["Healthcheck"] = _health_check(one["healthCheck"])
    return config


def _health_check(check: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"Test": check["command"]}
    # Docker counts in nanoseconds; the defaults are ECS's.
    for name, docker, default in (
        ("interval", "Interval", 30),
        ("timeout", "Timeout", 5),
        ("startPeriod", "StartPeriod", 0),
    ):
        told[docker] = check.get(name, default) * _SECOND_NS
    told["Retries"] = check.get("retries", 3)
    return told


def _host_config(one: dict[str, Any], mode: str) -> dict[str, Any]:
    config: dict[str, Any] = {"NetworkMode": mode}
    if "memoryReservation" in one:
        config["MemoryReservation"] = one["memoryReservation"] * _MIB
    if one.get("readonlyRootFilesystem"):
        config["ReadonlyRootfs"] = True
    if "extraHosts" in one:
        config["ExtraHosts"] = [f"{x['hostname']}:{x['ipAddress']}" for x in one["extraHosts"]]
    if "logConfiguration" in one:
        log = one["logConfiguration"]
        config["LogConfig"] = {"Type": log["logDriver"], "Config": log.get("options", {})}
    for name, docker in (
        ("dockerSecurityOptions", "SecurityOpt"),
        ("dnsServers", "Dns"),
        ("dnsSearchDomains", "DnsSearch"),
    ):
        if one.get(name):
            config[docker] = one[name]
    if "ulimits" in one:
        config["Ulimits"] = [
            {"Name": x["name"], "Soft": x["softLimit"], "Hard": x["hardLimit"]}
            for x in one["ulimits"]
        ]
    if one.get("systemControls"):
        config["Sysctls"] = {x["namespace"]: x["value"] for x in one["systemControls"]}
    return config | _linux_parameters(one.get("linuxParameters", {}))


def _linux_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if parameters.get("initProcessEnabled"):
        config["Init"] = True
    if "capabilities" in parameters:
        config["CapAdd"] = parameters["capabilities"].get("add", [])
        config["CapDrop"] = parameters["capabilities"].get("drop", [])
    if "sharedMemorySize" in parameters:
        config["ShmSize"] = parameters["sharedMemorySize"] * _MIB
    if "tmpfs" in parameters:
        config["Tmpfs"] = {
            x["containerPath"]: ",".join([*x.get("mountOptions", []), f"size={x['size']}m"])
            for x in parameters["tmpfs"]
        }
    if "devices" in parameters:
        config["Devices"] = [
            {
                "PathOnHost": x["hostPath"],
                "PathInContainer": x.get("containerPath", x["hostPath"]),
                "CgroupPermissions": "".join(p[0] for p in x.get("permissions", _DEVICE_DEFAULT)),
            }
            for x in parameters["devices"]
        ]
    return config
