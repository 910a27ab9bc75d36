"""What a DAEMON service wants done: a task to start here, a task to stop there. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_services.html: one task on each
active instance that meets the constraints; tasks on instances that no longer do are stopped.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from local_region.ecs.instances import fact_of
from local_region.ecs.model import ContainerInstance, DaemonService, Task, TaskDefinition
from local_region.ecs.query import parsed


@dataclass(frozen=True, slots=True)
class Plan:
    """`starts`: instances that lack their task. `stops`: tasks with the reason.

    `unplaced`: instances that lack it and have no room. `wanted`: how many should run one.
    """

    starts: tuple[ContainerInstance, ...]
    stops: tuple[tuple[Task, str], ...]
    unplaced: tuple[ContainerInstance, ...]
    wanted: int


def plan(
    service: DaemonService,
    definition: TaskDefinition,
    instances: Iterable[ContainerInstance],
    tasks: Iterable[Task],
) -> Plan:
    """Return what to do.

    `instances` are the cluster's, `tasks` the service's that have not ended.
    """
    fitting = {
        one.arn: one
        for one in instances
        if service.status == "ACTIVE" and one.status == "ACTIVE" and _meets(one, service)
    }
    stops, kept = [], set()
    for task in tasks:
        if task.instance not in fitting:
            stops.append((task, "Task's container instance no longer meets the service."))
        elif task.definition != service.definition:
            stops.append((task, "Task is part of an earlier deployment."))
        elif task.health == "UNHEALTHY":
            stops.append((task, "Task failed container health checks."))
        # A daemon has one task at most on an instance: the old one makes room first.
        kept.add(task.instance)
    starts: list[ContainerInstance] = []
    unplaced: list[ContainerInstance] = []
    for arn, instance in fitting.items():
        if arn in kept or not instance.connected:
            continue
        (starts if _has_room(instance, definition) else unplaced).append(instance)
    due = tuple((task, why) for task, why in stops if task.desired == "RUNNING")
    return Plan(tuple(starts), due, tuple(unplaced), len(fitting))


def _meets(instance: ContainerInstance, service: DaemonService) -> bool:
    return all(
        parsed(expression)(lambda subject: fact_of(instance, subject))
        for expression in service.constraints
    )


def _has_room(instance: ContainerInstance, definition: TaskDefinition) -> bool:
    return (
        instance.remaining("MEMORY") >= definition.memory
        and instance.remaining("CPU") >= definition.cpu
    )
