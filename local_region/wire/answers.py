"""Answers and errors, held to AWS's model before they are sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from local_region.wire import json_protocol, query_protocol
from local_region.wire.dispatch import Target
from local_region.wire.errors import COMMON_CODES, AwsError, DriftError
from local_region.wire.received import Received
from local_region.wire.service import Protocol
from local_region.wire.shapes import flaws

_NO_NAMESPACE: Final = "https://local-region.invalid/doc/"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an answer needs to know of its request. `target` is None if it was not understood."""

    received: Received
    target: Target | None
    request_id: str

    @property
    def query(self) -> bool:
        """Say whether the caller speaks the query protocol, as far as that can be told."""
        if self.target is not None:
            return self.target.service.protocol is Protocol.QUERY
        return self.received.header("X-Amz-Target") is None


def answered(envelope: Envelope, answer: Mapping[str, Any]) -> web.Response:
    """Return an answer that `check_answer` has passed."""
    target = envelope.target
    if target is None:
        raise TypeError("an answer belongs to an operation")
    headers = {"x-amzn-RequestId": envelope.request_id}
    if envelope.query:
        namespace = target.service.model.metadata["xmlNamespace"]
        kind, body = query_protocol.answer_body(
            envelope.received, target.operation, namespace, answer, envelope.request_id
        )
        return web.Response(body=body, content_type=kind, headers=headers)
    body = json_protocol.answer_body(answer)
    return web.Response(body=body, content_type=json_protocol.CONTENT_TYPE, headers=headers)


def check_answer(target: Target, answer: Mapping[str, Any]) -> None:
    """Raise DriftError if an answer is not what AWS's model of the operation says."""
    modelled = target.service.modelled(target.operation)
    if modelled is None:
        raise DriftError(f"{target.operation} has no model")
    output = modelled.output_shape
    if output is None:
        found = ["there must be no answer"] if answer else []
    else:
        found = [str(flaw) for flaw in flaws(dict(answer), output, allowed=target.service.allowed)]
    if found:
        raise DriftError(f"{target.service.name} {target.operation}: {'; '.join(found)}")


def check_error(target: Target, error: AwsError) -> None:
    """Raise DriftError if neither the operation's model nor AWS's common errors know a code."""
    modelled = target.service.modelled(target.operation)
    known = {shape.name for shape in modelled.error_shapes} if modelled else set()
    # Query services have a code beside the shape's name.
    known |= {shape.error_code for shape in modelled.error_shapes} if modelled else set()
    if error.code not in known | COMMON_CODES:
        raise DriftError(f"{target.service.name} {target.operation} has no error {error.code}")


def refused(envelope: Envelope, error: AwsError) -> web.Response:
    """Return an error in the body that its protocol has for it."""
    target = envelope.target
    headers = {"x-amzn-RequestId": envelope.request_id, "x-amzn-ErrorType": error.code}
    if envelope.query:
        namespace = target.service.model.metadata["xmlNamespace"] if target else _NO_NAMESPACE
        kind, body = query_protocol.error_body(
            envelope.received, namespace, error, envelope.request_id
        )
        return web.Response(status=error.status, body=body, content_type=kind, headers=headers)
    modelled = target.service.modelled(target.operation) if target else None
    return web.Response(
        status=error.status,
        body=json_protocol.error_body(error, modelled),
        content_type=json_protocol.CONTENT_TYPE,
        headers=headers,
    )
