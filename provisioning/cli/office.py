"""How a command finds the fleet service and the operator's token."""

import argparse
import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from provisioning.fleet import FleetOffice
from provisioning.refusing import RefusedError
from provisioning.ticket_api import TicketOffice

FLEET_URL: Final = "KIOSK_PROVISION_FLEET_URL"
TICKET_API_URL: Final = "KIOSK_PROVISION_TICKET_API_URL"
TICKET_API_TOKEN_FILE: Final = "KIOSK_PROVISION_TICKET_API_TOKEN_FILE"  # noqa: S105  the same
TOKEN_FILE: Final = "KIOSK_PROVISION_TOKEN_FILE"  # noqa: S105  a variable's name


def office(options: argparse.Namespace) -> FleetOffice:
    """Return the fleet service, by the options or the environment; raises RefusedError."""
    named = options.token_file or os.environ.get(TOKEN_FILE, "")
    return FleetOffice(fleet_url(options), _token(named, f"--token-file, or set {TOKEN_FILE}"))


def ticket_office(options: argparse.Namespace) -> TicketOffice | None:
    """Return the ticket API, if it is said where it is; raises RefusedError."""
    url = options.ticket_api_url or os.environ.get(TICKET_API_URL, "")
    if not url:
        return None
    named = options.ticket_api_token_file or os.environ.get(TICKET_API_TOKEN_FILE, "")
    otherwise = "the operators' token can be read"
    how = f"--ticket-api-token-file, or set {TICKET_API_TOKEN_FILE}"
    return TicketOffice(checked_url(url, otherwise), _token(named, how))


def fleet_url(options: argparse.Namespace) -> str:
    """Return where the fleet service is; raises RefusedError."""
    url: str = options.fleet_url or os.environ.get(FLEET_URL, "")
    if not url:
        raise RefusedError(
            "it is not said where the fleet service is", f"Say --fleet-url, or set {FLEET_URL}."
        )
    return checked_url(url, "the operators' token can be read")


def checked_url(url: str, otherwise: str) -> str:
    """Return an address that is https, or of this host; raises RefusedError.

    `otherwise`: what can be done on the way in plain http.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise RefusedError(f"{url} is no address", "Write e.g. https://fleet.example.com.")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise RefusedError(f"{url} is plain http, in which {otherwise}", "Use https.")
    return url


def _token(named: str, how: str) -> str:
    if not named:
        raise RefusedError(
            "the operators' token is missing",
            f"Put it in a file that you alone can read; say {how}.",
        )
    path = Path(named)
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RefusedError(f"{path}: {why}", "Name the file of the operators' token.") from error
    if not token:
        raise RefusedError(f"{path} is empty", "Put the operators' token into it.")
    if path.stat().st_mode & 0o077:
        raise RefusedError(f"{path} can be read by others", f"Run: chmod 600 {path}")
    return token
