"""AWS's query protocol, as far as the region's own services need it: flat texts in, XML out.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. STS answers in JSON where
`Accept: application/json` asks for it; aws-iam-authenticator's server relies on that
(`pkg/token/token.go`).
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from local_region.wire.errors import BAD_REQUEST, AwsError
from local_region.wire.received import Received

XML: Final = "text/xml"
JSON: Final = "application/json"
_ENVELOPE: Final = ("Action", "Version")


def pairs_of(received: Received) -> dict[str, str]:
    """Return every parameter of query and form but the signature's; raises AwsError."""
    pairs = received.query_pairs()
    if received.method == "POST":
        try:
            body = received.body.decode("ascii")
        except UnicodeDecodeError as error:
            raise AwsError("MalformedQueryString", "The form has bytes beyond ASCII.") from error
        pairs += parse_qsl(body, keep_blank_values=True)
    found: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith("X-Amz-"):
            continue
        if name in found:
            raise AwsError("MalformedQueryString", f"The parameter {name} is given twice.")
        found[name] = value
    return found


def params_of(received: Received) -> dict[str, Any]:
    """Return an operation's own parameters; raises AwsError."""
    return {name: value for name, value in pairs_of(received).items() if name not in _ENVELOPE}


def wants_json(received: Received) -> bool:
    """Say whether the answer is asked for as JSON."""
    return (received.header("Accept") or "").split(";")[0].strip() == JSON


def answer_body(
    received: Received, operation: str, namespace: str, answer: Mapping[str, Any], request_id: str
) -> tuple[str, bytes]:
    """Return an answer's content type and bytes."""
    if wants_json(received):
        told = {
            f"{operation}Response": {
                f"{operation}Result": answer,
                "ResponseMetadata": {"RequestId": request_id},
            }
        }
        return JSON, json.dumps(told).encode()
    root = ET.Element(f"{operation}Response", xmlns=namespace)
    result = ET.SubElement(root, f"{operation}Result")
    for name, value in answer.items():
        ET.SubElement(result, name).text = str(value)
    metadata = ET.SubElement(root, "ResponseMetadata")
    ET.SubElement(metadata, "RequestId").text = request_id
    return XML, ET.tostring(root)


def error_body(
    received: Received, namespace: str, error: AwsError, request_id: str
) -> tuple[str, bytes]:
    """Return an error's content type and bytes."""
    kind = "Sender" if BAD_REQUEST <= error.status < BAD_REQUEST + 100 else "Receiver"
    told = {"Type": kind, "Code": error.code, "Message": error.message}
    if wants_json(received):
        return JSON, json.dumps({"Error": told, "RequestId": request_id}).encode()
    root = ET.Element("ErrorResponse", xmlns=namespace)
    inside = ET.SubElement(root, "Error")
    for name, value in told.items():
        ET.SubElement(inside, name).text = value
    ET.SubElement(root, "RequestId").text = request_id
    return XML, ET.tostring(root)
