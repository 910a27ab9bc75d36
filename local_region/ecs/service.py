"""ECS as the region serves it."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from local_region.ecs.attributes import Attributes
from local_region.ecs.clusters import Clusters
from local_region.ecs.definitions import TaskDefinitions
from local_region.ecs.instances import ContainerInstances
from local_region.ecs.places import Places
from local_region.ecs.ports import Agents
from local_region.ecs.registration import Registration
from local_region.ecs.reports import Reports
from local_region.ecs.services.calls import ServiceCalls
from local_region.ecs.tasks import Tasks
from local_region.ids import Ids
from local_region.wire.models import service_model
from local_region.wire.service import Operation, Protocol, Service

AGENT_MODEL: Final = Path(__file__).with_name("agent_model.json")


def ecs_service(places: Places, ids: Ids, agents: Agents, tasks: Tasks) -> Service:
    """Return ECS for external instances.

    A managed instance's role may call what AmazonEC2ContainerServiceforEC2Role allows:
    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEC2ContainerServiceforEC2Role.html
    """
    return Service(
        name="ecs",
        model=service_model("ecs", AGENT_MODEL),
        protocol=Protocol.JSON,
        invalid="InvalidParameterException",
        skew=timedelta(minutes=5),
        operations={
            **_of_clusters(Clusters(places)),
            **_of_instances(ContainerInstances(places, agents), Attributes(places)),
            **_of_tasks(TaskDefinitions(places), tasks),
            **_of_services(ServiceCalls(places, ids)),
            **_of_agents(Registration(places, ids), Reports(places, agents)),
        },
    )


def _of_clusters(clusters: Clusters) -> dict[str, Operation]:
    return {
        "CreateCluster": Operation(clusters.create, writes=True, instances=True),
        "DescribeClusters": Operation(clusters.describe),
        "ListClusters": Operation(clusters.listed),
        "DeleteCluster": Operation(clusters.delete, writes=True),
    }


def _of_instances(instances: ContainerInstances, attributes: Attributes) -> dict[str, Operation]:
    return {
        "DescribeContainerInstances": Operation(instances.describe),
        "ListContainerInstances": Operation(instances.listed),
        "UpdateContainerInstancesState": Operation(
            instances.update_state, writes=True, instances=True
        ),
        "DeregisterContainerInstance": Operation(instances.deregister, writes=True, instances=True),
        "PutAttributes": Operation(attributes.put, writes=True),
        "DeleteAttributes": Operation(attributes.delete, writes=True),
        "ListAttributes": Operation(attributes.listed),
    }


def _of_tasks(definitions: TaskDefinitions, tasks: Tasks) -> dict[str, Operation]:
    return {
        "RegisterTaskDefinition": Operation(definitions.register, writes=True),
        "DescribeTaskDefinition": Operation(definitions.describe),
        "ListTaskDefinitions": Operation(definitions.listed),
        "DeregisterTaskDefinition": Operation(definitions.deregister, writes=True),
        "StartTask": Operation(tasks.start, writes=True),
        "StopTask": Operation(tasks.stop, writes=True),
        "DescribeTasks": Operation(tasks.describe),
        "ListTasks": Operation(tasks.listed),
    }


def _of_services(services: ServiceCalls) -> dict[str, Operation]:
    return {
        "CreateService": Operation(services.create, writes=True),
        "UpdateService": Operation(services.update, writes=True),
        "DeleteService": Operation(services.delete, writes=True),
        "DescribeServices": Operation(services.describe),
        "ListServices": Operation(services.listed),
    }


def _of_agents(registration: Registration, reports: Reports) -> dict[str, Operation]:
    return {
        "RegisterContainerInstance": Operation(registration.register, writes=True, instances=True),
        "DiscoverPollEndpoint": Operation(registration.discover, instances=True),
        "SubmitTaskStateChange": Operation(reports.submit, writes=True, instances=True),
    }
