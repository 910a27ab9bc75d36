"""What a technician types, and what is asked through systemd."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kiosk_agent.bootstrap.asking import NobodyAsks, SystemdAsks, chosen, secrets_of
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.showing import ShowsJson, ShowsLines
from kiosk_contracts.enrolment import KioskName, read_bundle
from provisioning.bundles.keys import load_verifying_keys, verify_ed25519
from provisioning.bundles.sealing import make_passphrase
from tests.support.bundles import SECRETS, bundle_key, signed

NAMES = [
    KioskName(kiosk_id="till-1", kiosk_code="HB1", free=False),
    KioskName(kiosk_id="till-2", kiosk_code="HB2", free=True),
    KioskName(kiosk_id="gate", kiosk_code="HB3", free=True),
]


@pytest.mark.parametrize(
    ("typed", "kiosk"),
    [
        ("1", "till-2"),
        (" 2 ", "gate"),
        ("GATE", "gate"),
        ("till-1", None),
        ("3", None),
        ("0", None),
        ("", None),
        ("²", None),
    ],
)
def test_a_kiosk_is_chosen_by_number_or_name_among_the_free(typed: str, kiosk: str | None) -> None:
    assert chosen(NAMES, typed) == kiosk


def ask_password(folder: Path, patch: pytest.MonkeyPatch, answers: Sequence[str]) -> Path:
    """Put a systemd-ask-password there that gives these answers, one a call."""
    (folder / "answers").write_text("".join(f"{one}\n" for one in answers))
    tool = folder / "systemd-ask-password"
    tool.write_text(
        f'#!/bin/bash\ncd "{folder}"\necho "$*" >>asked\n[ -s answers ] || exit 1\n'
        "head -n1 answers\nsed -i 1d answers\n"
    )
    tool.chmod(0o755)
    patch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder / "asked"


def test_systemd_asks_for_passphrase_and_kiosk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask_password(tmp_path, monkeypatch, ["7KQ4-9MZ2-XH3T-W8RP", "9", "2"])
    asks = SystemdAsks()
    assert asks.passphrase("") == "7KQ4-9MZ2-XH3T-W8RP"
    assert asks.kiosk(NAMES, "till-1 is gone.") == "gate"
    first, second, third = asked.read_text().splitlines()
    assert "--echo=masked" in first
    assert "till-1 is gone. Which kiosk is this host? 1 till-2  2 gate:" in second
    assert "--echo=yes" in second
    assert "'9' is none of these." in third
    with pytest.raises(StoppedError) as stopped:
        asks.passphrase("")
    assert stopped.value.again


def test_where_nobody_is_the_run_stops_with_what_to_name() -> None:
    with pytest.raises(StoppedError) as stopped:
        NobodyAsks().kiosk(NAMES, "")
    assert "till-2, gate" in str(stopped.value)
    assert "--kiosk" in stopped.value.what_to_do
    with pytest.raises(StoppedError, match="passphrase is needed"):
        NobodyAsks().passphrase("")


def test_a_passphrase_from_a_file_opens_the_bundle_once(tmp_path: Path) -> None:
    key, public = bundle_key(tmp_path)
    passphrase = make_passphrase()
    raw = signed(key, passphrase).model_dump_json().encode()
    bundle = read_bundle(raw, load_verifying_keys([public]), verify_ed25519)
    file = tmp_path / "passphrase"
    file.write_text(f"{passphrase.lower()}\n")
    secrets = secrets_of(bundle, NobodyAsks(), file)
    assert secrets() == SECRETS
    file.unlink()
    assert secrets() == SECRETS
    file.write_text(make_passphrase())
    with pytest.raises(StoppedError, match="it is not this bundle's passphrase"):
        secrets_of(bundle, NobodyAsks(), file)()
    with pytest.raises(StoppedError, match="No such file"):
        secrets_of(bundle, NobodyAsks(), tmp_path / "gone")()


def test_the_name_is_shown_large(capsys: pytest.CaptureFixture[str]) -> None:
    ShowsLines().kiosk("till-1", "HB1")
    told = capsys.readouterr().out
    assert "▀" in told
    assert "This host is till-1, kiosk code HB1. It sells." in told
    ShowsJson().kiosk("till-1", "HB1")
    assert capsys.readouterr().out == (
        '{"event": "kiosk", "kiosk_id": "till-1", "kiosk_code": "HB1"}\n'
    )
