"""The fleet service, as operators ask it."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from kiosk_contracts.enrolment import ActivationPage, ActivationStanding, NewActivation
from kiosk_contracts.kiosks import KioskDetail, WriteOffKiosk
from kiosk_contracts.venues import Venue, VenuePage, VenueStanding
from operator_cli.asking import Service


class FleetOffice(Service):
    """Asks the fleet service in an operator's name."""

    name = "fleet service"
    option = "--fleet-url"

    async def put_venue(self, venue: Venue) -> VenueStanding:
        """Open a venue, or change it."""
        path = f"/v1/ops/venues/{venue.venue_id}"
        return self.read(VenueStanding, await self.ask("PUT", path, venue.to_json()))

    async def venue(self, venue_id: str) -> VenueStanding:
        """Return a venue."""
        return self.read(VenueStanding, await self.ask("GET", f"/v1/ops/venues/{venue_id}"))

    async def venues(self) -> AsyncIterator[VenueStanding]:
        """Yield all venues, by their ids."""
        after: str | None = ""
        while after is not None:
            page = self.read(VenuePage, await self.ask("GET", f"/v1/ops/venues?after={after}"))
            for one in page.venues:
                yield one
            after = page.next_after

    async def remove_venue(self, venue_id: str) -> None:
        """Close a venue."""
        await self.ask("DELETE", f"/v1/ops/venues/{venue_id}")

    async def add_activation(self, activation: NewActivation) -> ActivationStanding:
        """Tell of an activation."""
        told = await self.ask("POST", "/v1/ops/activations", activation.to_json())
        return self.read(ActivationStanding, told)

    async def activations(self) -> AsyncIterator[ActivationStanding]:
        """Yield all activations, by their ids."""
        after: str | None = ""
        while after is not None:
            told = await self.ask("GET", f"/v1/ops/activations?after={after}")
            page = self.read(ActivationPage, told)
            for one in page.activations:
                yield one
            after = page.next_after

    async def revoke_activation(self, activation_id: str) -> ActivationStanding:
        """Let an activation enrol nobody more."""
        path = f"/v1/ops/activations/{activation_id}/revoke"
        return self.read(ActivationStanding, await self.ask("POST", path))

    async def kiosk(self, kiosk_id: str) -> KioskDetail:
        """Return a kiosk."""
        return self.read(KioskDetail, await self.ask("GET", _kiosk(kiosk_id)))

    async def act(self, kiosk_id: str, act: str) -> KioskDetail:
        """Do something to a kiosk; `act` is its route's last part, e.g. `revoke`."""
        return self.read(KioskDetail, await self.ask("POST", f"{_kiosk(kiosk_id)}/{act}"))

    async def write_off(self, kiosk_id: str, reason: str) -> KioskDetail:
        """Give a kiosk up; who calls this has read the risk."""
        order = WriteOffKiosk(reason=reason, risk_accepted=True)
        told = await self.ask("POST", f"{_kiosk(kiosk_id)}/write-off", order.to_json())
        return self.read(KioskDetail, told)


def _kiosk(kiosk_id: str) -> str:
    return f"/v1/ops/kiosks/{quote(kiosk_id, safe='')}"
