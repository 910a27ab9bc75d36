"""What all stored records share. Records know no store."""

from typing import ClassVar

from kiosk_contracts.wire import WireModel


class Record(WireModel):
    """One stored item's body. A field that a newer version wrote is kept."""

    store_kind: ClassVar[str]
