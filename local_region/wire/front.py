"""The one door: what is asked, who asks, is it valid, what is the answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

import structlog
from aiohttp import web

from local_region.clock import Clock
from local_region.elsewhere.ports import Elsewhere
from local_region.faults.faults import Fault, Faults, Kind
from local_region.identity.authentication import Authentication
from local_region.identity.principals import Principal, RoleSession
from local_region.throttles.buckets import Throttles
from local_region.wire import json_protocol, query_protocol, service
from local_region.wire.answers import Envelope, answered, check_answer, check_error, refused
from local_region.wire.dispatch import Dispatcher, Target
from local_region.wire.errors import BAD_REQUEST, FORBIDDEN, AwsError, DriftError
from local_region.wire.reading import received_of
from local_region.wire.received import Received
from local_region.wire.service import Call, Operation, Service, Signing
from local_region.wire.shapes import flaws

log = structlog.get_logger()


class InstanceKeys(Protocol):
    """Who signed with a managed instance's own key."""

    def signer(self, received: Received) -> Principal:
        """Return the managed instance; raises AwsError."""
        ...


class Keeper(Protocol):
    """Keeps the region's state."""

    def keep(self) -> None:
        """Put the state where it survives a restart."""
        ...


@dataclass(frozen=True, slots=True)
class Front:
    """Handles every request that is for AWS."""

    dispatcher: Dispatcher
    authentication: Authentication
    instance_keys: InstanceKeys
    faults: Faults
    throttles: Throttles | None
    keeper: Keeper
    elsewhere: Elsewhere
    clock: Clock

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        received = await received_of(request)
        request_id = str(uuid4())
        target = None
        try:
            target = self.dispatcher.target(received)
            if target is None:
                return await self.elsewhere.answer(received)
            envelope = Envelope(received, target, request_id)
            return await self._own(envelope, target, request)
        except AwsError as error:
            return self._refused(Envelope(received, target, request_id), error)
        except DriftError as error:
            log.exception("drift", reason=str(error), request_id=request_id)
            failure = AwsError("InternalFailure", f"local_region drifts: {error}", status=500)
            return refused(Envelope(received, target, request_id), failure)

    async def _own(
        self, envelope: Envelope, target: Target, request: web.Request
    ) -> web.StreamResponse:
        operation = target.served()
        fault = self.faults.take(target.service.name, target.operation)
        if fault is not None:
            log.info("fault", service=fault.service, operation=target.operation, kind=fault.kind)
            await _suffer(fault, target.service, request)
        answer = self._answer(envelope.received, target, operation)
        if fault is not None and fault.kind is Kind.DROP_ANSWER:
            _drop(request)
        return answered(envelope, answer)

    def _answer(
        self, received: Received, target: Target, operation: Operation
    ) -> Mapping[str, Any]:
        principal = self._principal(received, target.service, operation)
        _authorize(principal, target, operation)
        if self.throttles and not self.throttles.admits(target.service.name, target.operation):
            raise throttled(target.service)
        params = valid_params(received, target)
        answer = operation.answer(Call(params, principal, self.clock.now(), received))
        check_answer(target, answer)
        if operation.writes:
            self.keeper.keep()
        log.info("answered", service=target.service.name, operation=target.operation)
        return answer

    def _principal(
        self, received: Received, asked: Service, operation: Operation
    ) -> Principal | None:
        match operation.signing:
            case Signing.NONE:
                return None
            case Signing.INSTANCE_KEY:
                return self.instance_keys.signer(received)
            case Signing.ROLE:
                return self.authentication.principal(received, asked)

    def _refused(self, envelope: Envelope, error: AwsError) -> web.Response:
        target = envelope.target
        log.info(
            "refused",
            service=target.service.name if target else None,
            operation=target.operation if target else None,
            code=error.code,
            reason=error.message,
        )
        try:
            if target is not None:
                check_error(target, error)
        except DriftError as drift:
            log.exception("drift", reason=str(drift), request_id=envelope.request_id)
            failure = AwsError("InternalFailure", f"local_region drifts: {drift}", status=500)
            return refused(envelope, failure)
        return refused(envelope, error)


def valid_params(received: Received, target: Target) -> dict[str, Any]:
    """Return a request's parameters, held to AWS's model; raises AwsError."""
    modelled = target.service.modelled(target.operation)
    if modelled is None:
        raise DriftError(f"{target.operation} has no model")
    query = target.service.protocol is service.Protocol.QUERY
    read = query_protocol.params_of if query else json_protocol.params_of
    params = read(received)
    if modelled.input_shape is None:
        found = [f"{name}: is no member of {target.operation}" for name in params]
        wrong_type = False
    else:
        listed = list(flaws(params, modelled.input_shape))
        found = [str(flaw) for flaw in listed]
        wrong_type = any(flaw.wrong_type for flaw in listed)
    if found:
        code = "SerializationException" if wrong_type else target.service.invalid
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        raise AwsError(code, count + "; ".join(found))
    return params


def throttled(of: Service) -> AwsError:
    """Return the error of a service that is asked too often."""
    code = "Throttling" if of.protocol is service.Protocol.QUERY else "ThrottlingException"
    return AwsError(code, "Rate exceeded")


def _authorize(principal: Principal | None, target: Target, operation: Operation) -> None:
    if not isinstance(principal, RoleSession) or operation.instances:
        return
    query = target.service.protocol is service.Protocol.QUERY
    action = f"{target.service.model.signing_name}:{target.operation}"
    raise AwsError(
        "AccessDenied" if query else "AccessDeniedException",
        f"User: {principal.arn} is not authorized to perform: {action} because no identity-based "
        f"policy allows the {action} action",
        status=FORBIDDEN if query else BAD_REQUEST,
    )


async def _suffer(fault: Fault, of: Service, request: web.Request) -> None:
    match fault.kind:
        case Kind.THROTTLE:
            raise throttled(of)
        case Kind.SERVER_ERROR:
            code = {"ecs": "ServerException", "ssm": "InternalServerError"}.get(
                of.name, "InternalFailure"
            )
            code = "ServiceUnavailable" if fault.status == 503 else code  # noqa: PLR2004  its code
            raise AwsError(code, "A fault that was asked for.", status=fault.status)
        case Kind.SLOW:
            await asyncio.sleep(fault.seconds)
        case Kind.DROP:
            _drop(request)
        case Kind.DROP_ANSWER:
            return


def _drop(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError
