"""What the agent says of itself on :51678, to whoever asks on any of the host's addresses.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-introspection.html and
`amazon-ecs-agent`, `ecs-agent/introspection/v1`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from local_region.ecs_agent.domain.tasks import Container, Status, Task
from local_region.ecs_agent.services.registration import AGENT_VERSION

_SHORT_ID: Final = 12
_COMMANDS: Final = ["/v1/metadata", "/v1/tasks", "/license"]


def introspection_app(cluster: str, arn: str, tasks: Callable[[], list[Task]]) -> web.Application:
    """Return the server's app; `tasks` are those known, also the stopped."""
    metadata = {
        "Cluster": cluster,
        "ContainerInstanceArn": arn,
        "Version": f"Amazon ECS Agent - v{AGENT_VERSION} (stand-in)",
    }

    async def told_metadata(_request: web.Request) -> web.Response:
        return web.json_response(metadata)

    async def told_tasks(request: web.Request) -> web.Response:
        query = request.query
        if "dockerid" in query and "taskarn" in query:
            return web.json_response(_EMPTY, status=HTTPStatus.BAD_REQUEST)
        if "dockerid" not in query and "taskarn" not in query:
            return web.json_response({"Tasks": [told_task(one) for one in tasks()]})
        found = [one for one in tasks() if _is_meant(one, query)]
        if len(found) != 1:
            status = HTTPStatus.BAD_REQUEST if found else HTTPStatus.NOT_FOUND
            return web.json_response(_EMPTY, status=status)
        return web.json_response(told_task(found[0]))

    async def commands(_request: web.Request) -> web.Response:
        return web.json_response({"AvailableCommands": _COMMANDS})

    app = web.Application()
    app.add_routes(
        [
            web.get("/v1/metadata", told_metadata),
            web.get("/v1/tasks", told_tasks),
            web.get("/{path:.*}", commands),
        ]
    )
    return app


_EMPTY: Final = {"Arn": "", "KnownStatus": "", "Family": "", "Version": "", "Containers": None}


def told_task(task: Task) -> dict[str, Any]:
    """Return a task as /v1/tasks tells it; a container that was not created is not in it."""
    return {
        "Arn": task.arn,
        "DesiredStatus": task.desired.value,
        "KnownStatus": _known(task),
        "Family": task.family,
        "Version": task.version,
        "Containers": [_told_container(one) for one in task.containers if one.docker_id],
    }


def _known(task: Task) -> str:
    # A task has no status between NONE and CREATED; PULLED is its containers'.
    return Status.NONE.value if task.status is Status.PULLED else task.status.value


def _told_container(one: Container) -> dict[str, Any]:
    told: dict[str, Any] = {
        "DockerId": one.docker_id,
        "DockerName": one.docker_name,
        "Name": one.told.name,
        "Image": one.told.image,
        "ImageID": one.image_id,
    }
    more: dict[str, Any] = {
        "CreatedAt": _text(one.created),
        "StartedAt": _text(one.started),
        "Ports": [
            {
                "ContainerPort": port["containerPort"],
                "Protocol": port["protocol"],
                "HostPort": port["hostPort"],
            }
            for port in one.bindings
        ],
        "Volumes": one.volumes,
        "RestartCount": one.restarts if one.told.restart_policy.enabled else None,
    }
    return told | {name: value for name, value in more.items() if value not in (None, [])}


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _is_meant(task: Task, query: Any) -> bool:
    if "taskarn" in query:
        return bool(task.arn == query["taskarn"])
    asked = query["dockerid"]
    ids = [one.docker_id for one in task.containers if one.docker_id]
    if len(asked) > _SHORT_ID:
        return asked in ids
    return bool(asked) and any(one.startswith(asked) for one in ids)
