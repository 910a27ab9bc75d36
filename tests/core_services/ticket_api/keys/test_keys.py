"""Signing keys: announced ahead, used later, kept to their owner, refused in words if broken."""

import json
import os
import stat
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core_services.ticket_api.keys.service import KeyFolder, KeyFolderError, SigningKey
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.ticket_code import TicketCode
from tests.support.ticket_api import NOW, Caller, HandClock, World, run_cli, write_config
from tests.support.till import Till

AHEAD = timedelta(days=30)


async def key_of_a_new_ticket(kiosk: Caller) -> int:
    """Return the number of the key that signs now; its signature holds for the key published."""
    granted = await kiosk.grant(Till().journal_id, 1)
    code = TicketCode.decode(granted.body["tickets"][0]["code"])
    keys = {key["key_id"]: key for key in (await kiosk.get("/v1/keys")).body["keys"]}
    public = bytes.fromhex(keys[code.facts.key_id]["public_key"])
    Ed25519PublicKey.from_public_bytes(public).verify(code.signature, code.facts.signed_bytes())
    return code.facts.key_id


async def test_a_key_is_published_at_once_and_signs_only_after_the_longest_offline_time(
    api: World, kiosk: Caller
) -> None:
    announced = await api.ops().post("/v1/ops/keys")

    assert announced.status == 201
    assert announced.body["key_id"] == 2
    assert announced.body["published_at"] == NOW.isoformat().replace("+00:00", "Z")
    assert announced.body["signs_from"] == (NOW + AHEAD).isoformat().replace("+00:00", "Z")
    first, second = (await kiosk.get("/v1/keys")).body["keys"]
    assert (first["key_id"], first["signs_from"]) == (1, first["published_at"])
    assert second == announced.body
    assert await key_of_a_new_ticket(kiosk) == 1


def folder_of(tmp_path: Path, clock: HandClock) -> KeyFolder:
    """Open a folder of keys, with the first in it."""
    return KeyFolder(tmp_path / "keys", clock, AHEAD).open()


def signer_of(folder: KeyFolder) -> int:
    """Return the number of the key that signs now."""
    code = folder.signer().code(event_no=1, type_no=1, serial="0000000000")
    return TicketCode.decode(code).facts.key_id


def test_each_key_signs_from_its_moment_on_and_none_is_forgotten(tmp_path: Path) -> None:
    clock = HandClock()
    folder = folder_of(tmp_path, clock)
    signers = []
    for _ in range(2):
        folder.announce()
        clock.advance(days=29, hours=23, minutes=59)
        signers.append(signer_of(folder))
        clock.advance(minutes=1)
        signers.append(signer_of(folder))

    assert signers == [1, 2, 2, 3]
    assert [key.key_id for key in folder.public().keys] == [1, 2, 3]


def test_of_two_keys_that_are_announced_together_the_later_number_signs(tmp_path: Path) -> None:
    clock = HandClock()
    folder = folder_of(tmp_path, clock)
    folder.announce()
    folder.announce()
    clock.advance(days=30)

    assert signer_of(folder) == 3


def test_processes_that_share_a_folder_see_each_others_keys(tmp_path: Path) -> None:
    clock = HandClock()
    one, two = folder_of(tmp_path, clock), folder_of(tmp_path, clock)

    announced = [one.announce().key_id, two.announce().key_id, one.announce().key_id]

    assert announced == [2, 3, 4]
    assert one.public() == two.public()
    clock.advance(days=30)
    assert signer_of(one) == signer_of(two) == 4


def test_a_number_that_another_process_takes_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = HandClock()
    one, two = folder_of(tmp_path, clock), folder_of(tmp_path, clock)
    rivals: list[VerifyKey] = []

    def beaten(keys: Sequence[SigningKey]) -> SigningKey:
        if not rivals:
            rivals.append(one.announce())
        return KeyFolder._make(two, keys)

    monkeypatch.setattr(two, "_make", beaten)

    assert two.announce().key_id == 3
    assert one.public().keys[1] == rivals[0]


def test_the_private_half_is_the_owners_alone_and_half_written_files_are_not_left(
    tmp_path: Path,
) -> None:
    folder_of(tmp_path, HandClock()).announce()

    keys = tmp_path / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert sorted(path.name for path in keys.iterdir()) == ["1.json", "2.json"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}


