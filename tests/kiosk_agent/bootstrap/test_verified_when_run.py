"""What is run as root is what a pinned key signed, by these bytes and at this time."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.places import INSTALLER
from kiosk_agent.bootstrap.refusing import StoppedError
from local_region.installer.routes import NAME
from tests.support.bootstrap_venue import PowerCutError, Shown, Venue
from tests.support.http import ask
from tests.support.signer import Signer


class ChangesIt(Shown):
    """Has somebody change the installer where it lies, just before it is run."""

    def __init__(self, script: Path, ran: Path) -> None:
        super().__init__()
        self._script, self._evil = script, f"touch {ran}\n"

    def began(self, step: Step, number: int, of: int) -> None:
        if step is Step.REGISTER:
            self._script.write_text(self._evil + self._script.read_text())
        super().began(step, number, of)


def test_what_was_changed_since_it_was_verified_is_not_run(venue: Venue) -> None:
    ran = venue.folder / "ran"
    with pytest.raises(StoppedError, match="the script was changed") as stopped:
        venue.run(venue.bundle(), ChangesIt(venue.host.path(INSTALLER), ran))
    assert "Run bootstrap again" in stopped.value.what_to_do
    assert not ran.exists()
    assert (venue.registrations(), venue.host.has("/usr/bin/amazon-ssm-agent")) == (0, False)
    shown = venue.run()
    assert {Step.FETCH, Step.VERIFY} <= set(shown.steps)
    assert (shown.names, venue.registrations(), ran.exists()) == (["till-1 HB1"], 1, False)


def test_what_is_changed_after_the_last_look_is_not_what_is_run(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is asked for between the look and the run: a moment for whoever would change it."""
    ran = venue.folder / "ran"
    claim = venue.desk.claim

    def changing(wanted: dict[str, str]) -> object:
        if venue.host.has(INSTALLER):
            venue.host.path(INSTALLER).write_text(f"touch {ran}\nexit 0\n")
        return claim(wanted)

    monkeypatch.setattr(venue.desk, "claim", changing)
    assert venue.run(venue.bundle()).names == ["till-1 HB1"]
    assert "touch" in venue.host.path(INSTALLER).read_text(), "it was changed"
    assert not ran.exists()


def test_a_key_that_expired_since_it_was_verified_runs_nothing(
    venue: Venue, tmp_path_factory: pytest.TempPathFactory
) -> None:
    signer = Signer(tmp_path_factory.mktemp("g") / "h").make(expires="3m")
    try:
        with signed_by(signer, venue) as installer:
            bundle = venue.bundle(installer=installer)
            with pytest.raises(PowerCutError):
                venue.run(bundle, Shown(cut_before=Step.REGISTER))
            half_a_year_passes(venue)
            shown = Shown()
            with pytest.raises(StoppedError, match="the key that signed it has expired") as stopped:
                venue.run(bundle, shown)
            # It was verified, so it is neither fetched nor verified on the way to its run.
            assert shown.steps[-1] is Step.REGISTER
            assert Step.VERIFY not in shown.steps
            assert "a bundle with the newer key is needed" in stopped.value.what_to_do
            assert venue.registrations() == 0
            again = Shown()
            with pytest.raises(StoppedError, match="has expired"):
                venue.run(bundle, again)
            assert again.steps[-1] is Step.VERIFY
        assert venue.run(venue.bundle()).names == ["till-1 HB1"]
        assert venue.registrations() == 1
    finally:
        signer.stop()


def half_a_year_passes(venue: Venue) -> None:
    """Have gpg on this host believe that it is later."""
    real = shutil.which("gpg")
    tool = venue.host.root / "tools/gpg"
    clock = '"$(date -u -d "+200 days" +%Y%m%dT%H%M%S)"'
    tool.write_text(f'#!/bin/bash\nexec {real} --faked-system-time {clock} "$@"\n')
    tool.chmod(0o755)


@contextmanager
def signed_by(signer: Signer, venue: Venue) -> Iterator[dict[str, object]]:
    """Serve the region's installer with this signature; give what a bundle says of it."""
    folder = venue.folder / "mirror"
    folder.mkdir()
    script = folder / NAME
    script.write_bytes(ask(f"{venue.region.url}/{NAME}").body)
    signer.sign(script)

    class Serves(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:  # type: ignore[override]
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Serves, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield {
            "url": f"{base}/{NAME}",
            "signature_url": f"{base}/{script.with_suffix('.asc').name}",
            "fingerprints": [signer.fingerprint],
            "keys": [signer.key()],
        }
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
