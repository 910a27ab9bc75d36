"""`kiosk-provision bundle …`, as an operator types it."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.bundles.sealing import make_passphrase
from provisioning.cli import main
from tests.support.bundles import bundle_key, signed


def types(
    capsys: pytest.CaptureFixture[str], *words: str | Path, status: int = 0
) -> tuple[str, str]:
    capsys.readouterr()
    assert main([str(word) for word in words]) == status
    said = capsys.readouterr()
    return said.out, said.err


def test_a_key_is_made_and_a_bundle_is_told_if_it_signed_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ("--private", tmp_path / "a", "--public", tmp_path / "a.pub")
    out, _ = types(capsys, "bundle", "keygen", "--json", *files)
    assert len(json.loads(out)["key_id"]) == 16
    key, public = bundle_key(tmp_path)
    until = datetime.now(UTC) + timedelta(days=1)
    bundle = tmp_path / "harbour.eventpro"
    passphrase = make_passphrase()
    made = signed(key, passphrase, expires_at=until.isoformat())
    bundle.write_text(json.dumps(made.to_json()))
    out, _ = types(capsys, "bundle", "verify", bundle, "--key", tmp_path / "a.pub", "--key", public)
    for words in (
        "harbour-till-1 (HB1), harbour-till-2 (HB2)",
        "account 111122223333, region eu-central-1, cluster kiosks",
        "F34C3DDAE72926B079BEAEC6BCE9D9A42D51784F",
        "locale = de_DE",
        f"{until:%Y-%m-%d %H:%M} UTC",
        "The signature holds.",
    ):
        assert words in out
    out, _ = types(capsys, "bundle", "verify", bundle, "--key", public, "--json")
    assert json.loads(out)["cluster"] == "kiosks"
    assert "sealed" not in json.loads(out)


def test_what_does_not_count_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, public = bundle_key(tmp_path)
    bundle = tmp_path / "harbour.eventpro"
    for content, why, what in (
        (b"{}", "no enrolment bundle", "Copy the bundle again"),
        (
            json.dumps(signed(key, make_passphrase()).to_json())
            .replace("kiosks", "kiosk5")
            .encode(),
            "does not hold",
            "Use nothing of it",
        ),
    ):
        bundle.write_bytes(content)
        _, err = types(capsys, "bundle", "verify", bundle, "--key", public, status=1)
        assert why in err
        assert what in err
    past = datetime.now(UTC) - timedelta(minutes=1)
    expired = signed(key, make_passphrase(), expires_at=past.isoformat())
    bundle.write_text(json.dumps(expired.to_json()))
    _, err = types(capsys, "bundle", "verify", bundle, "--key", public, status=1)
    assert "expired" in err
    _, err = types(capsys, "bundle", "verify", tmp_path / "none", "--key", public, status=1)
    assert "No such file" in err
    _, err = types(capsys, "bundle", "verify", bundle, "--key", tmp_path / "none", status=1)
    assert "No such file" in err


def test_the_module_runs_and_ends_quietly_where_nobody_reads_on() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "provisioning", "--print-completion", "bash"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        shown.stdout.close()
        assert shown.stderr.read() == b""
        assert shown.wait() == 141


@pytest.mark.parametrize("public", ["no-folder/a.pub", "a"])
def test_no_half_of_a_key_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], public: str
) -> None:
    files = ("--private", tmp_path / "a", "--public", tmp_path / public)
    _, err = types(capsys, "bundle", "keygen", *files, status=1)
    assert str(tmp_path / public) in err
    assert list(tmp_path.iterdir()) == []