def test_a_key_is_on_the_disk_before_it_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file whole before it has its name, and the name before anybody hears of the key."""
    folder = folder_of(tmp_path, HandClock())
    keys = tmp_path / "keys"
    synced: list[tuple[str, bool]] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        fsync(descriptor)
        what = Path(f"/proc/self/fd/{descriptor}").readlink()
        synced.append((what.suffix, (keys / "2.json").exists()))

    monkeypatch.setattr(os, "fsync", watched)
    folder.announce()

    assert synced == [(".partial", False), ("", True)]


async def test_the_private_half_is_in_no_answer_and_in_no_log(
    api: World, kiosk: Caller, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = [await api.ops().post("/v1/ops/keys"), await kiosk.get("/v1/keys")]
    answers.append(await kiosk.grant(Till().journal_id, 1))

    said = json.dumps([answer.body for answer in answers]) + "".join(capfd.readouterr())
    for path in (api.folder / "keys").iterdir():
        assert json.loads(path.read_text())["private_key"] not in said


async def test_kiosks_can_not_announce_keys(api: World, kiosk: Caller) -> None:
    answer = await kiosk.post("/v1/ops/keys")

    assert (answer.status, answer.code) == (401, "token_missing")
    assert len(list((api.folder / "keys").iterdir())) == 1


def test_a_signature_of_one_key_is_none_of_another(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, HandClock())
    code = TicketCode.decode(folder.signer().code(event_no=1, type_no=1, serial="0000000000"))
    other = bytes.fromhex(folder.announce().public_key)

    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(other).verify(code.signature, code.facts.signed_bytes())


def changed(**changes: Any) -> Callable[[Path], None]:
    """Return what changes fields of the second key's file."""

    def change(keys: Path) -> None:
        body = json.loads((keys / "2.json").read_text())
        (keys / "2.json").write_text(json.dumps({**body, **changes}))

    return change


def swapped(keys: Path) -> None:
    """Put the first key's private half into the second's file."""
    private = json.loads((keys / "1.json").read_text())["private_key"]
    changed(private_key=private)(keys)


def not_json(keys: Path) -> None:
    (keys / "2.json").write_text("{")


BROKEN = [
    (not_json, "is not a signing key"),
    (changed(public_key="00"), "is not a signing key"),
    (changed(signs_from="tomorrow"), "is not a signing key"),
    (changed(private_key="zz" * 32), "its private half is not 32 bytes"),
    (changed(private_key="ab"), "its private half is not 32 bytes"),
    (swapped, "its halves do not belong together"),
]
_IDS = ["not JSON", "short public", "no time", "not hexadecimal", "short private", "swapped"]


@pytest.mark.parametrize(("break_it", "words"), BROKEN, ids=_IDS)
def test_a_broken_key_file_is_named_with_what_to_do(
    tmp_path: Path, break_it: Callable[[Path], None], words: str
) -> None:
    folder_of(tmp_path, HandClock()).announce()
    break_it(tmp_path / "keys")

    with pytest.raises(KeyFolderError, match=words) as refused:
        folder_of(tmp_path, HandClock())

    assert str(tmp_path / "keys" / "2.json") in str(refused.value)
    assert "backup" in str(refused.value)


async def test_the_program_does_not_start_on_a_broken_key_and_exits_78(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    folder_of(tmp_path, HandClock()).announce()
    not_json(tmp_path / "keys")

    status, _, err = await run_cli("keys", "list", "--config", str(config))

    assert status == 78
    assert err.startswith(f"ticket-api: {tmp_path / 'keys' / '2.json'} is not a signing key")


async def test_keys_are_listed_and_announced_from_the_command_line(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    _, first, _ = await run_cli("keys", "list", "--config", str(config))

    status, both, _ = await run_cli("keys", "rotate", "--config", str(config))

    assert status == 0
    assert first == "".join(both.splitlines(keepends=True)[:1])
    assert [line.split()[:2] for line in both.splitlines()] == [["key", "1"], ["key", "2"]]


async def test_a_key_that_breaks_while_we_run_is_told_and_mends_by_itself(
    api: World, kiosk: Caller
) -> None:
    broken = api.folder / "keys" / "2.json"
    broken.write_text("{")

    answers = [await kiosk.get("/v1/keys"), await kiosk.grant(Till().journal_id, 1)]

    for answer in answers:
        assert (answer.status, answer.code, answer.body["retryable"]) == (
            503,
            "upstream_busy",
            True,
        )
        assert "signing keys" in answer.body["detail"]
    assert (await api.line())["taken"] == 0
    broken.unlink()
    assert await key_of_a_new_ticket(kiosk) == 1


async def test_nothing_is_signed_while_the_keys_before_are_missing(
    tmp_path: Path,
) -> None:
    clock = HandClock()
    folder_of(tmp_path, clock).announce()
    (tmp_path / "keys" / "1.json").unlink()

    folder = folder_of(tmp_path, clock)

    with pytest.raises(KeyFolderError, match="signs yet; put back the files"):
        folder.signer()
    assert [key.key_id for key in folder.public().keys] == [2]
