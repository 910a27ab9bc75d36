"""SigV4 signatures for API Gateway (AWS Signature Version 4, service `execute-api`)."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from yarl import URL

from fleet_service.relay.ports import UpstreamError

SERVICE: Final = "execute-api"


class NoCredentialsError(Exception):
    """The usual chain (environment, files, container, instance) has no AWS credentials."""


class SigV4Signer:
    """Signs with credentials from the usual chain, which refreshes them by itself.

    Reading them may ask a metadata service, so it happens in a thread.
    """

    def __init__(self, region: str, credentials: Any) -> None:
        self._region = region
        self._credentials = credentials

    @classmethod
    async def from_usual_chain(cls, region: str) -> "SigV4Signer":
        """Find credentials; raises NoCredentialsError."""
        try:
            found = await asyncio.to_thread(botocore.session.get_session().get_credentials)
        except BotoCoreError as error:
            raise NoCredentialsError(str(error)) from error
        if found is None:
            raise NoCredentialsError("nothing in the usual chain")
        return cls(region, found)

    async def sign(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        """Return the headers with Authorization, X-Amz-Date and what else the signature needs."""
        try:
            frozen = await asyncio.to_thread(self._credentials.get_frozen_credentials)
        except BotoCoreError as error:
            raise UpstreamError(
                type(error).__name__, timed_out=False, may_have_happened=False
            ) from error
        request = AWSRequest(method=method, url=str(url), data=body, headers=dict(headers))
        SigV4Auth(frozen, SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())
