"""The fleet service, as `fleetctl` asks it."""

import argparse
import os
from collections.abc import AsyncIterator, Mapping
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from kiosk_contracts.wire import WireModel
from operator_cli.addresses import checked_url, token_in
from operator_cli.asking import Service
from operator_cli.refusing import RefusedError

FLEET_URL: Final = "FLEETCTL_URL"
TOKEN_FILE: Final = "FLEETCTL_TOKEN_FILE"  # noqa: S105  a variable's name
M = TypeVar("M", bound=WireModel)


class Fleet(Service):
    """Asks the fleet service in an operator's name."""

    name = "fleet service"
    option = f"--url, or {FLEET_URL}"

    async def get(self, model: type[M], path: str) -> M:
        """Return what a path answers; raises RefusedError."""
        return self.read(model, await self.ask("GET", path))

    async def send(
        self, model: type[M], path: str, order: WireModel | None = None, method: str = "POST"
    ) -> M:
        """Ask for a change; return what is answered. Raises RefusedError."""
        body = None if order is None else order.to_json()
        return self.read(model, await self.ask(method, path, body))

    async def pages(
        self, model: type[M], path: str, asked: Mapping[str, object] | None = None
    ) -> AsyncIterator[M]:
        """Yield all pages of a list; raises RefusedError."""
        after: str | None = ""
        while after is not None:
            page = await self.get(model, with_query(path, {**(asked or {}), "after": after}))
            yield page
            # Every page of the service has it.
            after = page.next_after  # type: ignore[attr-defined]


def with_query(path: str, asked: Mapping[str, object]) -> str:
    """Return a path with what is asked for; what is empty is left out."""
    said = {name: value for name, value in asked.items() if value not in (None, "", (), [])}
    return f"{path}?{urlencode(said, doseq=True)}" if said else path


def named(template: str, **names: str) -> str:
    """Return a path with names in it, whatever characters those have."""
    return template.format(**{name: quote(value, safe="") for name, value in names.items()})


def fleet(options: argparse.Namespace) -> Fleet:
    """Return the fleet service, by the options or the environment; raises RefusedError."""
    url: str = options.url or os.environ.get(FLEET_URL, "")
    if not url:
        raise RefusedError(
            "it is not said where the fleet service is", f"Say --url, or set {FLEET_URL}."
        )
    url = checked_url(url, "the operators' token can be read")
    file = options.token_file or os.environ.get(TOKEN_FILE, "")
    return Fleet(url, token_in(file, f"--token-file, or set {TOKEN_FILE}"))
