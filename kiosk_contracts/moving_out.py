"""Moving a journal out on a stick: encrypted parts, and the signed receipt that answers them.

An export is a folder: `manifest.json`, and parts `part-000001.age`, … Each part is age-encrypted
JSON, a PartContent; what the manifest says of it stands inside too, where nobody can change it.
"""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints

from kiosk_contracts.ids import JournalId, KioskId, Sha256
from kiosk_contracts.uploads import ItemOutcome
from kiosk_contracts.wire import WireModel, canonical_json

MANIFEST_NAME: Final = "manifest.json"
RECEIPT_NAME: Final = "receipt.json"
MAX_PART_ITEMS: Final = 1000
_RECEIPT_PREFIX: Final = b"EventPro receipt of an import, version 1\n"
"""What is signed begins so: no ticket code does, and no receipt reads as one."""


class ExportHead(WireModel):
    """Which journal it is, and how far it had come when the export began."""

    kiosk_id: KioskId
    kiosk_code: str
    venue_id: str
    journal_id: JournalId
    epoch: int
    first_sequence: int = Field(ge=1)
    """Where this journal's numbers begin: those below are of earlier journals of the kiosk."""
    sequence: int = Field(ge=0)
    """The newest transaction; 0 if there was none."""
    hash: Sha256
    """Of its envelope."""


class ExportItem(WireModel):
    """A transaction that is not settled."""

    sequence: int = Field(ge=1)
    txn_id: UUID
    journal_id: JournalId
    """The journal that it is of: the head's, or an earlier one of the kiosk."""
    state: str
    item: JsonValue
    """As it would be uploaded."""
    outcome: ItemOutcome | None
    """The ticket API's last judgement of it, if there was one."""


class ExportPage(WireModel):
    """What an agent gives of its journal at a time."""

    head: ExportHead
    items: tuple[ExportItem, ...]


class PartContent(WireModel):
    """What one part holds."""

    export_id: UUID
    number: int = Field(ge=1)
    last: bool
    head: ExportHead
    items: Annotated[tuple[ExportItem, ...], Field(max_length=MAX_PART_ITEMS)]


class ManifestPart(WireModel):
    """A part that is whole."""

    name: Annotated[str, StringConstraints(pattern=r"^part-[0-9]{6}\.age$")]
    sha256: Sha256
    """Of the file."""
    items: int
    after: int
    """The next part begins above this sequence."""


class Manifest(WireModel):
    """What was written so far; an export goes on after the last whole part."""

    format: Literal["eventpro-kiosk-export-1"] = "eventpro-kiosk-export-1"
    export_id: UUID
    head: ExportHead
    recipients: tuple[str, ...]
    parts: tuple[ManifestPart, ...] = ()
    complete: bool = False


class Receipt(WireModel):
    """The ticket API has every transaction of the journal up to this one, settled or kept."""

    journal_id: JournalId
    kiosk_id: KioskId
    export_id: UUID
    epoch: int
    sequence: int
    hash: Sha256
    counts: dict[str, int]
    """Items of the export by outcome."""
    set_hash: Sha256
    """Over sequence, txn_id and content of every item of the export."""
    issued_at: AwareDatetime
    key_id: int

    def signed_bytes(self) -> bytes:
        """Return what the signature covers."""
        return _RECEIPT_PREFIX + canonical_json(self.to_json())


class SignedReceipt(WireModel):
    """A receipt and its Ed25519 signature, by a key that also signs tickets."""

    receipt: Receipt
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


def part_name(number: int) -> str:
    """Return e.g. `part-000001.age`."""
    return f"part-{number:06d}.age"
