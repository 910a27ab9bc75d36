"""Logs in at ECR with the host's role, by GetAuthorizationToken.

Signed by our own lines, as GetCallerIdentity is: botocore would cost the host some 10 MB for them.
https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
"""

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Self

import aiohttp

from kiosk_agent.host_role.presigning import signed_headers
from kiosk_agent.host_role.role_credentials import NoRoleCredentialsError
from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.ports import Credentials, PullFailedError, RegistryLogin

_ECR: Final = re.compile(
    r"\d{12}\.dkr\.ecr\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?P<domain>amazonaws\.com(?:\.cn)?)"
)
_TARGET: Final = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
_KIND: Final = "application/x-amz-json-1.1"
_BODY: Final = b"{}"
_ASK_S: Final = 30.0
_BEFORE_ITS_END_MS: Final = 3_600_000
"""A login is renewed so long before it ends: a pull takes a while."""
_MOST_BYTES: Final = 64 * 1024
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    login: RegistryLogin
    until_ms: int
    """CLOCK_BOOTTIME: a wall clock that jumps ends nothing."""


class EcrLogins:
    """Adapter of RegistryLogins. Other registries are asked without a login."""

    def __init__(
        self, credentials: Credentials, clock: Clock, *, proxy: str = "", endpoint: str = ""
    ) -> None:
        """`endpoint`: where all regions' ECR is asked instead, as `http://127.0.0.1:4566`."""
        self._credentials = credentials
        self._clock = clock
        self._proxy = proxy
        self._endpoint = endpoint
        self._kept: dict[str, _Kept] = {}

    async def __aenter__(self) -> Self:
        """Make the client; it connects when it asks."""
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_ASK_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            proxy=self._proxy or None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self._http.close()

    async def login(self, registry: str) -> RegistryLogin | None:
        """Return how to log in at a registry of ECR's, kept until an hour before its end."""
        found = _ECR.fullmatch(registry)
        if found is None:
            return None
        kept = self._kept.get(registry)
        if kept is None or self._clock.boottime_ms() >= kept.until_ms:
            kept = await self._ask(found["region"], f"api.ecr.{found['region']}.{found['domain']}")
            self._kept[registry] = kept
        return kept.login

    def forget(self, registry: str) -> None:
        """Keep no login there any more."""
        self._kept.pop(registry, None)

    async def _ask(self, region: str, host: str) -> _Kept:
        try:
            credentials = self._credentials.read()
        except NoRoleCredentialsError as error:
            raise PullFailedError(f"nobody logs in at ECR: {error}") from error
        url = self._endpoint or f"https://{host}"
        headers = {"host": host, "content-type": _KIND, "x-amz-target": _TARGET}
        now = self._clock.now()
        signed = signed_headers(credentials, region, "ecr", headers, _BODY, now)
        try:
            async with self._http.post(
                f"{url}/", data=_BODY, headers=signed, allow_redirects=False
            ) as answer:
                body = await answer.content.read(_MOST_BYTES)
                status = answer.status
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = str(error) or type(error).__name__
            raise PullFailedError(f"ECR does not answer at {host}: {why}") from error
        return self._read(host, status, body)

    def _read(self, host: str, status: int, body: bytes) -> _Kept:
        try:
            said = json.loads(body)
            if status != _OK:
                raise PullFailedError(_refusal(host, status, said))
            [told] = said["authorizationData"]
            pair = base64.b64decode(told["authorizationToken"], validate=True).decode()
            username, colon, password = pair.partition(":")
            lasts_ms = int(float(told["expiresAt"]) * 1000 - self._clock.now().timestamp() * 1000)
        except (ValueError, KeyError, TypeError) as error:
            raise PullFailedError(f"{host} answers {status}, and nothing of ECR's") from error
        if not (username and colon and password):
            raise PullFailedError(f"{host} gave a login that can't be read")
        until_ms = self._clock.boottime_ms() + max(lasts_ms - _BEFORE_ITS_END_MS, 0)
        return _Kept(RegistryLogin(username, password), until_ms)


def _refusal(host: str, status: int, said: Any) -> str:
    kind = str(said.get("__type", status)).rpartition("#")[2]
    message = str(said.get("message") or said.get("Message") or "")
    hint = ""
    if kind == "AccessDeniedException":
        hint = " (the managed-instance role needs ecr:GetAuthorizationToken)"
    return f"{host} gave no login: {kind} {message}".rstrip() + hint
