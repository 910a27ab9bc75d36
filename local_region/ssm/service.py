"""SSM as the region serves it."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from local_region.ssm.activations import Activations
from local_region.ssm.agent import AgentCalls
from local_region.ssm.instances import Instances
from local_region.ssm.run_command import RunCommand
from local_region.ssm.settings import ServiceSettings
from local_region.wire.models import service_model
from local_region.wire.service import Operation, Protocol, Service, Signing
from local_region.wire.shapes import Allowance

AGENT_MODEL: Final = Path(__file__).with_name("agent_model.json")
# The model says 1 at least; AWS's own example of an answer has 0.
_NO_REGISTRATION: Final = Allowance(
    "RegistrationsCount",
    "min",
    "https://docs.aws.amazon.com/cli/latest/reference/ssm/describe-activations.html#examples",
)


def ssm_service(
    activations: Activations,
    instances: Instances,
    settings: ServiceSettings,
    commands: RunCommand,
    agent: AgentCalls,
) -> Service:
    """Return SSM, its public operations and the agent's own."""
    return Service(
        name="ssm",
        model=service_model("ssm", AGENT_MODEL),
        protocol=Protocol.JSON,
        invalid="ValidationException",
        # SSM tells the skew it bears in its own refusals: "(… - 5 min.)".
        skew=timedelta(minutes=5),
        allowances=(_NO_REGISTRATION,),
        operations={
            "CreateActivation": Operation(activations.create, writes=True),
            "DescribeActivations": Operation(activations.describe),
            "DeleteActivation": Operation(activations.delete, writes=True),
            "DescribeInstanceInformation": Operation(instances.describe),
            "DeregisterManagedInstance": Operation(instances.deregister, writes=True),
            "AddTagsToResource": Operation(instances.add_tags, writes=True),
            "ListTagsForResource": Operation(instances.list_tags),
            "RemoveTagsFromResource": Operation(instances.remove_tags, writes=True),
            "GetServiceSetting": Operation(settings.get),
            "UpdateServiceSetting": Operation(settings.update, writes=True),
            "ResetServiceSetting": Operation(settings.reset, writes=True),
            "CreateDocument": Operation(commands.create_document, writes=True),
            "UpdateDocument": Operation(commands.update_document, writes=True),
            "UpdateDocumentDefaultVersion": Operation(commands.default_version, writes=True),
            "GetDocument": Operation(commands.get_document),
            "SendCommand": Operation(commands.send, writes=True),
            "CancelCommand": Operation(commands.cancel, writes=True),
            "GetCommandInvocation": Operation(commands.invocation),
            "RegisterManagedInstance": Operation(agent.register, writes=True, signing=Signing.NONE),
            "RequestManagedInstanceRoleToken": Operation(
                agent.role_token, writes=True, instances=True, signing=Signing.INSTANCE_KEY
            ),
            "UpdateManagedInstancePublicKey": Operation(
                agent.new_key, writes=True, instances=True, signing=Signing.INSTANCE_KEY
            ),
            "UpdateInstanceInformation": Operation(agent.ping, writes=True, instances=True),
        },
    )
