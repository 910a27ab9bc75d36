"""Fills the journal that staff practise with."""

from kiosk_agent.domain import training
from kiosk_agent.domain.training import Sign
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.journal import Journal, JournalReader, JournalWriter
from kiosk_agent.services.kiosk import moment_now


async def fill(
    practice: Journal, real: Journal, clock: Clock, *, currency: str, key: tuple[bytes, Sign]
) -> None:
    """Put the venue's shows, a key for the day and stock into an empty journal.

    `key` is a public key, and what signs with it. The real journal is only read.
    """
    public_key, sign = key

    def seen(reader: JournalReader) -> training.RealKiosk:
        return training.RealKiosk(
            reader.catalogue(), tuple(reader.verify_keys()), reader.identity().venue_name
        )

    known = await real.read(seen)
    now = clock.now()
    catalogue = training.practice_catalogue(known, currency, now)
    verify_key = training.practice_key(public_key, known.keys, now)

    def write(writer: JournalWriter) -> None:
        writer.put_identity(training.KIOSK_CODE, catalogue.venue_id, catalogue.venue_name)
        writer.put_catalogue(catalogue)
        writer.put_verify_keys([verify_key])
        moment = moment_now(writer, clock)
        for lease, allotment in training.practice_stock(catalogue, verify_key.key_id, sign, moment):
            writer.put_lease_request(lease)
            writer.put_allotment(allotment)

    await practice.write(write)
