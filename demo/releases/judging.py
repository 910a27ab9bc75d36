"""What a run with releases claims, each judged from what was seen. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from demo.releases import records
from demo.releases.images import BAD, FIRST, NEXT
from demo.releases.records import Run, Sale

FEWEST_OFFLINE: Final = 2
_BUSY: Final = "busy at its screen"


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the table."""

    words: str
    against: str
    """What speaks against it; empty: it is so."""
    evidence: str

    @property
    def is_so(self) -> bool:
        """Say whether nothing speaks against it."""
        return not self.against


def judge(run: Run) -> Sequence[Claim]:
    """Return every claim with its verdict."""
    return [
        Claim(words.format(canary=run.canary, other=run.other), *_verdict(of, run))
        for words, of in _CLAIMS
    ]


def _verdict(of: "_Judge", run: Run) -> tuple[str, str]:
    against, evidence = of(run)
    return "; ".join(one for one in against if one), evidence


def _began(run: Run) -> "_Found":
    against = [
        _unless(run.releases_told(kiosk)[:1] == [FIRST], f"ECS did not begin {kiosk} with {FIRST}")
        for kiosk in (run.canary, run.other)
    ]
    against += [
        _unless(_shows_first(run, kiosk), f"{kiosk}'s screen did not begin with {FIRST}")
        for kiosk in (run.canary, run.other)
    ]
    return against, "ECS's records, both screens"


def _shows_first(run: Run, kiosk_id: str) -> bool:
    return next((one.release for one in run.shown if one.kiosk_id == kiosk_id), "") == FIRST


def _moved_in_outage(run: Run) -> "_Found":
    told = run.first_told(run.canary, NEXT)
    finished = run.to_next.first(records.FINISHED, run.canary)
    shown = [one for one in run.shown if (one.kiosk_id, one.release) == (run.canary, NEXT)]
    inside = run.outage.has
    against = [
        _unless(told is not None and inside(told), f"ECS was not told {NEXT} of it in the outage"),
        _unless(any(inside(one.at) for one in shown), f"its screen showed no {NEXT} in the outage"),
        _unless(
            finished is not None and inside(finished.at),
            "the fleet service did not find it moved in the outage",
        ),
    ]
    return against, _why(finished)


def _sold_in_outage(run: Run) -> "_Found":
    sold = [
        one
        for one in run.sales
        if one.kiosk_id == run.other and one.offline and run.outage.has(one.recorded_at)
    ]
    told = [one for one in run.told if one.kiosk_id == run.other and run.outage.has(one.at)]
    lasted = run.outage.restored_at - run.outage.cut_at
    against = [
        _unless(len(sold) >= FEWEST_OFFLINE, f"it sold {len(sold)} times"),
        _unless(run.outage.turned_away > 0, "nothing there felt that the line was cut"),
        _unless(not told, "ECS's record of it changed meanwhile"),
    ]
    return against, f"{len(sold)} sales offline in {lasted:.0f} s"


def _joined(run: Run) -> "_Found":
    told = run.first_told(run.other, NEXT)
    finished = run.to_next.first(records.FINISHED, run.other)
    against = [
        _unless(
            told is not None and told > run.outage.restored_at,
            f"ECS was not told {NEXT} of it after its line came back",
        ),
        _unless(finished is not None, "the fleet service did not find it moved"),
        _unless(run.to_next.state == "done", f"the move is {run.to_next.state}"),
    ]
    return against, _why(finished)


def _waited_for_sale(run: Run) -> "_Found":
    told = run.first_told(run.canary, BAD)
    waited = run.to_bad.waited(run.canary, _BUSY)
    sale = None if waited is None else _open_at(run, run.canary, waited.at)
    against = [
        _unless(waited is not None, "the fleet service did not wait for whoever was busy there"),
        _unless(sale is not None, "no sale was open when it waited"),
        _unless(
            told is not None and (sale is None or told > sale.recorded_at),
            "it was not told the release after that sale",
        ),
    ]
    return against, _why(waited)


def _failed(run: Run) -> "_Found":
    failed = run.to_bad.first(records.FAILED, run.canary)
    against = [
        _unless(run.first_told(run.canary, BAD) is not None, f"ECS was never told {BAD} of it"),
        _unless(run.runs(run.canary, BAD, "STOPPED"), f"ECS has no task of {BAD} that ended there"),
        _unless(failed is not None, "the fleet service did not find that it failed"),
    ]
    return against, _why(failed)


