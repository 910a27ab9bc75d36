"""`kiosk-provision activation revoke` says which hosts need another registration."""

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from provisioning.cli import activations, main
from tests.support.enrolled import Hall, hall_of
from tests.support.operators import OPS_TOKEN
from tests.support.region import running_region


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the logs of what is in this process off what the command prints."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()


async def revoked(hall: Hall, token_file: Path, *words: str) -> int:
    region = hall.region.settings.region
    where = ["--fleet-url", hall.office.fleet.url, "--token-file", str(token_file)]
    line = ["activation", "revoke", hall.activation_id, *words, "--region", region, *where]
    return await asyncio.to_thread(main, line)


async def test_hosts_that_were_granted_and_are_not_the_kiosk_yet_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(OPS_TOKEN)
    token_file.chmod(0o600)
    with running_region() as region:
        monkeypatch.setenv("AWS_ENDPOINT_URL", region.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", region.operator.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", region.operator.secret_key)
        async with hall_of(tmp_path, region, "HB1", "HB2", "HB3", "HB4") as hall:
            # One is the kiosk, two are on the way, one name was never taken.
            await (await hall.enrolled("till-hb1")).opens("till-hb1")
            late = await hall.enrolled("till-hb2", number=2)
            first = hall.activation
            # A name of the same venue that was granted with another activation is not concerned.
            await hall.activate("till-hb3", token="another")
            assert (await hall.host(3).claim("till-hb3", token="another"))[0] == 201
            hall.activation = first

            assert await revoked(hall, token_file, "--dry-run") == 0
            assert "warning: till-hb2: granted to hosts" in capsys.readouterr().err
            ours, confirmed = asyncio.get_running_loop(), activations.confirm

            def meanwhile(options: argparse.Namespace, question: str) -> None:
                claim = asyncio.run_coroutine_threadsafe(hall.host(4).claim("till-hb4"), ours)
                assert claim.result()[0] == 201
                confirmed(options, question)

            monkeypatch.setattr(activations, "confirm", meanwhile)
            assert await revoked(hall, token_file, "--yes") == 0
            told = capsys.readouterr().err
            assert "warning: till-hb4: granted to hosts" in told
            assert "warning: till-hb2: granted to hosts" in told
            assert "kiosk-provision kiosk free NAME" in told
            # True of it: what it registered in time does not make it the kiosk.
            refused = (await late.prove("till-hb2"))[1]
            assert refused["code"] == "host_not_matched"
            for words in (told, refused["hint"]):
                assert "bootstrap --again" in words
            # The way out that both were told, with another registration.
            assert (await hall.office.ask("POST", "kiosks/till-hb2/free"))[0] == 200
            await hall.activate("till-hb2", token="a new stick")
            again = hall.host(2)
            assert (await again.claim("till-hb2", token="a new stick"))[0] == 201
            again.register("till-hb2")
            await again.opens("till-hb2")
