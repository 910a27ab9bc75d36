"""A bundle says only what its key signed, and gives its secrets only to its passphrase."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk_agent.bootstrap.adapters.unsealing import WrongPassphraseError, unseal
from kiosk_contracts.enrolment import (
    LARGEST_BUNDLE,
    PASSPHRASE_BITS,
    PASSPHRASE_LENGTH,
    BundleRefusedError,
    BundleSecrets,
    EnrolmentBundle,
    ReadBundle,
    read_bundle,
    read_passphrase,
    write_passphrase,
)
from kiosk_contracts.typed_code import ALPHABET
from kiosk_contracts.wire import canonical_json
from operator_cli.refusing import RefusedError
from provisioning.bundles.keys import (
    BundleKey,
    load_bundle_key,
    load_verifying_keys,
    make_bundle_key,
    verify_ed25519,
)
from provisioning.bundles.sealing import make_passphrase, seal, sign
from tests.support.bundles import NOW, SECRETS, body, bundle_key, signed


@dataclass
class Stick:
    """A key, a passphrase and a bundle."""

    key: BundleKey
    public: Path
    passphrase: str
    bundle: EnrolmentBundle

    def raw(self, **changes: Any) -> bytes:
        return json.dumps({**self.bundle.to_json(), **changes}).encode()

    def read(self, raw: bytes | None = None) -> ReadBundle:
        return read_bundle(
            self.raw() if raw is None else raw, load_verifying_keys([self.public]), verify_ed25519
        )


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory) -> Stick:
    key, public = bundle_key(tmp_path_factory.mktemp("keys"))
    passphrase = make_passphrase()
    return Stick(key, public, passphrase, signed(key, passphrase))


def test_what_was_signed_is_read_and_what_was_sealed_is_opened(stick: Stick) -> None:
    found = stick.read()
    assert [kiosk.kiosk_code for kiosk in found.body.kiosks] == ["HB1", "HB2"]
    assert found.body.agent_settings == {
        "locale": "de_DE",
        "print_receipts": True,
        "printer_columns": 48,
    }
    told = write_passphrase(stick.passphrase)
    assert [len(group) for group in told.split("-")] == [4, 4, 4, 4]
    for typed in (told, told.lower(), told.replace("-", " "), f"  {stick.passphrase} "):
        assert unseal(found, typed).revealed() == SECRETS.revealed()


def test_no_secret_can_be_read_in_the_file(stick: Stick) -> None:
    raw = stick.raw().decode()
    for secret in (*SECRETS.revealed().values(), stick.passphrase):
        assert secret not in raw
    assert "aCt1vation" not in repr(unseal(stick.read(), stick.passphrase))


def test_a_passphrase_has_75_bits_and_a_check_character() -> None:
    made = {make_passphrase() for _ in range(200)}
    assert len(made) == 200
    assert {len(one) for one in made} == {PASSPHRASE_LENGTH}
    assert PASSPHRASE_BITS == 5 * (PASSPHRASE_LENGTH - 1)
    assert set("".join(made)) == set(ALPHABET)


def test_a_slip_is_found_before_it_is_tried_and_another_passphrase_opens_nothing(
    stick: Stick,
) -> None:
    found = stick.read()
    first = stick.passphrase[0]
    slip = ("0" if first != "0" else "1") + stick.passphrase[1:]
    with pytest.raises(WrongPassphraseError, match="check character"):
        unseal(found, slip)
    with pytest.raises(WrongPassphraseError, match="has 16 characters, this has 15"):
        unseal(found, stick.passphrase[:-1])
    with pytest.raises(WrongPassphraseError, match="not this bundle's passphrase"):
        unseal(found, make_passphrase())
    assert read_passphrase(stick.passphrase) == stick.passphrase


def test_what_the_key_signed_as_something_else_is_no_bundle(stick: Stick) -> None:
    bare = stick.key.private.sign(canonical_json(stick.bundle.body))
    with pytest.raises(BundleRefusedError, match="signature does not hold"):
        stick.read(stick.raw(signature=bare.hex()))


def test_what_is_sealed_otherwise_is_refused_without_quoting_it(stick: Stick) -> None:
    class Half(BundleSecrets):
        def revealed(self) -> dict[str, str]:
            return {"activation_code": self.activation_code.get_secret_value()}

    half = Half.model_validate(SECRETS.revealed())
    unsealed = body()
    sealed = seal(half, stick.passphrase, unsealed)
    bundle = sign({**unsealed, "sealed": sealed.to_json()}, stick.key)
    found = stick.read(json.dumps(bundle.to_json()).encode())
    with pytest.raises(WrongPassphraseError, match="made by another version") as caught:
        unseal(found, stick.passphrase)
    assert caught.value.__suppress_context__
    assert "aCt1vation" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"cluster": "evil"},
        {"region": "us-east-1"},
        {"activation_id": "00000000-0000-0000-0000-000000000000"},
        {"fleet_url": "https://evil.example/"},
        {"kiosks": []},
        {"more": 1},
        {"made_at": 1.5},
    ],
)
def test_whatever_is_altered_the_signature_does_not_hold(
    stick: Stick, change: dict[str, Any]
) -> None:
    raw = stick.raw(body={**stick.bundle.body, **change})
    with pytest.raises(BundleRefusedError) as caught:
        stick.read(raw)
    assert "altered" in str(caught.value) or "no enrolment bundle" in str(caught.value)
    assert caught.value.hint


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_byte_can_be_another(stick: Stick, data: st.DataObject) -> None:
    raw = bytearray(stick.raw())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[place]))
    try:
        found = stick.read(bytes(raw))
    except BundleRefusedError:
        return
    # White space outside of texts, or another spelling of the same JSON.
    assert found.raw == stick.bundle.body


def test_the_sealed_part_of_one_bundle_opens_in_no_other(stick: Stick) -> None:
    moved = {**body(cluster="evil"), "sealed": stick.bundle.body["sealed"]}
    other = stick.read(json.dumps(sign(moved, stick.key).to_json()).encode())
    with pytest.raises(WrongPassphraseError, match="not this bundle's passphrase"):
        unseal(other, stick.passphrase)


def test_a_key_that_is_not_known_counts_for_nothing(stick: Stick, tmp_path: Path) -> None:
    other, _ = bundle_key(tmp_path)
    forged = signed(other, stick.passphrase)
    with pytest.raises(BundleRefusedError, match="is not known here") as caught:
        stick.read(json.dumps(forged.to_json()).encode())
    assert other.key_id in str(caught.value)
    assert stick.key.key_id in str(caught.value)
    # The id is a hint: under a known one the signature does not hold.
    renamed = {**forged.to_json(), "key_id": stick.key.key_id}
    with pytest.raises(BundleRefusedError, match="does not hold"):
        stick.read(json.dumps(renamed).encode())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff",
        b"{}",
        b"[]",
        b"null",
        b'{"body": [], "key_id": "x", "signature": "y"}',
        b"[" * 100_000,
        b" " * (LARGEST_BUNDLE + 1),
    ],
)
def test_what_is_no_bundle_is_said_to_be_none(stick: Stick, raw: bytes) -> None:
    with pytest.raises(BundleRefusedError, match=r"no enrolment bundle|larger than any") as caught:
        stick.read(raw)
    assert "again" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"format": 2}, "of format 2, and this program reads 1"),
        ({"region": "Frankfurt"}, "its region can't be used"),
        ({"installer": {"url": "ftp://x"}}, "its installer"),
        ({"kiosks": []}, "its kiosks"),
    ],
)
def test_a_signed_bundle_that_can_not_be_used_is_said(
    stick: Stick, change: dict[str, Any], why: str
) -> None:
    bundle = signed(stick.key, stick.passphrase, **change)
    with pytest.raises(BundleRefusedError) as caught:
        stick.read(json.dumps(bundle.to_json()).encode())
    assert why in str(caught.value)


def test_an_expired_one_names_both_times(stick: Stick) -> None:
    found = stick.read()
    found.refuse_expired(NOW + timedelta(days=7) - timedelta(seconds=1))
    with pytest.raises(BundleRefusedError, match="2026-12-03 12:00 UTC") as caught:
        found.refuse_expired(NOW + timedelta(days=7))
    assert "clock" in caught.value.hint


def spoil_mode(private: Path, _: Path) -> None:
    private.chmod(0o640)


def spoil_private(private: Path, _: Path) -> None:
    private.write_text("no key")


def take_away(private: Path, _: Path) -> None:
    private.unlink()


def swap(private: Path, public: Path) -> None:
    private.write_bytes(public.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (spoil_mode, "can be read by others"),
        (spoil_private, "no key that signs bundles"),
        (swap, "no key that signs bundles"),
        (take_away, "No such file"),
    ],
)
def test_a_key_file_that_can_not_be_used_is_said(
    tmp_path: Path, spoil: Callable[[Path, Path], None], why: str
) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    make_bundle_key(private, public)
    assert private.stat().st_mode & 0o777 == 0o600
    spoil(private, public)
    with pytest.raises(RefusedError, match=why) as caught:
        load_bundle_key(private)
    assert caught.value.what_to_do


def test_a_key_is_never_overwritten_and_a_private_file_verifies_nothing(tmp_path: Path) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    make_bundle_key(private, public)
    before = private.read_bytes(), public.read_bytes()
    for files in ((private, tmp_path / "new"), (tmp_path / "new", public)):
        with pytest.raises(RefusedError):
            make_bundle_key(*files)
    assert (private.read_bytes(), public.read_bytes()) == before
    assert not (tmp_path / "new").exists()
    with pytest.raises(RefusedError, match="no key that verifies"):
        load_verifying_keys([private])


def test_each_seal_has_a_salt_and_a_nonce_of_its_own(stick: Stick) -> None:
    made = [seal(SECRETS, stick.passphrase, body()) for _ in range(2)]
    assert made[0].kdf.salt != made[1].kdf.salt
    assert made[0].nonce != made[1].nonce
    assert made[0].kdf.memory_kib * made[0].kdf.passes >= 3 * 64 * 1024
