"""What an errand brings back: bounded, without secrets, sealed where it is for one person alone."""

import json
from pathlib import Path
from uuid import uuid4

import pyrage
import pytest

from kiosk_agent.bootstrap.domain.checking import Checked, bad
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.cli import errands, main
from kiosk_agent.cli.errands import done
from kiosk_contracts.commands import MOST_TEXT, CommandEnd, CommandOutcome, CommandToRun
from tests.support.clock import FakeClock


def command(kind: str, **more: object) -> CommandToRun:
    ends = FakeClock().now()
    return CommandToRun.model_validate(
        {"command_id": uuid4(), "kind": kind, "expires_at": ends, **more}
    )


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of the only programs that there are, but for the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_of_a_long_log_the_newest_lines_come_back(programs: Path) -> None:
    fit = MOST_TEXT // 300
    line = 'printf "%07d", i; for (j = 0; j < 73; j++) printf " abc"; print ""'
    program(
        programs, "journalctl", f"awk 'BEGIN {{ for (i = 1; i <= {fit + 3}; i++) {{ {line} }} }}'"
    )
    said = done(Host(), command("logs", lines=2000))
    text = said.raw.decode()
    assert len(text) <= MOST_TEXT
    assert text.splitlines()[-1].startswith(f"{fit + 3:07} abc")
    assert text.startswith(f"{4:07} abc")
    assert said.why == f"kiosk-agent: {fit} lines; 3 older ones were too much"


def test_nothing_secret_comes_back(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, card = "token=abcdef", "4111 1111 1111 1111"
    program(programs, "journalctl", f"echo '{secret} {card}'")
    assert done(Host(), command("logs")).raw == b"token=[removed] [removed]\n"
    found = [Checked("proof", bad(f"STS said {secret}", f"see {card}"))]
    monkeypatch.setattr(errands, "examine", lambda _host: found)
    said = done(Host(), command("doctor"))
    assert said.why == "to be looked at: proof"
    [check] = json.loads(said.raw)["checks"]
    assert check == {
        "check": "proof",
        "level": "bad",
        "text": "STS said token=[removed]",
        "what_to_do": "see [removed]",
    }


def test_what_a_program_says_when_it_fails_is_told(programs: Path) -> None:
    program(programs, "journalctl", "echo 'No journal files were found.' >&2; exit 1")
    said = done(Host(), command("logs"))
    assert (said.end, said.why) == (
        CommandEnd.FAILED,
        "journalctl: No journal files were found.",
    )


def test_a_restart_is_asked_of_systemd_and_its_refusal_is_told(
    programs: Path, tmp_path: Path
) -> None:
    program(programs, "systemctl", f'echo "$@" >{tmp_path}/asked')
    assert done(Host(), command("reboot")).end is CommandEnd.DONE
    assert (tmp_path / "asked").read_text() == "--no-block reboot\n"
    program(programs, "systemctl", "echo 'Access denied' >&2; exit 4")
    said = done(Host(), command("reboot"))
    assert (said.end, said.why) == (CommandEnd.FAILED, "systemctl: Access denied")


def test_a_bundle_is_read_by_whose_key_it_names_alone(tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    said = done(Host(root=tmp_path), command("support_bundle", recipient=str(key.to_public())))
    assert said.content_type == "application/age"
    assert b"eventpro-support" not in said.raw
    assert pyrage.decrypt(said.raw, [key]).startswith(b"\x1f\x8b")
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(said.raw, [pyrage.x25519.Identity.generate()])


def test_a_key_that_is_none_gets_nothing(tmp_path: Path) -> None:
    said = done(Host(root=tmp_path), command("support_bundle", recipient="age1" + "q" * 58))
    assert (said.end, said.raw) == (CommandEnd.REFUSED, b"")


@pytest.mark.parametrize("kind", ["drain", "end_drain", "restart_ui"])
def test_what_is_no_errand_is_not_done(kind: str) -> None:
    assert done(Host(), command(kind)).end is CommandEnd.REFUSED


def test_the_unit_reads_a_command_and_lays_down_its_outcome(
    programs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(programs, "journalctl", "echo one")
    wanted = command("logs", source="ssm")
    path = tmp_path / f"{wanted.command_id}.command"
    path.write_text(wanted.model_dump_json())
    words = ["errand", str(wanted.command_id), "--folder", str(tmp_path)]
    assert main(words) == 0
    said = CommandOutcome.model_validate_json(path.with_suffix(".outcome").read_bytes())
    assert (said.why, said.raw) == ("amazon-ssm-agent: 1 lines", b"one\n")
    path.write_text(json.dumps({"kind": "sh -c"}))
    path.with_suffix(".outcome").unlink()
    assert main(words) != 0
    assert "there is no such errand" in capsys.readouterr().err
    assert not path.with_suffix(".outcome").exists()
