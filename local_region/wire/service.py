"""What a service of the region is made of: AWS's model, and what answers its operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from botocore.model import OperationModel, ServiceModel

from local_region.identity.principals import Principal
from local_region.wire.received import Received
from local_region.wire.shapes import Allowance


class Signing(Enum):
    """How an operation's caller proves itself."""

    ROLE = "signature of credentials that the region issued"
    INSTANCE_KEY = "signature of a managed instance's own key"
    NONE = "anonymous"


class Protocol(Enum):
    """How a service speaks."""

    JSON = "json"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Call:
    """One valid call. `principal` is None for anonymous operations only."""

    params: Mapping[str, Any]
    principal: Principal | None
    now: datetime
    received: Received

    @property
    def caller(self) -> Principal:
        """Return who calls; for operations that are not anonymous."""
        if self.principal is None:
            raise TypeError("an anonymous operation asked for its caller")
        return self.principal


@dataclass(frozen=True, slots=True)
class Operation:
    """What answers one operation. `answer` raises AwsError and does no I/O.

    `writes`: it may change the region's state. `instances`: a managed instance's role may call it.
    """

    answer: Callable[[Call], Mapping[str, Any]]
    writes: bool = False
    instances: bool = False
    signing: Signing = Signing.ROLE


@dataclass(frozen=True, slots=True)
class Service:
    """One service: `name` is botocore's, `invalid` the code for values that break the model."""

    name: str
    model: ServiceModel
    protocol: Protocol
    invalid: str
    skew: timedelta
    operations: Mapping[str, Operation]
    allowances: tuple[Allowance, ...] = field(default=())

    @property
    def allowed(self) -> frozenset[tuple[str, str]]:
        """Return the bounds that AWS itself does not keep."""
        return frozenset((allowance.shape, allowance.bound) for allowance in self.allowances)

    def modelled(self, operation: str) -> OperationModel | None:
        """Return AWS's model of an operation, or None if it knows none of that name."""
        if operation not in self.model.operation_names:
            return None
        return self.model.operation_model(operation)
