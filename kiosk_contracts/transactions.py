"""A transaction as it is journaled, sent and kept: envelope, payload, personal data."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from kiosk_contracts.ids import JournalId, Sha256, TxnId
from kiosk_contracts.payloads import Payload, UnknownPayload, parse_payload
from kiosk_contracts.personal import PersonalData
from kiosk_contracts.wire import NotCanonicalError, WireModel, canonical_hash

FIRST_PREV_HASH: Final = "0" * 64
"""`prev_hash` of the first transaction of a journal's first epoch."""


class Envelope(WireModel):
    """A transaction's place in its journal, and the chain's link.

    `hash` covers all other fields of the envelope, `payload_hash` among them, and `prev_hash` is
    the `hash` of the transaction before. So a changed, dropped or swapped transaction shows.
    """

    txn_id: TxnId
    journal_id: JournalId
    epoch: int = Field(ge=1)
    sequence: int = Field(ge=1)
    """Position in the journal, without gaps, running on through epochs."""
    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    """A TransactionKind, or a kind that only a newer peer knows."""
    payload_hash: Sha256
    prev_hash: Sha256
    hash: Sha256

    @classmethod
    def seal(  # noqa: PLR0913  an envelope has these fields
        cls,
        *,
        txn_id: UUID,
        journal_id: UUID,
        epoch: int,
        sequence: int,
        kind: str,
        payload: Mapping[str, Any],
        prev_hash: str,
    ) -> Self:
        """Make the envelope of `payload` as the next link after `prev_hash`."""
        return cls.seal_hashed(
            txn_id=txn_id,
            journal_id=journal_id,
            epoch=epoch,
            sequence=sequence,
            kind=kind,
            payload_hash=canonical_hash(payload),
            prev_hash=prev_hash,
        )

    @classmethod
    def seal_hashed(  # noqa: PLR0913  an envelope has these fields
        cls,
        *,
        txn_id: UUID,
        journal_id: UUID,
        epoch: int,
        sequence: int,
        kind: str,
        payload_hash: str,
        prev_hash: str,
    ) -> Self:
        """Make the envelope of a payload whose canonical hash is known."""
        fields = {
            "txn_id": str(txn_id),
            "journal_id": str(journal_id),
            "epoch": epoch,
            "sequence": sequence,
            "kind": kind,
            "payload_hash": payload_hash,
            "prev_hash": prev_hash,
        }
        return cls.model_validate({**fields, "hash": canonical_hash(fields)})

    def expected_hash(self) -> str:
        """Return the hash that the other fields give; it differs from `hash` if one was changed.

        Fields of a newer peer count too. Raises NotCanonicalError if one has no canonical form.
        """
        # What did not come does not count, so that a field added later leaves old hashes alone.
        return canonical_hash(self.model_dump(mode="json", exclude={"hash"}, exclude_unset=True))

    def is_intact(self) -> bool:
        """Say whether `hash` is what the other fields give; False too if they have no such form."""
        try:
            return self.expected_hash() == self.hash
        except NotCanonicalError:
            return False


class Transaction(WireModel):
    """One thing done at a kiosk, as it crosses the wire."""

    envelope: Envelope
    payload: dict[str, JsonValue]
    """Kept as it came, so that a newer peer's fields and the hash survive."""
    personal: PersonalData | None = None
    """Buyer's data, erasable; the payload has its salted hash."""

    def read_payload(self) -> Payload | UnknownPayload:
        """Return the payload by its kind; raises pydantic's ValidationError if it does not fit."""
        return parse_payload(self.envelope.kind, self.payload)

    def payload_matches(self) -> bool:
        """Say whether payload and envelope are unchanged since they were sealed.

        Raises NotCanonicalError if either has no canonical form.
        """
        hashes = canonical_hash(self.payload), self.envelope.expected_hash()
        return hashes == (self.envelope.payload_hash, self.envelope.hash)
