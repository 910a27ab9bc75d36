"""Notes and coins, counted."""

from collections.abc import Iterable
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from kiosk_contracts.money import Money, total
from kiosk_contracts.wire import WireModel

MAX_PIECES: Final = 100_000


class CountedPieces(WireModel):
    """So many notes or coins of one value."""

    value: Money
    pieces: Annotated[int, Field(strict=True, ge=0, le=MAX_PIECES)]

    @model_validator(mode="after")
    def _worth_something(self) -> Self:
        if self.value.amount <= 0:
            msg = "a note or coin is worth more than nothing"
            raise ValueError(msg)
        return self


def worth(pieces: Iterable[CountedPieces], currency: str) -> Money:
    """Return what notes and coins are worth; ValueError if one is of another currency."""
    return total((one.value * one.pieces for one in pieces), currency)
