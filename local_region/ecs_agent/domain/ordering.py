"""In which order a task's containers come up. Pure."""

from collections.abc import Sequence

from local_region.ecs_agent.domain.tasks import Container


class UnsupportedOrderError(Exception):
    """The containers can't be ordered; the text says why."""


def in_order(containers: Sequence[Container]) -> list[Container]:
    """Return containers after those whose START they depend on; raises UnsupportedOrderError."""
    left = {one.told.name: one for one in containers}
    ordered: list[Container] = []
    while left:
        ready = [one for one in left.values() if not _waits_for(one) & left.keys()]
        if not ready:
            raise UnsupportedOrderError(f"{', '.join(left)} depend on one another")
        ordered += [left.pop(one.told.name) for one in ready]
    return ordered


def _waits_for(container: Container) -> set[str]:
    for one in container.told.depends_on:
        if one.condition != "START":
            raise UnsupportedOrderError(
                f"{container.told.name} waits for {one.container} to be {one.condition}: this "
                "stand-in knows the condition START alone"
            )
    return {one.container for one in container.told.depends_on}
