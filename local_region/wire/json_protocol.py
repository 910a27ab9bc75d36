"""AWS's JSON protocol 1.1: https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from botocore.model import OperationModel

from local_region.wire.errors import AwsError
from local_region.wire.received import Received

CONTENT_TYPE: Final = "application/x-amz-json-1.1"


def params_of(received: Received) -> dict[str, Any]:
    """Read the body; a member that is null is not there. Raises AwsError."""
    try:
        params = json.loads(received.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise AwsError("SerializationException", f"The body is no JSON: {error}") from error
    if not isinstance(params, dict):
        raise AwsError("SerializationException", "The body must be a JSON object.")
    cleaned: dict[str, Any] = _without_nulls(params)
    return cleaned


def answer_body(answer: Mapping[str, Any]) -> bytes:
    """Return an answer's bytes; times become seconds since 1970."""
    return json.dumps(answer, default=_told).encode()


def error_body(error: AwsError, operation: OperationModel | None) -> bytes:
    """Return an error's bytes, its message under the name that its model gives it."""
    name = "message"
    for shape in operation.error_shapes if operation else ():
        if shape.name == error.code:
            name = next((known for known in shape.members if known.lower() == "message"), name)
    return json.dumps({"__type": error.code, name: error.message, **error.fields}).encode()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _told(value: object) -> float:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
