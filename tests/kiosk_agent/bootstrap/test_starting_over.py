"""`bootstrap --again`: a host that is a kiosk no more becomes another; others stay as they are."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.bootstrap import lock, starting_over
from kiosk_agent.bootstrap.checks.cloned import RECORD, instance_id
from kiosk_agent.bootstrap.preparing import Choices, prepare_again
from kiosk_agent.bootstrap.refusing import StoppedError
from tests.support.agent_saying import SELLING, agent_saying
from tests.support.bootstrap_venue import PowerCutError, Shown, Venue
from tests.support.enrolment_desk import problem

DRAINED = {**SELLING, "retired": True, "draining": True, "safe_to_reinstall": True, "stock": []}
AGENT = "var/lib/eventpro/agent"


@contextmanager
def says(
    venue: Venue, status: dict[str, Any] | Callable[[], dict[str, Any]] = SELLING
) -> Iterator[None]:
    with agent_saying(venue.host.path("/run/eventpro/admin.sock"), status):
        yield


@pytest.fixture
def old(make_venue: Callable[..., Venue]) -> Venue:
    """Return a venue whose host is a kiosk with a journal."""
    made = make_venue()
    with says(made):
        assert made.run(made.bundle()).names == ["till-1 HB1"]
    folder = made.host.path(f"/{AGENT}")
    folder.mkdir(parents=True, mode=0o700)
    with closing(sqlite3.connect(folder / "journal.db")) as connection, connection:
        connection.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)")
        connection.execute("INSERT INTO meta VALUES ('kiosk_id', 'till-1')")
        connection.execute("INSERT INTO meta VALUES ('last_sequence', '0')")
    return made


def again(venue: Venue, *, dry_run: bool = False) -> Shown:
    shown = Shown()
    choices = Choices(venue.bundle(), [venue.key_file])
    prepare_again(venue.host, choices, shown, dry_run=dry_run)
    return shown


def refused(venue: Venue) -> str:
    """Return why, and what to do; nothing was changed."""
    before = (instance_id(venue.host), seen(venue.host.root))
    with pytest.raises(StoppedError) as stopped:
        again(venue)
    assert (instance_id(venue.host), seen(venue.host.root)) == before
    return f"{stopped.value} {stopped.value.what_to_do}"


def seen(root: Path) -> dict[str, bytes]:
    """Return what is kept on the host of what it is."""
    kept = (root / "var/lib/eventpro", root / "etc/eventpro")
    files = (one for folder in kept for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(root)): one.read_bytes() for one in files}


def operators_freed(venue: Venue) -> None:
    venue.desk.granted.clear()


def test_one_that_was_retired_and_is_drained_becomes_another_and_its_journal_is_kept(
    old: Venue,
) -> None:
    journal = (old.host.root / AGENT / "journal.db").read_bytes()
    first = instance_id(old.host)
    with says(old, DRAINED):
        told = again(old).notes
    assert any(f"this host is {first} no more" in one for one in told)
    assert any("agent.before-1" in one for one in told)
    assert instance_id(old.host) is None
    assert (old.host.root / f"{AGENT}.before-1/journal.db").read_bytes() == journal
    assert list((old.host.root / AGENT).iterdir()) == []
    assert (old.host.root / AGENT).stat().st_mode & 0o777 == 0o700
    operators_freed(old)
    old.technician.kiosks[:] = ["till-2"]
    with says(old):
        assert old.run(old.bundle()).names == ["till-2 HB2"]
    assert instance_id(old.host) not in {None, first}
    assert 'kiosk_id = "till-2"' in old.venue.text("etc/eventpro/agent.toml")
    # And once more: what was kept before is kept.
    (old.host.root / AGENT / "journal.db").write_bytes(journal)
    with says(old, DRAINED):
        again(old)
    assert (old.host.root / f"{AGENT}.before-1/journal.db").read_bytes() == journal
    assert (old.host.root / f"{AGENT}.before-2/journal.db").exists()


def test_a_kiosk_that_nobody_took_out_of_service_is_left_as_it_is(old: Venue) -> None:
    with says(old, {**SELLING, "safe_to_reinstall": True}):
        words = refused(old)
    assert "this host is till-1, mi-" in words
    assert "nobody has said that it is a kiosk no more" in words
    assert "kiosk-provision kiosk deprovision till-1" in words
    # By that name another host may be the kiosk: the agent is to hear of it before anybody acts.
    assert words.index("systemctl start kiosk-agent") < words.index("kiosk deprovision")
    mine = instance_id(old.host)
    assert f"Only if kiosk-provision kiosk show till-1 has this host, {mine}" in words


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"safe_to_reinstall": False, "why_not": ["3 are not settled"]}, "3 are not settled"),
        ({"open_carts": 2}, "2 carts are open"),
        ({"refunds_to_give": 1}, "the money of 1 refunds was not given back"),
        ({"safe_to_reinstall": False}, "is not drained"),
    ],
)
def test_one_whose_journal_owes_something_keeps_it(
    old: Venue, change: dict[str, Any], why: str
) -> None:
    with says(old, {**DRAINED, **change}):
        words = refused(old)
    assert why in words
    assert "kiosk-agent export" in words


def test_whether_all_was_sent_is_the_agents_to_say(old: Venue) -> None:
    (old.host.root / AGENT / "retired").touch()
    assert "systemctl start kiosk-agent" in refused(old)


@pytest.mark.parametrize("code", ["kiosk_retired", "host_not_matched", "kiosk_pending"])
def test_the_fleet_service_s_word_counts_where_the_agent_has_not_heard_of_it(
    old: Venue, code: str
) -> None:
    told = {**problem(403, code, "Not this host", ""), "retryable": False}
    old.desk.evidence = lambda _: (403, told)  # type: ignore[method-assign]
    with says(old, {**DRAINED, "retired": False}):
        again(old)
    assert instance_id(old.host) is None


@pytest.mark.parametrize("code", ["kiosk_retired", "host_not_matched"])
def test_one_that_still_sells_is_left_alone_whatever_the_fleet_service_says(
    old: Venue, code: str
) -> None:
    told = {**problem(403, code, "Not this host", ""), "retryable": False}
    old.desk.evidence = lambda _: (403, told)  # type: ignore[method-assign]
    with says(old, {**SELLING, "safe_to_reinstall": True}):
        words = refused(old)
    assert "till-1 still sells on this host" in words
    assert "kiosk-agent drain" in words


def test_one_that_owes_something_by_the_time_it_would_be_stopped_is_left_alone(
    old: Venue,
) -> None:
    told = iter([DRAINED])
    owes = {**DRAINED, "safe_to_reinstall": False, "why_not": ["1 is not settled"]}
    with says(old, lambda: next(told, owes)):
        assert "1 is not settled" in refused(old)


def test_a_sale_recorded_while_it_is_stopped_starts_it_again(old: Venue) -> None:
    path = old.host.root / AGENT / "journal.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE meta SET value = '8' WHERE key = 'last_sequence'")
    with says(old, {**DRAINED, "last_sequence": 7}):
        assert "till-1 recorded more than #7" in refused(old)
    ours = [one for one in old.venue.calls() if "kiosk-" in one]
    assert ours[-4:] == [
        "stop kiosk-agent",
        "stop kiosk-supervisor",
        "start kiosk-supervisor",
        "start kiosk-agent",
    ]


def test_what_another_run_made_of_it_before_the_lock_was_held_counts(
    old: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {**problem(403, "host_not_matched", "Not this host", ""), "retryable": False}
    ours = old.desk.evidence
    old.desk.evidence = lambda wanted: (  # type: ignore[method-assign]
        (403, gone) if wanted["kiosk_id"] == "till-1" else ours(wanted)
    )
    really = lock.fcntl.flock

    def becomes_another(descriptor: int, how: int) -> None:
        path = old.host.path(RECORD)
        kept = json.loads(path.read_text())
        kept["kiosk"]["kiosk_id"] = "till-2"
        path.write_text(json.dumps(kept))
        really(descriptor, how)

    monkeypatch.setattr(lock.fcntl, "flock", becomes_another)
    before = instance_id(old.host)
    with says(old, {**DRAINED, "retired": False}), pytest.raises(StoppedError) as stopped:
        again(old)
    assert "this host is till-2" in str(stopped.value)
    assert instance_id(old.host) == before


def test_that_it_is_away_or_asks_to_wait_is_no_such_word(old: Venue) -> None:
    for code, retryable in (("kiosk_pending", True), ("proof_refused", False)):
        told = {**problem(403, code, "Not now", ""), "retryable": retryable}
        old.desk.evidence = lambda _, told=told: (403, told)  # type: ignore[misc]
        with says(old, {**DRAINED, "retired": False}):
            assert "nobody has said" in refused(old)


def test_a_bundle_that_counts_for_nothing_changes_nothing(old: Venue) -> None:
    path = old.bundle(expires_at="2026-01-01T00:00:00+00:00")
    before = seen(old.host.root)
    with says(old, DRAINED), pytest.raises(StoppedError, match="the bundle expired"):
        prepare_again(old.host, Choices(path, [old.key_file]), Shown(), dry_run=False)
    assert seen(old.host.root) == before
    assert instance_id(old.host) is not None


def test_what_would_be_done_is_said_and_not_done(old: Venue) -> None:
    before = seen(old.host.root)
    with says(old, DRAINED):
        assert "would take off this host that it was till-1" in again(old, dry_run=True).notes[0]
    assert seen(old.host.root) == before
    with says(old), pytest.raises(StoppedError, match="nobody has said"):
        again(old, dry_run=True)


@pytest.mark.parametrize("cut", ["_set_journal_aside", "mend"])
def test_cut_off_in_the_middle_the_same_again_goes_on(
    old: Venue, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    def power_cut(*_: object) -> None:
        raise PowerCutError

    where = starting_over if cut == "_set_journal_aside" else starting_over.cloned
    with says(old, DRAINED):
        with monkeypatch.context() as patched:
            patched.setattr(where, cut, power_cut)
            with pytest.raises(PowerCutError):
                again(old)
        again(old)
    assert instance_id(old.host) is None
    assert (old.host.root / f"{AGENT}.before-1/journal.db").exists()
    operators_freed(old)
    with says(old):
        assert old.run(old.bundle()).names == ["till-1 HB1"]


def test_a_host_that_was_never_anything_goes_on_as_without_it(
    make_venue: Callable[..., Venue],
) -> None:
    venue = make_venue()
    assert again(venue).notes == []
    with says(venue):
        assert venue.run(venue.bundle()).names == ["till-1 HB1"]
    with says(venue):
        note = venue.run(venue.bundle()).notes
    assert any("kiosk-agent bootstrap --again" in one for one in note)
