"""SSM's activations, and how much of its quotas is used.

https://docs.aws.amazon.com/general/latest/gr/ssm.html
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kiosk_contracts.enrolment import VENUE_ATTRIBUTE
from provisioning.aws import refusals

MOST_NODES: Final = 1000
"""Managed instances of the standard tier, in an account and region."""
_NEARLY: Final = 0.9
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Activation:
    """What SSM gives for one."""

    activation_id: str
    code: str


@dataclass(frozen=True, slots=True)
class ActivationUse:
    """How an activation was used, as SSM has it."""

    registered: int
    limit: int
    expired: bool

    @property
    def left(self) -> int:
        """How many hosts it may still register."""
        return 0 if self.expired else self.limit - self.registered


class Ssm:
    """SSM in one account and region, by boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def region(self) -> str:
        """The region that is asked."""
        region: str = self._client.meta.region_name
        return region

    def create(self, role: str, limit: int, expires_at: datetime, venue_id: str) -> Activation:
        """Make an activation; raises RefusedError. Not idempotent: each call makes one."""
        with refusals():
            told = self._client.create_activation(
                Description=f"kiosks of {venue_id}",
                DefaultInstanceName=venue_id,
                IamRole=role,
                RegistrationLimit=limit,
                ExpirationDate=expires_at,
                Tags=[{"Key": VENUE_ATTRIBUTE, "Value": venue_id}],
            )
        return Activation(told["ActivationId"], told["ActivationCode"])

    def delete(self, activation_id: str) -> bool:
        """Let an activation register nobody more; False if this account and region know none."""
        with refusals():
            try:
                self._client.delete_activation(ActivationId=activation_id)
            except self._client.exceptions.InvalidActivation:
                return False
        return True

    def uses(self) -> dict[str, ActivationUse]:
        """Return all activations by their ids."""
        with refusals():
            return {
                one["ActivationId"]: ActivationUse(
                    one.get("RegistrationsCount", 0), one["RegistrationLimit"], one["Expired"]
                )
                for page in self._client.get_paginator("describe_activations").paginate(
                    PaginationConfig={"PageSize": _PAGE}
                )
                for one in page["ActivationList"]
            }

    def half_made(self, known: Collection[str]) -> dict[str, str]:
        """Return our activations that count and are none of `known`: their venues by their ids.

        Whoever was killed between SSM and the fleet service left one, which registers hosts.
        """
        with refusals():
            return {
                one["ActivationId"]: tag["Value"]
                for page in self._client.get_paginator("describe_activations").paginate(
                    PaginationConfig={"PageSize": _PAGE}
                )
                for one in page["ActivationList"]
                for tag in one.get("Tags", ())
                if tag["Key"] == VENUE_ATTRIBUTE
                and not one["Expired"]
                and one["ActivationId"] not in known
            }

    def quota_warnings(self, more: int) -> Iterator[str]:
        """Yield a warning for each quota that `more` hosts would nearly or quite use up."""
        with refusals():
            pages = self._client.get_paginator("describe_instance_information").paginate(
                Filters=[{"Key": "ResourceType", "Values": ["ManagedInstance"]}],
                PaginationConfig={"PageSize": _PAGE},
            )
            nodes = sum(len(page["InstanceInformationList"]) for page in pages)
        if nodes + more > MOST_NODES:
            yield (
                f"{nodes} managed instances and {more} more are above the {MOST_NODES} of the "
                "standard tier: the last will not register. Turn on the advanced tier, or "
                "deregister what is gone."
            )
        elif nodes + more > MOST_NODES * _NEARLY:
            yield f"{nodes} of the {MOST_NODES} managed instances of the standard tier are in use."
