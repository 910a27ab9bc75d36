"""`ticket-api import`: an export settles like an upload, once, and gets a signed receipt."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from uuid6 import uuid7

from kiosk_contracts.moving_out import Manifest, SignedReceipt
from tests.support.exports import Stick, stick_in
from tests.support.ticket_api import Caller, World, money, run_cli, write_config
from tests.support.till import Till


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return stick_in(tmp_path)


async def imported(
    api: World, stick: Stick, *more: str, keyfile: Path | None = None
) -> tuple[int, str, str]:
    config = write_config(api.folder)
    identity = str(keyfile or stick.keyfile)
    words = (str(stick.path), "--identity", identity, "--config", str(config), *more)
    return await run_cli("import", *words)


def receipt_in(stick: Stick) -> SignedReceipt:
    return SignedReceipt.model_validate_json((stick.path / "receipt.json").read_bytes())


async def test_everything_settles_as_if_the_kiosk_had_sent_it_and_once(
    api: World, kiosk: Caller, till: Till, stick: Stick
) -> None:
    serials = await kiosk.serials(till.journal_id, 3)
    sale = till.sale(serials[:2])
    void, second, bad = till.void(sale), till.sale(serials[2:]), till.sale(["0000000000"])
    await kiosk.upload(till.journal_id, sale)
    stick.export(till, [sale, void, second, bad])

    status, out, err = await imported(api, stick)
    again = await imported(api, stick)

    assert (status, again[0]) == (0, 0), err
    assert "  settled           3  (1 were before)\n  quarantined       1\n    #4: " in out
    assert "(serial_never_issued)" in out
    assert "  settled           3  (3 were before)" in again[1]
    line = await api.line()
    assert (line["sold"], line["voided"], line["gross"]) == (3, 2, money("20.00"))
    ledger = await api.ledger()
    assert ledger["transactions"] == {"settled": 3, "quarantined": 1, "unreadable": 0}
    assert ledger["journals"][0]["kiosk_id"] == "kiosk-a"


async def test_the_receipt_is_signed_by_the_key_of_tickets_and_says_what_it_covers(
    api: World, kiosk: Caller, till: Till, stick: Stick
) -> None:
    shifts = [till.shift(), till.shift()]
    manifest = stick.export(till, shifts)
    status, out, _ = await imported(api, stick, "--kiosk", "kiosk-a")
    assert status == 0
    assert out.endswith(f"receipt: {stick.path}/receipt.json, up to #2\n")
    signed = receipt_in(stick)
    told = signed.receipt
    [key] = (await kiosk.get("/v1/keys")).body["keys"]
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key["public_key"]))
    public.verify(bytes.fromhex(signed.signature), told.signed_bytes())
    assert told.key_id == key["key_id"]
    assert told.signed_bytes().startswith(b"EventPro receipt"), "no ticket code begins so"
    assert (told.journal_id, told.kiosk_id, told.epoch) == (till.journal_id, "kiosk-a", 1)
    assert (told.sequence, told.hash) == (2, till.head)
    assert told.export_id == manifest.export_id
    assert told.counts == {"settled": 2}
    first_hash = told.set_hash
    await imported(api, stick)
    assert receipt_in(stick).receipt.set_hash == first_hash
    assert not list(stick.path.glob(".*")), "nothing half-written stays"


async def test_what_can_not_be_told_yet_is_kept_as_it_came_and_settles_later_all_the_same(
    api: World, kiosk: Caller, till: Till, stick: Stick
) -> None:
    sale = till.sale(await kiosk.serials(till.journal_id, 1))
    void = till.void(sale, sale_txn_id=str(uuid7()))
    stick.export(till, [sale, void])
    status, out, _ = await imported(api, stick)
    assert status == 0
    assert "sale_not_known_yet" in out
    assert receipt_in(stick).receipt.counts == {"settled": 1, "quarantined": 1}
    assert (await api.ledger())["transactions"]["unreadable"] == 1
    (outcome,) = await kiosk.upload(till.journal_id, void)
    assert outcome["status"] == "retry", "an upload still waits"


async def test_a_journal_without_anything_unsettled_gets_its_receipt_too(
    api: World, kiosk: Caller, till: Till, stick: Stick
) -> None:
    await kiosk.upload(till.journal_id, till.shift())
    stick.export(till, [])
    status, _, _ = await imported(api, stick)
    assert (status, receipt_in(stick).receipt.counts) == (0, {})


async def test_an_item_that_is_damaged_is_told_and_kept_and_the_chain_goes_on(
    api: World, till: Till, stick: Stick
) -> None:
    shifts = [till.shift() for _ in range(4)]
    shifts[1] = {**shifts[1], "payload": 7}
    till_2 = Till(till.journal_id, sequence=3)
    shifts[3] = till_2.shift()
    stick.export(till, shifts, hash=shifts[3]["envelope"]["hash"])
    status, out, _ = await imported(api, stick, "--kiosk", "kiosk-a")
    assert status == 0
    assert "  chain: #2 is not what was sealed\n  chain: #4 does not link to #3\n" in out
    assert (await api.ledger())["flags"] == {"chain_broken": 1}


async def test_numbers_that_are_neither_here_nor_in_the_export_get_no_receipt(
    api: World, till: Till, stick: Stick
) -> None:
    shifts = [till.shift() for _ in range(4)]
    stick.export(till, [shifts[0], shifts[3]])
    status, _, err = await imported(api, stick, "--kiosk", "kiosk-a")
    assert status == 1
    assert "2 transactions are neither here nor in the export, the first is #2" in err
    assert err.endswith("There is no receipt.\n")
    assert not (stick.path / "receipt.json").exists()
    assert (await api.ledger())["transactions"]["settled"] == 2, "what came has settled"


async def test_a_head_that_is_another_transaction_here_gets_no_receipt(
    api: World, kiosk: Caller, till: Till, stick: Stick
) -> None:
    await kiosk.upload(till.journal_id, till.shift())
    stick.export(till, [], hash="0" * 64)
    status, _, err = await imported(api, stick)
    assert status == 1
    assert "#1, is another one here" in err


@pytest.mark.parametrize(
    ("order", "owner", "words"),
    [
        ((), None, "say so with --kiosk kiosk-a"),
        (("--kiosk", "kiosk-b"), None, "is of kiosk kiosk-a, not of kiosk-b"),
        ((), "kiosk-b", "belongs to kiosk kiosk-b"),
        (("--kiosk", "kiosk-a"), "kiosk-b", "belongs to kiosk kiosk-b"),
    ],
)
async def test_a_journal_is_bound_to_no_kiosk_but_by_the_operators_word(
    api: World, stick: Stick, order: tuple[str, ...], owner: str | None, words: str
) -> None:
    till = Till()
    shift = till.shift()
    if owner:
        await api.kiosk(owner).upload(till.journal_id, shift)
    stick.export(till, [shift])
    before = api.everything()
    status, _, err = await imported(api, stick, *order)
    assert status == 1
    assert words in err
    assert api.everything() == before


def _cut(stick: Stick) -> None:
    part = stick.path / "part-000001.age"
    part.write_bytes(part.read_bytes()[:-1])


def _swap(stick: Stick) -> None:
    first, second = stick.path / "part-000001.age", stick.path / "part-000002.age"
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(kept)


def _manifest(stick: Stick, change: Callable[[dict[str, Any]], object]) -> None:
    path = stick.path / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def _swap_and_tell(stick: Stick) -> None:
    _swap(stick)

    def change(manifest: dict[str, Any]) -> None:
        first, second = manifest["parts"]
        first["sha256"], second["sha256"] = second["sha256"], first["sha256"]

    _manifest(stick, change)


def _drop_last(stick: Stick) -> None:
    _manifest(stick, lambda manifest: manifest["parts"].pop())


def _drop_first(stick: Stick) -> None:
    _manifest(stick, lambda manifest: manifest["parts"].pop(0))


def _of_another_export(stick: Stick) -> None:
    _manifest(stick, lambda manifest: manifest.update(export_id=str(uuid7())))


def _another_head(stick: Stick) -> None:
    _manifest(stick, lambda manifest: manifest["head"].update(sequence=1))


def _incomplete(stick: Stick) -> None:
    _manifest(stick, lambda manifest: manifest.update(complete=False))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_cut, "part-000001.age is not the part that was written"),
        (_swap, "part-000001.age is not the part that was written"),
        (_swap_and_tell, "part-000001.age is part 2, not 1: parts were swapped"),
        (_drop_last, "some are missing"),
        (_drop_first, "part-000002.age is part 2, not 1"),
        (_of_another_export, "part-000001.age belongs to another export"),
        (_another_head, "part-000001.age belongs to another export"),
        (_incomplete, "is not complete; run `kiosk-agent export` again"),
        (lambda stick: (stick.path / "part-000002.age").unlink(), "part-000002.age: No such file"),
        (lambda stick: (stick.path / "manifest.json").write_text("{}"), "is no manifest"),
        (lambda stick: shutil.rmtree(stick.path), "manifest.json: No such file"),
        (lambda stick: stick.keyfile.write_text("AGE-SECRET-KEY-1X"), "no file of age identities"),
        (lambda stick: stick.keyfile.write_text("# none\n"), "has no age identity in it"),
    ],
)
async def test_an_export_that_is_not_whole_changes_nothing_and_is_told_in_words(
    api: World, till: Till, stick: Stick, spoil: Callable[[Stick], object], words: str
) -> None:
    manifest = stick.export(till, [till.shift() for _ in range(1001)])
    assert [part.items for part in manifest.parts] == [1000, 1]
    before = api.everything()
    spoil(stick)
    status, out, err = await imported(api, stick, "--kiosk", "kiosk-a")
    assert (status, out) == (1, "")
    assert words in err
    assert api.everything() == before


async def test_items_out_of_order_are_refused(api: World, till: Till, stick: Stick) -> None:
    first, second = till.shift(), till.shift()
    stick.export(till, [second, first])
    before = api.everything()
    status, _, err = await imported(api, stick, "--kiosk", "kiosk-a")
    assert status == 1
    assert "#1 stands behind #2" in err
    assert api.everything() == before


async def test_another_identity_can_not_read_it(
    api: World, till: Till, stick: Stick, tmp_path: Path
) -> None:
    stick.export(till, [till.shift()])
    (tmp_path / "other").mkdir()
    stranger = stick_in(tmp_path / "other")
    status, _, err = await imported(api, stick, "--kiosk", "kiosk-a", keyfile=stranger.keyfile)
    assert status == 1
    assert "part-000001.age cannot be decrypted with this identity: No matching keys found" in err


async def test_nothing_of_a_sale_can_be_read_on_the_stick(
    api: World, kiosk: Caller, till: Till, stick: Stick
) -> None:
    [serial] = await kiosk.serials(till.journal_id, 1)
    manifest = stick.export(till, [till.sale([serial])])
    assert isinstance(manifest, Manifest)
    for file in stick.path.iterdir():
        assert serial.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o600
    assert (await api.line())["sold"] == 0


async def test_what_earlier_journals_of_the_kiosk_left_settles_in_them(
    api: World, kiosk: Caller, till: Till, stick: Stick
) -> None:
    await kiosk.upload(till.journal_id, till.shift())
    left = [till.shift(), till.shift()]
    # Damage took #4 and #5; the next journal's numbers begin above.
    later = Till(sequence=5, head=till.head)
    stick.export(later, [*left, later.shift()], epoch=2, first_sequence=6)
    status, out, err = await imported(api, stick, "--kiosk", "kiosk-a")
    assert (status, err) == (0, "")
    assert "  settled           3" in out
    told = receipt_in(stick).receipt
    assert (told.journal_id, told.epoch, told.sequence) == (later.journal_id, 2, 6)
    journals = {one["journal_id"]: one for one in (await api.ledger())["journals"]}
    assert journals[str(till.journal_id)]["settled"] == 3
    assert journals[str(later.journal_id)]["settled"] == 1


async def test_an_earlier_journal_of_another_kiosk_is_refused(
    api: World, till: Till, stick: Stick
) -> None:
    await api.kiosk("kiosk-b").upload(till.journal_id, till.shift())
    later = Till(sequence=2, head=till.head)
    stick.export(later, [till.shift(), later.shift()], first_sequence=3)
    status, _, err = await imported(api, stick, "--kiosk", "kiosk-a")
    assert status == 1
    assert f"journal {till.journal_id} belongs to kiosk kiosk-b" in err
    assert (await api.ledger())["transactions"]["settled"] == 1
