"""Our document in Systems Manager: made, or brought to what it is to be."""

import json
from typing import Any

from kiosk_contracts.host_document import HOST_DOCUMENT, host_document
from provisioning.aws import refusals


class Documents:
    """Systems Manager of one account and region, by boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put(self) -> str:
        """Have the document as it is to be; return `made`, `changed` or `there`. Idempotent.

        Raises RefusedError.
        """
        content = json.dumps(host_document())
        with refusals():
            try:
                known = self._client.get_document(Name=HOST_DOCUMENT, DocumentFormat="JSON")
            except self._client.exceptions.InvalidDocument:
                self._client.create_document(
                    Name=HOST_DOCUMENT,
                    Content=content,
                    DocumentType="Command",
                    DocumentFormat="JSON",
                )
                return "made"
            if json.loads(known["Content"]) == host_document():
                return "there"
            told = self._client.update_document(
                Name=HOST_DOCUMENT,
                Content=content,
                DocumentFormat="JSON",
                DocumentVersion="$LATEST",
            )
            version = told["DocumentDescription"]["DocumentVersion"]
            # Whoever sends it names no version: the default one is run.
            self._client.update_document_default_version(
                Name=HOST_DOCUMENT, DocumentVersion=version
            )
            return "changed"
