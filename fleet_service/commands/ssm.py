"""Run Command of Systems Manager by boto3, with our own document alone.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self, TypeVar

import boto3

from fleet_service.commands.ports import SentCommand
from fleet_service.commands.said import outcome_of
from fleet_service.kiosks.aws_calls import CONFIG, InThreads, told_by
from fleet_service.kiosks.ports import AwsAwayError
from kiosk_contracts.commands import CommandOutcome, CommandToRun
from kiosk_contracts.host_document import HOST_DOCUMENT, document_parameters

_T = TypeVar("_T")
_AT_ONCE: Final = 4
_LONGEST_S: Final = 20.0
_WHO: Final = "Systems Manager"


class SsmRunner(InThreads):
    """Adapter of HostRunner; an async context manager. Credentials are the usual chain's."""

    def __init__(self, regions: Sequence[str]) -> None:
        super().__init__(_AT_ONCE, "run-command")
        self._names = regions
        self._regions: Mapping[str, Any] = {}

    async def __aenter__(self) -> Self:
        """Make the clients."""
        self._regions = await self._timely(self._clients)
        return self

    async def find(self, instance_id: str) -> str:
        """Return the region that knows a host."""
        return await self._timely(lambda: self._find(instance_id))

    async def send(
        self, region: str, instance_id: str, command: CommandToRun, within_s: int
    ) -> SentCommand:
        """Have a host of a region told within so many seconds."""
        return await self._timely(lambda: self._send(region, instance_id, command, within_s))

    async def cancel(self, sent: SentCommand) -> None:
        """Have a host that was not told of it yet not be told."""
        await self._timely(lambda: self._cancel(sent))

    async def outcome(self, sent: SentCommand) -> CommandOutcome | None:
        """Return what came of a command; None while nobody knows."""
        return await self._timely(lambda: self._outcome(sent))

    async def _timely(self, work: Callable[[], _T]) -> _T:
        try:
            async with asyncio.timeout(_LONGEST_S):
                return await self._in_thread(work)
        except TimeoutError:
            raise AwsAwayError(f"{_WHO} does not answer in time") from None

    def _clients(self) -> dict[str, Any]:
        session = boto3.Session()
        return {
            name: session.client("ssm", region_name=name, config=CONFIG) for name in self._names
        }

    def _find(self, instance_id: str) -> str:
        for region, ssm in self._regions.items():
            with told_by(_WHO):
                known = ssm.describe_instance_information(
                    Filters=[{"Key": "InstanceIds", "Values": [instance_id]}]
                )["InstanceInformationList"]
            if known:
                return region
        raise AwsAwayError(f"{_WHO} knows no {instance_id}")

    def _send(
        self, region: str, instance_id: str, command: CommandToRun, within_s: int
    ) -> SentCommand:
        ssm = self._of(region)
        with told_by(_WHO):
            told = ssm.send_command(
                DocumentName=HOST_DOCUMENT,
                InstanceIds=[instance_id],
                Parameters=document_parameters(command),
                TimeoutSeconds=within_s,
                Comment=f"EventPro command {command.command_id}",
            )
        return SentCommand(told["Command"]["CommandId"], instance_id, region)

    def _cancel(self, sent: SentCommand) -> None:
        ssm = self._of(sent.region)
        with told_by(_WHO):
            ssm.cancel_command(CommandId=sent.ssm_command_id, InstanceIds=[sent.instance_id])

    def _outcome(self, sent: SentCommand) -> CommandOutcome | None:
        ssm = self._of(sent.region)
        with told_by(_WHO):
            told = ssm.get_command_invocation(
                CommandId=sent.ssm_command_id, InstanceId=sent.instance_id
            )
        return outcome_of(told)

    def _of(self, region: str) -> Any:
        ssm = self._regions.get(region)
        if ssm is None:
            raise AwsAwayError(f"{region} is none of this service's regions any more")
        return ssm
