"""What `/v1/stream` tells besides items of lists."""

from kiosk_contracts.wire import WireModel


class GoneItem(WireModel):
    """An item is in no list any more; data of the event `gone`."""

    kind: str
    """`instance`, `alarm`, `release`, `move` or `command`."""
    id: str


class StreamReset(WireModel):
    """What came before can't be told: read the lists anew; data of the event `reset`."""

    why: str
