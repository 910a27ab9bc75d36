"""Buyers' personal data: outside the hashed payload, so that it can be erased."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import NotCanonicalError, WireModel, canonical_hash


class Buyer(WireModel):
    """Who bought, as far as they said."""

    name: PlainName | None = None
    email: PlainName | None = None
    address: PlainName | None = None


class PersonalData(WireModel):
    """A buyer's data and the salt of its hash. Erasing both leaves a hash that tells nothing."""

    salt: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    """128 random bits."""
    buyer: Buyer

    def salted_hash(self, txn_id: UUID) -> str:
        """Return what the payload holds as `personal_hash`: over what the buyer said, only.

        A field that is null counts as not said, so that a peer which knows more fields gets the
        same hash. Raises NotCanonicalError if a newer peer's field has no canonical form.
        """
        said = {name: value for name, value in self.buyer.to_json().items() if value is not None}
        return canonical_hash({"txn_id": str(txn_id), "salt": self.salt, "buyer": said})

    def matches(self, txn_id: UUID, personal_hash: str | None) -> bool:
        """Say whether a payload's `personal_hash` is this data's; no hash matches no data."""
        try:
            return self.salted_hash(txn_id) == personal_hash
        except NotCanonicalError:
            return False
