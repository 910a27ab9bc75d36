"""The lease of the kiosk's screen: one UI answers keys, whoever comes, goes, hangs or returns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.screens import (
    ACTED_MS,
    CLAIM_MS,
    FORGET_MS,
    LEASE_MS,
    MOST_SCREENS,
    Screen,
    ScreenBusyError,
    Screens,
    ScreenUnknownError,
)

LATER = CLAIM_MS
OLD, NEW = "standby", "0123456789ab"


def screen(name: str, at: int, *, busy: bool = False, stopping: bool = False) -> Screen:
    return Screen(name, at, busy, "a sale" if busy else "", stopping)


def heard(*screens: Screen, claims: bool = False) -> Screens:
    found = Screens(started_ms=0)
    for one in screens:
        found = found.reported(one, claims=claims)
    return found


def test_the_first_screen_has_it_and_the_second_waits() -> None:
    assert heard(screen(OLD, LATER), screen(NEW, LATER + 1)).holder == OLD


def test_after_the_agents_start_who_had_it_is_waited_for() -> None:
    early = heard(screen(NEW, CLAIM_MS - 1))
    assert early.holder == ""
    assert early.reported(screen(OLD, CLAIM_MS - 1), claims=True).holder == OLD
    assert early.reported(screen(NEW, CLAIM_MS), claims=False).holder == NEW


def test_after_the_agents_start_who_is_known_to_have_had_it_is_waited_for_longer() -> None:
    def begins() -> Screens:
        return Screens(started_ms=0, awaited=OLD)

    waits = begins().reported(screen(NEW, LEASE_MS - 1), claims=False)
    assert waits.holder == ""
    # However late its report comes.
    assert waits.reported(screen(OLD, LEASE_MS - 1), claims=True).holder == OLD
    assert waits.reported(screen(NEW, LEASE_MS), claims=False).holder == NEW
    # Whoever had it and does not say so began anew: nobody is in the middle of anything.
    anew = begins().reported(screen(OLD, CLAIM_MS - 1), claims=False)
    assert anew.holder == ""
    assert anew.reported(screen(NEW, CLAIM_MS), claims=False).holder == NEW
    assert begins().reported(screen(OLD, CLAIM_MS), claims=False).holder == OLD
    ended = begins().ended(OLD, 1)
    assert ended.reported(screen(NEW, CLAIM_MS), claims=False).holder == NEW
    other = begins().ended(NEW, 1)
    assert other.reported(screen(NEW, CLAIM_MS), claims=False).holder == ""
    # Nor does it go to another by being given; an operator's word gives it all the same.
    with pytest.raises(ScreenBusyError, match="has just started"):
        waits.given(NEW, LEASE_MS - 1, force=False)
    given = waits.given(NEW, LEASE_MS - 1, force=True)
    assert (given.holder, given.awaited) == (NEW, "")
    late = begins().reported(screen(NEW, LEASE_MS - 1), claims=False)
    assert late.given(NEW, LEASE_MS, force=False).holder == NEW


def test_after_the_agents_start_one_that_is_told_to_end_goes_on_with_its_own() -> None:
    for awaited in (OLD, ""):
        waits = Screens(started_ms=0, awaited=awaited)
        ends = waits.reported(screen(OLD, 1, busy=True, stopping=True), claims=True)
        assert ends.holder == OLD
        # Without its claim it takes none.
        assert waits.reported(screen(OLD, LEASE_MS, stopping=True), claims=False).holder == ""


def test_who_is_known_to_have_ended_is_not_waited_for() -> None:
    agent = Screens(started_ms=0, awaited="a").reported(screen("b", 100), claims=False)
    with pytest.raises(ScreenBusyError, match="waits for the kiosk UI"):
        agent.given("b", 200, force=False, ended="c")
    assert agent.given("b", 200, force=False, ended="a").holder == "b"
    # Somebody is busy at one that is there, whoever ended.
    busy = agent.given("b", 200, force=True).reported(screen("b", 300, busy=True), claims=True)
    busy = busy.reported(screen("d", 300), claims=False)
    with pytest.raises(ScreenBusyError):
        busy.given("d", 300, force=False, ended="a")


def test_after_the_agents_start_nobody_is_given_it_before_whoever_had_it_could_say_so() -> None:
    agent = Screens(started_ms=0).reported(screen("b", 100), claims=False)
    with pytest.raises(ScreenBusyError, match="waits for the kiosk UI"):
        agent.given("b", CLAIM_MS - 1, force=False)
    assert agent.given("b", CLAIM_MS, force=False).holder == "b"
    assert agent.given("b", 200, force=True).holder == "b"


def test_who_ended_its_turn_claims_it_no_more() -> None:
    late = LEASE_MS + 1
    agent = heard(screen("a", LATER)).ended("a", LATER + 1)
    stopping = screen("a", late, stopping=True)
    assert agent.reported(stopping, claims=True).holder == ""
    # Just after the agent's start it is in the middle of a sale.
    young = Screens(started_ms=0).reported(screen("a", 100, stopping=True), claims=True)
    assert young.holder == "a"


def test_an_old_claim_does_not_count_beside_the_name_that_is_known() -> None:
    hung = Screens(started_ms=0, awaited=OLD).reported(screen(NEW, 1), claims=True)
    assert hung.holder == ""
    assert hung.reported(screen(OLD, 2), claims=True).holder == OLD


def test_a_screen_that_is_silent_loses_it_to_the_next_that_reports() -> None:
    both = heard(screen(OLD, LATER), screen(NEW, LATER))
    kept = both.reported(screen(NEW, LATER + LEASE_MS - 1), claims=False)
    assert kept.holder == OLD
    lost = both.reported(screen(NEW, LATER + LEASE_MS), claims=False)
    assert lost.holder == NEW
    # It comes back and believes that the screen is its own still.
    assert lost.reported(screen(OLD, LATER + LEASE_MS), claims=True).holder == NEW


def test_one_that_ends_leaves_it_to_the_one_that_waits_at_once() -> None:
    both = heard(screen(OLD, LATER), screen(NEW, LATER))
    assert both.ended(OLD, LATER + 1).holder == NEW
    assert both.ended(NEW, LATER + 1).holder == OLD
    # Nobody is given a screen that was not heard of lately.
    assert both.ended(OLD, LATER + LEASE_MS).holder == ""


def test_one_that_ends_as_soon_as_it_is_idle_takes_none_but_keeps_its_own() -> None:
    assert heard(screen(NEW, LATER, stopping=True)).holder == ""
    keeps = heard(screen(OLD, LATER)).reported(screen(OLD, LATER, stopping=True), claims=True)
    assert keeps.holder == OLD
    both = keeps.reported(screen(NEW, LATER), claims=False)
    assert both.holder == OLD
    assert both.given(NEW, LATER, force=False).holder == NEW
    with pytest.raises(ScreenUnknownError):
        both.given(NEW, LATER, force=False).given(OLD, LATER, force=True)


def test_it_is_given_to_another_when_nobody_is_in_the_middle_of_something() -> None:
    both = heard(screen(OLD, LATER), screen(NEW, LATER))
    assert both.given(NEW, LATER, force=False).holder == NEW
    busy = both.reported(screen(OLD, LATER, busy=True), claims=True)
    with pytest.raises(ScreenBusyError, match="a sale"):
        busy.given(NEW, LATER, force=False)
    assert busy.given(NEW, LATER, force=True).holder == NEW
    # It has it already: nothing is broken off.
    assert busy.given(OLD, LATER, force=False).holder == OLD
    # Who is busy but was not heard of for long is no reason to wait.
    silent = busy.reported(screen(NEW, LATER + LEASE_MS - 1), claims=False)
    late = silent.given(NEW, LATER + LEASE_MS, force=False)
    assert late.holder == NEW


def test_who_asked_for_a_change_just_now_is_busy_before_they_say_so() -> None:
    acted = heard(screen(OLD, LATER), screen(NEW, LATER)).acted(OLD, LATER + 5)
    again = acted.reported(screen(OLD, LATER + 6), claims=True)
    with pytest.raises(ScreenBusyError):
        again.given(NEW, LATER + 5 + ACTED_MS - 1, force=False)
    assert again.given(NEW, LATER + 5 + ACTED_MS, force=False).holder == NEW
    assert again.acted("nobody", LATER) == again


def test_nobody_unknown_or_silent_is_given_it() -> None:
    both = heard(screen(OLD, LATER), screen(NEW, LATER))
    with pytest.raises(ScreenUnknownError):
        both.given("nobody", LATER, force=True)
    with pytest.raises(ScreenUnknownError):
        both.given(NEW, LATER + LEASE_MS, force=True)


def test_who_was_not_heard_of_for_a_minute_is_forgotten() -> None:
    both = heard(screen(OLD, LATER), screen(NEW, LATER))
    kept = both.reported(screen(OLD, LATER + FORGET_MS - 1), claims=True)
    assert set(kept.known) == {OLD, NEW}
    assert set(both.reported(screen(OLD, LATER + FORGET_MS), claims=True).known) == {OLD}


def test_only_so_many_are_known_and_whoever_has_the_lease_is_among_them() -> None:
    others = [f"made-up-{n}" for n in range(300)]
    screens = heard(screen(OLD, LATER))
    for n, name in enumerate(others):
        screens = screens.reported(screen(name, LATER + 1 + n), claims=False)
    assert screens.holder == OLD
    assert set(screens.known) == {OLD, *others[-(MOST_SCREENS - 1) :]}
    # One that reports anew is known anew, also among those of the same moment.
    again = screens.reported(screen(NEW, LATER + 300), claims=False)
    assert NEW in again.known
    assert again.given(NEW, LATER + 300, force=False).holder == NEW


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["report", "claim", "stopping", "busy", "act", "end", "give", "force"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(0, 12_000),
    ),
    max_size=40,
)


@given(EVENTS, st.sampled_from(["", "a"]))
def test_whatever_happens_the_holder_is_nobody_or_one_that_was_heard_of(
    happened: list[tuple[str, str, int]], awaited: str
) -> None:
    screens, now = Screens(started_ms=0, awaited=awaited), 0
    for what, name, waited in happened:
        now += waited
        before = screens
        try:
            match what:
                case "act":
                    screens = screens.acted(name, now)
                case "end":
                    screens = screens.ended(name, now)
                case "give" | "force":
                    screens = screens.given(name, now, force=what == "force")
                case _:
                    one = screen(name, now, busy=what == "busy", stopping=what == "stopping")
                    screens = screens.reported(one, claims=what == "claim")
        except (ScreenBusyError, ScreenUnknownError):
            assert screens == before
        assert screens.holder == "" or screens.holder in screens.known
        # Nobody takes it from one that is heard of, but by its own end or an operator's word.
        held = before.known.get(before.holder)
        if held is not None and now - held.reported_ms < LEASE_MS and what in {"report", "claim"}:
            assert screens.holder == before.holder