def _sold_meanwhile(run: Run) -> "_Found":
    failed = run.to_bad.first(records.FAILED, run.canary)
    sale = None if failed is None else _open_at(run, run.canary, failed.at)
    against = [
        _unless(failed is not None, "it did not fail"),
        _unless(sale is not None, "no sale was open there when it failed, and recorded after it"),
    ]
    if sale is None or failed is None:
        return against, ""
    before, after = failed.at - sale.opened_at, sale.recorded_at - failed.at
    return against, f"begun {before:.0f} s before it failed, recorded {after:.0f} s after"


def _moved_back(run: Run) -> "_Found":
    failed = run.to_bad.first(records.FAILED, run.canary)
    returned = run.to_bad.first(records.RETURNED, run.canary)
    back = [
        one.at
        for one in run.told
        if (one.kiosk_id, one.release) == (run.canary, NEXT)
        and failed is not None
        and one.at > failed.at
    ]
    against = [
        _unless(back, f"ECS was not told {NEXT} of it after it failed"),
        _unless(returned is not None, "the fleet service did not find it back"),
        _unless(run.to_bad.state == "stopped", f"the move is {run.to_bad.state}, and not stopped"),
        _unless(run.releases_told(run.canary)[-1:] == [NEXT], f"ECS's last word is not {NEXT}"),
        _unless(run.runs(run.canary, NEXT), f"ECS runs no {NEXT} there at the end"),
        _unless(run.last_shown().get(run.canary) == NEXT, f"its screen does not show {NEXT}"),
    ]
    return against, _why(returned)


def _touched_nobody_else(run: Run) -> "_Found":
    decided = [
        one
        for one in run.to_bad.decisions
        if one.kiosk_id == run.other and one.what != records.WAITED
    ]
    ran = sorted(
        {one.status for one in run.tasks if (one.kiosk_id, one.release) == (run.other, BAD)}
    )
    against = [
        _unless(BAD not in run.releases_told(run.other), f"ECS was told {BAD} of it"),
        _unless(not ran, f"ECS has tasks of {BAD} there: {', '.join(ran)}"),
        _unless(not decided, f"it was decided on: {', '.join(one.what for one in decided)}"),
        _unless(run.runs(run.other, NEXT), f"ECS runs no {NEXT} there at the end"),
        _unless(run.last_shown().get(run.other) == NEXT, f"its screen does not show {NEXT}"),
    ]
    return against, _why(run.to_bad.waited(run.other, ""))


def _settled(run: Run) -> "_Found":
    ledger = run.ledger
    against = [
        _unless(
            ledger.settled == ledger.recorded and ledger.quarantined == 0,
            f"the screens said {ledger.recorded}; the ticket API has {ledger.settled} settled, "
            f"{ledger.quarantined} quarantined",
        ),
        _unless(run.verifier == 0, f"the verifier's exit status is {run.verifier}"),
    ]
    return against, f"{ledger.settled} transactions; journals and terminals read by the verifier"


def _open_at(run: Run, kiosk_id: str, at: float) -> Sale | None:
    """Return the sale that was open at a kiosk at a time."""
    for one in run.sales:
        if one.kiosk_id == kiosk_id and one.opened_at < at < one.recorded_at:
            return one
    return None


def _unless(is_so: object, against: str) -> str:
    return "" if is_so else against


def _why(found: records.Decision | records.Stood | None) -> str:
    return "" if found is None else found.why


_Found = tuple[Sequence[str], str]
"""What speaks against it, each empty if it does not; and what it rests on, in a few words."""
_Judge = Callable[[Run], _Found]
_CLAIMS: Final[Sequence[tuple[str, _Judge]]] = (
    (f"Both kiosks began with {FIRST}", _began),
    (f"{{canary}} moved to {NEXT} while {{other}} was cut off", _moved_in_outage),
    ("{other} sold through its outage", _sold_in_outage),
    (f"{{other}} joined the move to {NEXT} when its line came back", _joined),
    (f"{{canary}} was not moved to {BAD} in the middle of a sale", _waited_for_sale),
    (f"{BAD} failed at {{canary}}, its canary", _failed),
    ("{canary} sold meanwhile: a sale was open as it failed", _sold_meanwhile),
    ("{canary} was moved back by itself", _moved_back),
    (f"{{other}} was never told {BAD}", _touched_nobody_else),
    ("Every transaction is settled", _settled),
)
