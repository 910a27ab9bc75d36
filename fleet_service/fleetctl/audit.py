"""`fleetctl audit`."""

import argparse

from fleet_service.fleetctl.fleet import Fleet
from fleet_service.fleetctl.shown import Found, show
from fleet_service.fleetctl.words import state, table, when
from kiosk_contracts.audit import AuditEntry, AuditPage

_AUDIT = "/v1/audit"


def show_list(options: argparse.Namespace) -> None:
    """List who changed what, the newest first."""
    asked = {
        "day": options.day,
        "from": options.since,
        "to": options.until,
        "actor": options.actor,
        "target": options.target,
    }

    async def look(service: Fleet) -> Found:
        entries: list[AuditEntry] = []
        async for page in service.pages(AuditPage, _AUDIT, asked):
            entries += page.entries
            if len(entries) >= options.limit:
                break
        entries = entries[: options.limit]
        rows = [
            (
                when(one.at),
                f"{one.name} ({one.role})",
                f"{one.method} {one.route}",
                " ".join(one.targets) or "-",
                state(f"{one.state} {one.code}".rstrip()),
                one.summary,
            )
            for one in entries
        ]
        picture = table(("AT", "WHO", "ASKED FOR", "ABOUT", "CAME OF IT", "SAID"), rows)
        return Found([one.to_json() for one in entries], picture)

    show(options, look)
