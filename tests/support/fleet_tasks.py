"""A fleet service of several tasks on one store, behind a load balancer.

A fleet service that operators may change has as many tasks as FLEET_TASKS says, on
a DynamoDB table if FLEET_STORE is `dynamodb`; one, on a file, if nothing is said.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cloud_store.places import StorePlace, TablePlace
from fleet_service.remembered import RECALLED_S
from tests.support.dynamodb import FLEET_SERVICE, make_table
from tests.support.fleet import RunningFleet, fleet_process
from tests.support.round_robin import RoundRobin, round_robin

_tables: dict[str, TablePlace] = {}
"""By the file in whose place a table is: a second service with the same settings finds it."""


@dataclass
class FleetTasks(RunningFleet):
    """Tasks that look like one process: what is done to it is done to all."""

    def __init__(self, tasks: list[RunningFleet], balancer: RoundRobin) -> None:
        super().__init__(tasks[0].process, balancer.url, tasks[0].files)
        self.tasks = tasks
        self.balancer = balancer

    def log(self) -> str:
        """Return what all have written to standard error."""
        return "".join(task.log() for task in self.tasks)

    async def logged(self, words: str) -> None:
        """Return once one of them has said it."""
        hearing = [asyncio.create_task(task.logged(words)) for task in self.tasks]
        try:
            await asyncio.wait(hearing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in hearing:
                task.cancel()
            await asyncio.gather(*hearing, return_exceptions=True)

    async def kill(self) -> None:
        """Kill all."""
        for task in self.tasks:
            await task.kill()

    async def stop(self) -> int:
        """Ask all to stop; return the highest exit status."""
        return max([await task.stop() for task in self.tasks])


@asynccontextmanager
async def fleet_tasks(
    folder: Path,
    ticket_api_url: str,
    *,
    count: int | None = None,
    environment: Mapping[str, str] | None = None,
    **settings: object,
) -> AsyncIterator[RunningFleet]:
    """Run the fleet service in as many tasks as `count`, or else the environment, says."""
    wanted = count or int(os.environ.get("FLEET_TASKS", "1"))
    if os.environ.get("FLEET_STORE") == "dynamodb" and "state_file" in settings:
        settings = await on_a_table(settings)
    async with AsyncExitStack() as stack:
        tasks = [
            await stack.enter_async_context(
                fleet_process(folder, ticket_api_url, environment=environment, **settings)
            )
            for _ in range(wanted)
        ]
        if wanted == 1:
            yield tasks[0]
            return
        balancer = await stack.enter_async_context(round_robin(*(task.url for task in tasks)))
        yield FleetTasks(tasks, balancer)


async def heard_by_all(fleet: RunningFleet, within_s: float = RECALLED_S) -> None:
    """Wait until no task goes by what it read before: each recalls a kiosk for a second."""
    if isinstance(fleet, FleetTasks):
        await asyncio.sleep(within_s)


def place_of(file: Path) -> StorePlace:
    """Return where the store is that the settings have at `file`."""
    return _tables.get(str(file), file)


async def on_a_table(settings: Mapping[str, object]) -> dict[str, object]:
    """Return the settings with a table in the place of their file; made at the first time."""
    given = dict(settings)
    file = str(given.pop("state_file"))
    if file not in _tables:
        _tables[file] = await make_table(FLEET_SERVICE)
    return {**given, "store_table": _tables[file].name, "store_region": _tables[file].region}
