"""The kiosks file as it is read again: by many threads, and after a reading that failed."""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from fleet_service.sessions import registry as module
from fleet_service.sessions.registry import KioskRegistry, RegisteredKiosk, RegistryError
from tests.support.fleet import KIOSK_ID, FleetFiles
from tests.support.sts import INSTANCE_ID


@pytest.fixture
def files(tmp_path: Path) -> FleetFiles:
    built = FleetFiles(tmp_path).write()
    register(built, "active")
    return built


def register(files: FleetFiles, standing: str) -> None:
    line = {"kiosk_id": KIOSK_ID, "kiosk_code": "HB1", "venue_id": "harbour-hall"}
    host = {"venue_name": "Harbour Hall", "instance_id": INSTANCE_ID, "standing": standing}
    files.register(line | host)


def standing(known: KioskRegistry) -> str:
    found = known.last_read(KIOSK_ID)
    assert found is not None
    return found.standing


def test_a_reading_that_failed_is_tried_again_and_said_once(
    files: FleetFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = KioskRegistry(files.kiosks)
    real = module._read

    def fails(path: Path) -> dict[str, RegisteredKiosk]:
        raise RegistryError(f"kiosks file {path}: Too many open files")

    monkeypatch.setattr(module, "_read", fails)
    register(files, "revoked")
    known.refresh()
    known.refresh()
    assert standing(known) == "active"
    said = capsys.readouterr()
    assert (said.out + said.err).count("kiosks_file_unreadable") == 1
    monkeypatch.setattr(module, "_read", real)
    known.refresh()
    assert standing(known) == "revoked"


def test_of_many_threads_one_reads_and_none_keeps_what_was_there_before(
    files: FleetFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = KioskRegistry(files.kiosks)
    real, reading, go_on = module._read, threading.Event(), threading.Event()

    def slow(path: Path) -> dict[str, RegisteredKiosk]:
        found = real(path)
        if not reading.is_set():
            reading.set()
            assert go_on.wait(10)
        return found

    monkeypatch.setattr(module, "_read", slow)
    register(files, "pending")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(known.find, KIOSK_ID)
        assert reading.wait(10)
        # Written while the first thread reads: it must not be lost to what that one read before.
        register(files, "revoked")
        second = pool.submit(known.find, KIOSK_ID)
        # As long as a second reader would take, were it not waiting.
        wait([second], timeout=0.3)
        go_on.set()
        assert first.result(10) is not None
        found = second.result(10)
    assert found is not None
    assert found.standing == "revoked"
    assert standing(known) == "revoked"
