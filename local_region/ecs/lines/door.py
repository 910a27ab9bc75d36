"""Who may have a line: the managed instance that the container instance is, and nobody else."""

from aiohttp import web

from local_region.ecs.lines.frames import written
from local_region.ecs.model import ContainerInstance
from local_region.ecs.places import Places
from local_region.identity.authentication import Authentication
from local_region.wire.errors import AwsError
from local_region.wire.reading import received_of
from local_region.wire.service import Service


class Door:
    """Lets agents in to their websockets.

    A refusal is a frame in the body of a 400, under the exceptions of the agent's own model
    (`amazon-ecs-agent`, `ecs-agent/wsclient/client.go`).
    """

    def __init__(self, places: Places, authentication: Authentication, ecs: Service) -> None:
        self._places = places
        self._authentication = authentication
        self._ecs = ecs

    async def admitted(self, request: web.Request, cluster: str, name: str) -> ContainerInstance:
        """Return whose line it is; `cluster` and `name` are as the query has them.

        Raises HTTPBadRequest with the agent's exception.
        """
        try:
            caller = self._authentication.principal(await received_of(request), self._ecs)
        except AwsError as error:
            raise refusal("AccessDeniedException", error.message) from error
        known = self._places.state.clusters.get(self._places.cluster_name(cluster))
        if known is None:
            raise refusal("InvalidClusterException", "Cluster not found.")
        instance = self._places.instance(known, name)
        if instance is None:
            raise refusal("InvalidInstanceException", "Container instance not found.")
        if instance.status == "INACTIVE":
            raise refusal("InactiveInstanceException", "Container instance is deregistered.")
        if caller.managed_instance_id != instance.instance_id:
            raise refusal("AccessDeniedException", f"{caller.arn} is another instance.")
        return instance


def refusal(kind: str, message: str) -> web.HTTPBadRequest:
    """Return an exception of the agent's model as a refused upgrade."""
    body = written(kind, {"message": message})
    return web.HTTPBadRequest(text=body, content_type="application/json")
