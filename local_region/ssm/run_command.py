"""CreateDocument, UpdateDocument, GetDocument, SendCommand, CancelCommand, GetCommandInvocation.

A command stays Pending until somebody says what came of it (`POST /_region/run-command`), or its
time to be delivered is over: no SSM agent polls here for messages.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from local_region.ids import Ids
from local_region.ssm.model import Document, Invocation, SsmState
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_DELIVERED_WITHIN_S: Final = 3600
_MOST_OUTPUT: Final = 24_000
_NOT_BEGUN: Final = -1
_BEGUN_AT: Final = "2026-01-01T00:00:00Z"
"""Nobody asks when it was; that it was is told by it."""


class RunCommand:
    """Documents of this account, and commands that were sent by them."""

    def __init__(self, state: SsmState, ids: Ids) -> None:
        self._state = state
        self._ids = ids

    def create_document(self, call: Call) -> dict[str, Any]:
        """Make a document."""
        name = call.params["Name"]
        if name in self._state.documents:
            raise AwsError("DocumentAlreadyExists", f"Document {name} already exists.")
        made = Document(name=name, content=_content(call), version=1, created=call.now)
        self._state.documents[name] = made
        return {"DocumentDescription": _described(made)}

    def update_document(self, call: Call) -> dict[str, Any]:
        """Make a document's next version, and the default one."""
        known, content = self._document(call.params["Name"]), _content(call)
        if known.content == content:
            raise AwsError("DuplicateDocumentContent", "The content of the document is the same.")
        made = known.model_copy(update={"content": content, "version": known.version + 1})
        self._state.documents[known.name] = made
        return {"DocumentDescription": _described(made)}

    def default_version(self, call: Call) -> dict[str, Any]:
        """Have a version be the default one: here the newest always is."""
        known = self._document(call.params["Name"])
        if call.params["DocumentVersion"] != str(known.version):
            raise AwsError("InvalidDocumentVersion", "local_region has a document's newest alone.")
        return {
            "Description": {"Name": known.name, "DefaultVersion": str(known.version)},
        }

    def get_document(self, call: Call) -> dict[str, Any]:
        """Tell a document."""
        known = self._document(call.params["Name"])
        return {
            "Name": known.name,
            "Content": known.content,
            "DocumentType": "Command",
            "DocumentFormat": "JSON",
            "DocumentVersion": str(known.version),
            "Status": "Active",
        }

    def send(self, call: Call) -> dict[str, Any]:
        """Have instances run a document; what its parameters say is held to its patterns."""
        known = self._document(call.params["DocumentName"])
        instances = call.params.get("InstanceIds", [])
        if not instances or any(one not in self._state.instances for one in instances):
            raise AwsError("InvalidInstanceId", "The specified instance ID isn't valid.")
        _hold(json.loads(known.content)["parameters"], call.params.get("Parameters", {}))
        command_id = self._ids.activation_id()
        until = call.now + timedelta(seconds=call.params.get("TimeoutSeconds", _DELIVERED_WITHIN_S))
        for instance_id in instances:
            self._state.invocations[f"{command_id} {instance_id}"] = Invocation(
                command_id=command_id,
                instance_id=instance_id,
                document=known.name,
                parameters=call.params.get("Parameters", {}),
                deliver_until=until,
            )
        return {
            "Command": {
                "CommandId": command_id,
                "DocumentName": known.name,
                "InstanceIds": instances,
                "Status": "Pending",
                "RequestedDateTime": call.now,
                "ExpiresAfter": until,
            }
        }

    def cancel(self, call: Call) -> dict[str, Any]:
        """Have instances not run it that have not ended it; here none begins before it ends."""
        command_id = call.params["CommandId"]
        known = [one for one in self._state.invocations.values() if one.command_id == command_id]
        if not known:
            raise AwsError("InvalidCommandId", "The specified command ID isn't valid.")
        wanted = call.params.get("InstanceIds") or [one.instance_id for one in known]
        for one in known:
            pending = one.status == "Pending" and call.now < one.deliver_until
            if one.instance_id in wanted and pending:
                gone = one.model_copy(update={"status": "Cancelled"})
                self._state.invocations[f"{command_id} {one.instance_id}"] = gone
        return {}

    def invocation(self, call: Call) -> dict[str, Any]:
        """Tell what came of a command at an instance."""
        key = f"{call.params['CommandId']} {call.params['InstanceId']}"
        known = self._state.invocations.get(key)
        if known is None:
            raise AwsError("InvocationDoesNotExist", "The command ID and instance ID differ.")
        over = known.status == "Pending" and call.now >= known.deliver_until
        status, details = ("TimedOut", "Delivery Timed Out") if over else (known.status,) * 2
        return {
            "CommandId": known.command_id,
            "InstanceId": known.instance_id,
            "DocumentName": known.document,
            "ResponseCode": known.code,
            # AWS says "" of one that has not begun, which its own model does not take.
            **({} if known.code == _NOT_BEGUN else {"ExecutionStartDateTime": _BEGUN_AT}),
            "Status": status,
            "StatusDetails": details,
            "StandardOutputContent": known.output[:_MOST_OUTPUT],
            "StandardErrorContent": "",
        }

    def _document(self, name: str) -> Document:
        known = self._state.documents.get(name)
        if known is None:
            raise AwsError("InvalidDocument", f"Document with name {name} does not exist.")
        return known


def _content(call: Call) -> str:
    content: str = call.params["Content"]
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    if not isinstance(told, dict) or told.get("schemaVersion") != "2.2":
        raise AwsError("InvalidDocumentContent", "The content for the document isn't valid.")
    return content


def _described(document: Document) -> dict[str, Any]:
    return {
        "Name": document.name,
        "DocumentVersion": str(document.version),
        "DefaultVersion": str(document.version),
        "LatestVersion": str(document.version),
        "DocumentType": "Command",
        "DocumentFormat": "JSON",
        "Status": "Active",
        "CreatedDate": document.created,
        "Hash": hashlib.sha256(document.content.encode()).hexdigest(),
        "HashType": "Sha256",
        "SchemaVersion": "2.2",
    }


def _hold(known: Mapping[str, Any], given: Mapping[str, list[str]]) -> None:
    missing = [name for name, one in known.items() if "default" not in one and name not in given]
    if missing or given.keys() - known.keys():
        raise AwsError("InvalidParameters", "The parameters are not those of the document.")
    for name, values in given.items():
        allowed, pattern = known[name].get("allowedValues"), known[name].get("allowedPattern", "")
        for value in values:
            if (allowed is not None and value not in allowed) or not re.search(pattern, value):
                raise AwsError("InvalidParameters", f"Parameter {name} has a value not allowed.")
