"""What ECS says of hosts to whoever orders a move, and waits for it."""

from fleet_service.releases.ecs_hosts import EcsHosts
from fleet_service.releases.ports import HostInEcs


class OrderLooker:
    """Adapter of Looker."""

    def __init__(self, hosts: EcsHosts) -> None:
        self._hosts = hosts

    async def look(self, instance_id: str) -> HostInEcs:
        """Return what ECS has of a host, behind no move that goes on."""
        return await self._hosts.look_for_an_order(instance_id)
