"""How a command finds the fleet service and the operator's token."""

import argparse
import os
from typing import Final

from operator_cli.addresses import checked_url, token_in
from operator_cli.refusing import RefusedError
from provisioning.fleet import FleetOffice
from provisioning.ticket_api import TicketOffice

FLEET_URL: Final = "KIOSK_PROVISION_FLEET_URL"
TICKET_API_URL: Final = "KIOSK_PROVISION_TICKET_API_URL"
TICKET_API_TOKEN_FILE: Final = "KIOSK_PROVISION_TICKET_API_TOKEN_FILE"  # noqa: S105  the same
TOKEN_FILE: Final = "KIOSK_PROVISION_TOKEN_FILE"  # noqa: S105  a variable's name


def office(options: argparse.Namespace) -> FleetOffice:
    """Return the fleet service, by the options or the environment; raises RefusedError."""
    named = options.token_file or os.environ.get(TOKEN_FILE, "")
    return FleetOffice(fleet_url(options), token_in(named, f"--token-file, or set {TOKEN_FILE}"))


def ticket_office(options: argparse.Namespace) -> TicketOffice | None:
    """Return the ticket API, if it is said where it is; raises RefusedError."""
    url = options.ticket_api_url or os.environ.get(TICKET_API_URL, "")
    if not url:
        return None
    named = options.ticket_api_token_file or os.environ.get(TICKET_API_TOKEN_FILE, "")
    otherwise = "the operators' token can be read"
    how = f"--ticket-api-token-file, or set {TICKET_API_TOKEN_FILE}"
    return TicketOffice(checked_url(url, otherwise), token_in(named, how))


def fleet_url(options: argparse.Namespace) -> str:
    """Return where the fleet service is; raises RefusedError."""
    url: str = options.fleet_url or os.environ.get(FLEET_URL, "")
    if not url:
        raise RefusedError(
            "it is not said where the fleet service is", f"Say --fleet-url, or set {FLEET_URL}."
        )
    return checked_url(url, "the operators' token can be read")
