"""What a run told the world about a journal, and what must therefore be true after a power cut."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kiosk_agent.domain.reserve import Reserve

Told = Sequence[dict[str, Any]]
Answer = dict[str, Any]
EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Seal:
    """A sealed reserve, as far as it can be told apart from others."""

    digest: str
    journal_id: str
    leases: dict[str, bool]
    """Request id -> whether it was answered."""


@dataclass(slots=True)
class Damage:
    """Harm that was done to the journal's file."""

    reason: str
    """Of the epoch that follows."""
    keeps_stock: bool
    reserve: str | None
    """The journal that follows: of the reserve that was sealed then."""
    is_done: bool = False
    """If not, the harm may not have reached the disk."""


@dataclass(slots=True)
class Acknowledged:
    """What must be true of a journal."""

    answers: dict[str, Answer] = field(default_factory=dict)
    """By txn_id, of what must be in the journal."""
    given: dict[str, Answer] = field(default_factory=dict)
    """All that were ever given: their numbers and tickets are in customers' hands."""
    settled: set[str] = field(default_factory=set)
    payments: set[str] = field(default_factory=set)
    given_back: set[str] = field(default_factory=set)
    """Carts of which a part was taken and given back."""
    stocked: set[str] = field(default_factory=set)
    damages: list[Damage] = field(default_factory=list)
    sealed: Seal | None = None
    """The reserve that is on the disk for certain, unless it was taken."""
    sealing: Seal | None = None
    """The one that may have taken its place."""
    dropped: set[str] = field(default_factory=set)
    """Request ids of leases that the reserve had, and let go when they ended."""

    @property
    def has_whole_stock(self) -> bool:
        """Whether no harm can have taken the stock."""
        return all(damage.keeps_stock for damage in self.damages)


def acknowledged(told: Told) -> Acknowledged:
    """Add up what was told of one journal, oldest first."""
    sum_ = Acknowledged()
    for fact in told:
        _add(sum_, fact)
        _add_seal(sum_, fact)
        _add_damage(sum_, fact)
    return sum_


def seal_of(reserve: Reserve) -> dict[str, Any]:
    """Return what is told of a reserve: the fields of a Seal."""
    return {
        "digest": hashlib.sha256(reserve.model_dump_json().encode()).hexdigest(),
        "journal_id": str(reserve.journal_id),
        "leases": {str(one.request_id): one.allotment is not None for one in reserve.leases},
    }


def _add(sum_: Acknowledged, fact: dict[str, Any]) -> None:
    if "answer" in fact:
        txn_id = fact["answer"]["txn_id"]
        sum_.answers[txn_id] = sum_.given[txn_id] = fact["answer"]
    sum_.settled.update(fact.get("settled", ()))
    sum_.stocked.update(fact.get("stocked", ()))
    if "payment" in fact:
        sum_.payments.add(fact["payment"])
    sum_.payments.discard(fact.get("paying_back", ""))
    if "given_back" in fact:
        sum_.given_back.add(fact["given_back"])


def _add_seal(sum_: Acknowledged, fact: dict[str, Any]) -> None:
    if "sealing" in fact:
        new, before = Seal(**fact["sealing"]), sum_.sealed
        if before is not None and before.journal_id == new.journal_id:
            had = {request_id for request_id, answered in before.leases.items() if answered}
            sum_.dropped |= had - set(new.leases)
        sum_.sealing = new
    if "sealed" in fact:
        sum_.sealed, sum_.sealing = sum_.sealing, None


def _add_damage(sum_: Acknowledged, fact: dict[str, Any]) -> None:
    if "damaged" in fact:
        sum_.damages[-1].is_done = True
    if "damaging" not in fact:
        return
    reason, kept = fact["damaging"]["reason"], fact["damaging"]["kept"]
    reserve = sum_.sealed.journal_id if sum_.sealed else None
    sum_.damages.append(Damage(reason, kept == EVERYTHING, reserve))
    if kept == EVERYTHING:
        return
    sum_.answers = {txn_id: one for txn_id, one in sum_.answers.items() if txn_id in kept}
    sum_.settled &= set(kept)
    sum_.stocked.clear()
    sum_.payments.clear()
    sum_.given_back.clear()
