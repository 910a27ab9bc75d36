"""What a run with releases claims: a run that went well, and each way in which it may not."""

from dataclasses import replace

import pytest

from demo.releases.images import BAD, FIRST, NEXT
from demo.releases.judging import judge
from demo.releases.records import (
    Decision,
    Ledger,
    Move,
    Outage,
    Run,
    Sale,
    Shown,
    Stood,
    Task,
    Told,
)

CANARY, OTHER = "till-1", "till-2"
TO_NEXT = Move(
    "done",
    [
        Decision(101, "begin", CANARY, "it is the canary"),
        Decision(102, "told", CANARY, "ECS took r-2"),
        Decision(120, "finish", CANARY, "it sold with the release"),
        Decision(145, "told", OTHER, "ECS took r-2"),
        Decision(160, "finish", OTHER, "it sold with the release"),
    ],
)
TO_BAD = Move(
    "stopped",
    [
        Decision(211, "told", CANARY, "ECS took r-bad"),
        Decision(230, "fail", CANARY, "the release ended 3 times there"),
        Decision(231, "told", CANARY, "ECS took r-2"),
        Decision(330, "returned", CANARY, "it runs r-2 again"),
    ],
    [
        Stood(199, CANARY, "waiting", "it has not reported since the move began"),
        Stood(199, OTHER, "waiting", f"{CANARY} goes first, and alone"),
        Stood(201, CANARY, "waiting", "somebody is busy at its screen"),
        Stood(211, CANARY, "moving", "somebody is busy at its screen"),
    ],
)
WELL = Run(
    canary=CANARY,
    other=OTHER,
    outage=Outage(100, 140, 3),
    told=[
        Told(10, CANARY, FIRST),
        Told(10, OTHER, FIRST),
        Told(102, CANARY, NEXT),
        Told(145, OTHER, NEXT),
        Told(211, CANARY, BAD),
        Told(231, CANARY, NEXT),
    ],
    tasks=[
        Task(CANARY, FIRST, "STOPPED"),
        Task(CANARY, BAD, "STOPPED"),
        Task(CANARY, NEXT, "RUNNING"),
        Task(OTHER, NEXT, "RUNNING"),
    ],
    to_next=TO_NEXT,
    to_bad=TO_BAD,
    sales=[
        Sale(CANARY, 20, 22, offline=False),
        Sale(OTHER, 105, 107, offline=True),
        Sale(OTHER, 110, 112, offline=True),
        Sale(CANARY, 195, 205, offline=False),
        Sale(CANARY, 215, 235, offline=False),
    ],
    shown=[
        Shown(15, CANARY, FIRST),
        Shown(15, OTHER, FIRST),
        Shown(110, CANARY, NEXT),
        Shown(150, OTHER, NEXT),
    ],
    ledger=Ledger(7, 7, 0),
    verifier=0,
)


def refuted(run: Run) -> list[str]:
    """Return the claims that are not so."""
    return [one.words for one in judge(run) if not one.is_so]


def with_told(run: Run, *more: Told) -> Run:
    return replace(run, told=sorted([*run.told, *more], key=lambda one: one.at))


def without(move: Move, what: str, kiosk_id: str) -> Move:
    left = [one for one in move.decisions if (one.what, one.kiosk_id) != (what, kiosk_id)]
    return replace(move, decisions=left)


def test_a_run_that_went_well_has_every_claim() -> None:
    claims = judge(WELL)
    assert len(claims) == 10
    assert refuted(WELL) == []


MOVED = f"{CANARY} moved to {NEXT} while {OTHER} was cut off"
SOLD = f"{OTHER} sold through its outage"
JOINED = f"{OTHER} joined the move to {NEXT} when its line came back"
NOT_IN_SALE = f"{CANARY} was not moved to {BAD} in the middle of a sale"
FAILS = f"{BAD} failed at {CANARY}, its canary"
MEANWHILE = f"{CANARY} sold meanwhile: a sale was open as it failed"
BACK = f"{CANARY} was moved back by itself"
NEVER = f"{OTHER} was never told {BAD}"
SETTLED = "Every transaction is settled"


@pytest.mark.parametrize(
    ("run", "claim"),
    [
        (replace(WELL, told=[Told(5, OTHER, NEXT), *WELL.told]), f"Both kiosks began with {FIRST}"),
        (replace(WELL, outage=Outage(100, 115, 3)), MOVED),
        (replace(WELL, outage=Outage(103, 140, 3)), MOVED),
        (replace(WELL, shown=[one for one in WELL.shown if one.at != 110]), MOVED),
        (replace(WELL, sales=WELL.sales[:2] + WELL.sales[3:]), SOLD),
        (replace(WELL, outage=replace(WELL.outage, turned_away=0)), SOLD),
        (
            replace(WELL, sales=[replace(one, offline=False) for one in WELL.sales]),
            SOLD,
        ),
        (with_told(WELL, Told(130, OTHER, NEXT)), SOLD),
        (replace(WELL, to_next=without(TO_NEXT, "finish", OTHER)), JOINED),
        (replace(WELL, to_next=replace(TO_NEXT, state="running")), JOINED),
        (replace(WELL, to_bad=replace(TO_BAD, stood=TO_BAD.stood[:2])), NOT_IN_SALE),
        (replace(WELL, to_bad=replace(TO_BAD, stood=TO_BAD.stood[3:])), NOT_IN_SALE),
        (with_told(WELL, Told(204, CANARY, BAD)), NOT_IN_SALE),
        (replace(WELL, to_bad=without(TO_BAD, "fail", CANARY)), FAILS),
        (replace(WELL, tasks=[one for one in WELL.tasks if one.release != BAD]), FAILS),
        (replace(WELL, sales=WELL.sales[:-1]), MEANWHILE),
        (replace(WELL, sales=[*WELL.sales[:-1], Sale(CANARY, 215, 229, offline=False)]), MEANWHILE),
        (replace(WELL, told=WELL.told[:-1]), BACK),
        (replace(WELL, to_bad=without(TO_BAD, "returned", CANARY)), BACK),
        (replace(WELL, to_bad=replace(TO_BAD, state="running")), BACK),
        (replace(WELL, tasks=[one for one in WELL.tasks if one.status != "RUNNING"]), BACK),
        (replace(WELL, shown=[*WELL.shown, Shown(240, CANARY, FIRST)]), BACK),
        (with_told(WELL, Told(232, OTHER, BAD), Told(236, OTHER, NEXT)), NEVER),
        (replace(WELL, tasks=[*WELL.tasks, Task(OTHER, BAD, "STOPPED")]), NEVER),
        (
            replace(
                WELL,
                to_bad=replace(
                    TO_BAD, decisions=[*TO_BAD.decisions, Decision(212, "begin", OTHER, "")]
                ),
            ),
            NEVER,
        ),
        (replace(WELL, ledger=Ledger(7, 6, 0)), SETTLED),
        (replace(WELL, ledger=Ledger(7, 7, 1)), SETTLED),
        (replace(WELL, verifier=1), SETTLED),
    ],
)
def test_what_speaks_against_a_claim_refutes_it(run: Run, claim: str) -> None:
    assert claim in refuted(run)
    found = next(one for one in judge(run) if one.words == claim)
    assert found.against, "it says what speaks against it"


def test_a_run_of_which_nothing_was_seen_claims_nothing() -> None:
    nothing = Move("running", [])
    blind = replace(
        WELL, told=[], tasks=[], to_next=nothing, to_bad=nothing, sales=[], shown=[], verifier=2
    )
    assert len(refuted(blind)) == len(judge(blind))
