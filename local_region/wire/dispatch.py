"""Which operation of which service a request is for.

The Host header says nothing here: a client may be pointed at the region by AWS_ENDPOINT_URL, or
connect to it under AWS's real names.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from local_region.wire.errors import AwsError
from local_region.wire.query_protocol import pairs_of
from local_region.wire.received import Received
from local_region.wire.service import Operation, Protocol, Service


@dataclass(frozen=True, slots=True)
class Target:
    """A service, and the name of its operation as the request has it."""

    service: Service
    operation: str

    def served(self) -> Operation:
        """Return what answers it; raises AwsError with the service's code for "unknown"."""
        operation = self.service.operations.get(self.operation)
        if operation is not None:
            return operation
        modelled = self.service.modelled(self.operation) is not None
        why = " is not served by local_region" if modelled else " is no operation"
        if self.service.protocol is Protocol.QUERY:
            version = self.service.model.api_version
            text = f"Could not find operation {self.operation} for version {version}"
            raise AwsError("InvalidAction", text + (": it" + why if modelled else ""))
        raise AwsError("UnknownOperationException", f"{self.operation}{why}")


class Dispatcher:
    """Knows services by their target prefixes (JSON) and API versions (query)."""

    def __init__(self, services: Iterable[Service]) -> None:
        services = tuple(services)
        self._by_prefix = {
            service.model.metadata["targetPrefix"]: service
            for service in services
            if service.protocol is Protocol.JSON
        }
        self._by_version = {
            service.model.api_version: service
            for service in services
            if service.protocol is Protocol.QUERY
        }

    def target(self, received: Received) -> Target | None:
        """Return what a request is for; None if it is for no service of the region's own.

        Raises AwsError for a query without an action.
        """
        header = received.header("X-Amz-Target")
        if header is not None:
            prefix, _, operation = header.partition(".")
            service = self._by_prefix.get(prefix)
            return None if service is None else Target(service, operation)
        return self._query_target(received)

    def _query_target(self, received: Received) -> Target | None:
        form = (received.header("Content-Type") or "").startswith(
            "application/x-www-form-urlencoded"
        )
        if received.path != "/" or (received.method == "POST" and not form):
            return None
        pairs = pairs_of(received)
        service = self._by_version.get(pairs.get("Version", ""))
        if service is None or "Action" not in pairs:
            return None
        return Target(service, pairs["Action"])
