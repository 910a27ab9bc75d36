"""Each row of "If it stops" in docs/new-venue.md is brought about, and says what stands there."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final

import pytest

from kiosk_agent.bootstrap import runner
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.lock import one_at_a_time
from kiosk_agent.bootstrap.preparing import Choices, prepare
from kiosk_agent.bootstrap.refusing import StoppedError
from provisioning.bundles.sealing import make_passphrase
from tests.kiosk_agent.bootstrap.checks.test_way_checks import Endpoint, endpoint  # noqa: F401
from tests.support.agent_saying import SELLING, agent_saying
from tests.support.bootstrap_venue import QUICK, Shown, Venue
from tests.support.bundles import bundle_key
from tests.support.cut_line import CutLine, How, cut_line
from tests.support.ssm_agent import SsmAgent

GUIDE: Final = Path(__file__).parents[3] / "docs/new-venue.md"
Told = list[tuple[str, str]]
"""What was said, each with what to do."""
HASTY = replace(QUICK, confirm_s=0.5, stock_s=0.2)


def rows() -> list[tuple[str, str]]:
    """Return the rows of the table: what it says, and what to do."""
    table = GUIDE.read_text().partition("| it says |")[2].partition("\n\n")[0]
    cells = [re.split(r"(?<!\\)\|", line)[1:3] for line in table.splitlines()[2:]]
    return [(says.strip(), act.strip()) for says, act in cells]


def stopped(venue: Venue, bundle: Path | None = None, **chosen: Any) -> tuple[str, str]:
    shown = Shown()
    choices = Choices(bundle, [venue.key_file], **chosen)
    with pytest.raises(StoppedError) as error:
        runner.run(prepare(venue.host, choices, venue.technician, shown, HASTY), shown)
    return str(error.value), error.value.what_to_do


def no_stick(venue: Venue) -> Told:
    return [stopped(venue)]


def not_the_operators(venue: Venue) -> Told:
    altered = json.loads(venue.bundle().read_text())
    altered["body"]["cluster"] = "altered"
    path = venue.folder / "altered.eventpro"
    path.write_text(json.dumps(altered))
    elsewhere = venue.folder / "elsewhere"
    elsewhere.mkdir()
    strangers = replace(venue, key=bundle_key(elsewhere)[0])
    return [stopped(venue, path), stopped(venue, strangers.bundle())]


def wrong_passphrase(venue: Venue) -> Told:
    venue.technician.passphrases[:] = [make_passphrase() for _ in range(5)]
    what_to_do = stopped(venue, venue.bundle())[1]
    return [(one, what_to_do) for one in venue.technician.asked]


def endpoints_away(venue: Venue, tls: Endpoint) -> Told:
    away = {
        "ssm": "https://no-such-name.invalid/",
        "ecs": "http://127.0.0.1:1/",
        "sts": tls.url(),
    }
    return [stopped(venue, venue.bundle(endpoints=away))]


def line_goes(venue: Venue) -> Told:
    source = _body(venue)["installer"]
    gone = {**source, "url": "http://127.0.0.1:1/install.sh"}
    unfetched = venue.bundle(installer=gone, endpoints=_all(venue, installer=source["url"]))
    told = [stopped(venue, unfetched)]
    really = venue.desk.evidence
    # So that there is something to confirm.
    venue.desk.evidence = lambda wanted: (200, {**really(wanted)[1], "ping": ""})  # type: ignore[method-assign]
    with cut_line(venue.desk.url) as line:
        venue.desk.url = line.url
        for step in (Step.REGISTER, Step.CONFIRM):
            cuts = CutsAt(line, step)
            job = prepare(
                venue.host, Choices(venue.bundle(), [venue.key_file]), venue.technician, cuts, HASTY
            )
            with pytest.raises(StoppedError) as error:
                runner.run(job, cuts)
            told.append((str(error.value), error.value.what_to_do))
            assert error.value.again
            line.cut(How.UP)
    return told


class CutsAt(Shown):
    """Loses the line as a step begins."""

    def __init__(self, line: CutLine, step: Step) -> None:
        super().__init__()
        self._line, self._step = line, step

    def began(self, step: Step, number: int, of: int) -> None:
        if step is self._step:
            self._line.cut(How.REFUSED)
        super().began(step, number, of)


def no_packages(venue: Venue) -> Told:
    tool = venue.host.root / "tools/apt-get"
    tool.write_text('#!/bin/bash\necho "E: Unable to fetch some archives" >&2\nexit 100\n')
    venue.venue.write("run/half-installed", " gpg half\n")
    return [stopped(venue, venue.bundle())]


def another_run(venue: Venue) -> Told:
    with one_at_a_time(venue.host):
        return [stopped(venue, venue.bundle())]


def slow_clock(venue: Venue, patch: pytest.MonkeyPatch) -> Told:
    later = "Fri, 01 Jan 2100 00:00:00 GMT"
    patch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: later)
    return [stopped(venue, venue.bundle())]


def copied_disk(venue: Venue) -> Told:
    venue.run(venue.bundle())
    venue.venue.write("etc/machine-id", "fedcba9876543210fedcba9876543210\n")
    return [stopped(venue, venue.bundle())]


def strange_installer(venue: Venue) -> Told:
    other = {
        **_body(venue)["installer"],
        "fingerprints": ["F34C3DDAE72926B079BEAEC6BCE9D9A42D51784F"],
    }
    return [stopped(venue, venue.bundle(installer=other))]


def refused_by_ssm(venue: Venue) -> Told:
    ssm, told = venue.region.client("ssm"), []
    for how in ("used up", "ended", "revoked"):
        made = ssm.create_activation(IamRole="KioskRole", RegistrationLimit=1)
        venue.activation = made
        bundle = venue.bundle()
        if how == "used up":
            SsmAgent(venue.region.url).register(made)
        elif how == "revoked":
            ssm.delete_activation(ActivationId=made["ActivationId"])
        venue.region.clock.ahead = timedelta(days=2 if how == "ended" else 0)
        try:
            told.append(stopped(venue, bundle))
        finally:
            venue.region.clock.ahead = timedelta()
    return told


def none_free(venue: Venue) -> Told:
    venue.desk.granted.update({"till-1": "another host", "till-2": "a third"})
    return [stopped(venue, venue.bundle())]


def name_snatched(venue: Venue) -> Told:
    venue.desk.snatched = ["till-1"]
    venue.technician.kiosks[:] = ["till-1", "till-2"]
    venue.run(venue.bundle())
    return [(venue.technician.asked[-1], "")]


def role_missing(venue: Venue) -> Told:
    venue.region.fault(
        service="ssm",
        operation="RequestManagedInstanceRoleToken",
        kind="5xx",
        status=500,
        times=999,
    )
    try:
        return [stopped(venue, venue.bundle())]
    finally:
        venue.region.admin("DELETE", "faults")


def no_tickets(venue: Venue) -> Told:
    without = {**SELLING, "stock": [], "warnings": [{"code": "nothing_leased", "text": "No roll."}]}
    with _instead(venue, without):
        return [stopped(venue, venue.bundle())]


@contextmanager
def _instead(venue: Venue, status: dict[str, Any]) -> Iterator[None]:
    """Let another agent answer."""
    usual = venue.host.path("/run/eventpro/admin.sock")
    away = usual.rename(usual.with_name("usual.sock"))
    try:
        with agent_saying(usual, status):
            yield
    finally:
        away.rename(usual)


def _body(venue: Venue) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(venue.bundle().read_text())["body"]
    return told


def _all(venue: Venue, **others: str) -> dict[str, str]:
    return {**_body(venue)["endpoints"], **others}


CAUSES: Final[dict[str, Callable[..., Told]]] = {
    "there is no bundle (.eventpro) on a USB stick": no_stick,
    "the bundle's signature does not hold": not_the_operators,
    "it is not this bundle's passphrase": wrong_passphrase,
    "endpoints: …: the name … is not found": endpoints_away,
    "the fleet service does not answer: …": line_goes,
    "packages can't be installed: …": no_packages,
    "another run of bootstrap is at work": another_run,
    "the clock is … s behind": slow_clock,
    "this disk was copied": copied_disk,
    "the installer is not run: …": strange_installer,
    "RegistrationLimitExceeded": refused_by_ssm,
    "none of this bundle's kiosk names is free": none_free,
    "Another host is this kiosk": name_snatched,
    "… gets no credentials of its role": role_missing,
    "the first tickets are to come: …": no_tickets,
}
"""What brings a row about, by the first that it says."""


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_row_is_brought_about() -> None:
    assert [quoted(says)[0] for says, _ in rows()] == list(CAUSES)


@pytest.mark.parametrize(("says", "act"), rows(), ids=[quoted(says)[0] for says, _ in rows()])
def test_what_a_row_says_is_what_it_says(
    venue: Venue,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    says: str,
    act: str,
) -> None:
    cause = CAUSES[quoted(says)[0]]
    more: dict[Callable[..., Told], Callable[[], Any]] = {
        endpoints_away: lambda: request.getfixturevalue("endpoint"),
        slow_clock: lambda: monkeypatch,
    }
    told = cause(venue, *([more[cause]()] if cause in more else []))
    said = "\n".join(text for text, _ in told)
    for one in quoted(says):
        assert re.search(".+?".join(map(re.escape, one.split("…"))), said), (one, said)
    acts = "\n".join(what for _, what in told)
    commands = ("kiosk-agent ", "kiosk-provision ", "timedatectl ")
    for one in quoted(act):
        if one.startswith(commands):
            assert one.removesuffix(" NAME") in acts, (one, acts)
