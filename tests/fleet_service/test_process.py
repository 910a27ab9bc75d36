"""The fleet service as a process: health, draining, settings that are wrong, its commands."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fleet_service.__main__ import main
from fleet_service.runtime import build_app
from fleet_service.sessions.keys import KeyFileError, load_public_keys, load_signing_key
from fleet_service.sessions.registry import RegistryError
from fleet_service.sessions.secret_hash import SecretHash
from fleet_service.settings import FleetSettings
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.support import forked
from tests.support.fleet import (
    FakeFleetClock,
    FleetFiles,
    fleet_process,
    open_session,
    registered,
)
from tests.support.upstream import Upstream


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


def run_fleet(
    *words: str, stdin: str = "", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **(environment or {})}
    return forked.run("fleet_service", *words, said=stdin, env=env)


async def test_a_request_at_hand_is_finished_before_the_process_ends(
    upstream: Upstream, tmp_path: Path
) -> None:
    arrived, let_go = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request, _body: bytes) -> web.StreamResponse:
        arrived.set()
        await let_go.wait()
        return web.json_response({"outcomes": []})

    async with (
        fleet_process(tmp_path, upstream.url) as fleet,
        aiohttp.ClientSession(fleet.url) as kiosk,
    ):
        token = {KIOSK_TOKEN_HEADER: await open_session(kiosk)}
        upstream.behave = slow
        sending = asyncio.create_task(kiosk.post("/v1/transactions", json={}, headers=token))
        await arrived.wait()
        ending = asyncio.create_task(fleet.stop())
        await fleet.logged("draining")
        let_go.set()
        async with await sending as answer:
            assert answer.status == 200
        assert await ending == 0
        with pytest.raises(aiohttp.ClientConnectorError):
            await kiosk.get("/healthz")


async def test_a_request_that_never_ends_does_not_keep_the_process_for_ever(
    upstream: Upstream, tmp_path: Path
) -> None:
    arrived = asyncio.Event()

    async def endless(_request: web.Request, _body: bytes) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with (
        fleet_process(tmp_path, upstream.url, drain_s=0.2) as fleet,
        aiohttp.ClientSession(fleet.url) as kiosk,
    ):
        token = {KIOSK_TOKEN_HEADER: await open_session(kiosk)}
        upstream.behave = endless
        sending = asyncio.create_task(kiosk.post("/v1/transactions", json={}, headers=token))
        await arrived.wait()
        assert await fleet.stop() == 0
        with pytest.raises(aiohttp.ClientConnectionError):
            await sending


async def test_it_says_draining_and_serves_on_until_the_notice_is_over(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with (
        fleet_process(tmp_path, upstream.url, drain_notice_s=600) as fleet,
        aiohttp.ClientSession(fleet.url) as balancer,
    ):
        async with balancer.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with balancer.get("/readyz") as answer:
            assert answer.status == 200
        fleet.process.send_signal(signal.SIGTERM)
        await fleet.logged("draining")
        async with balancer.get("/healthz") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "draining"})
        async with balancer.get("/readyz") as answer:
            assert answer.status == 503
        assert await open_session(balancer)
        assert await fleet.stop() == 0


async def test_readiness_is_the_ticket_apis_and_is_asked_for_seldom(
    upstream: Upstream, tmp_path: Path
) -> None:
    clock = FakeFleetClock()
    files = FleetFiles(tmp_path).write()
    settings = FleetSettings.model_validate(files.settings(upstream.url, ready_cache_s=2))
    server = TestServer(await build_app(settings, clock=clock))
    await server.start_server()
    # By itself it asks as well, at its start and every other minute.
    await upstream.looked_at.wait()
    upstream.looks.clear()

    async def ready() -> tuple[int, str]:
        async with aiohttp.ClientSession(server.make_url("/")) as balancer:
            answers = await asyncio.gather(*(balancer.get("/readyz") for _ in range(5)))
            (status,) = {answer.status for answer in answers}
            return status, (await answers[0].json(content_type=None)).get("detail", "")

    assert (await ready())[0] == 200
    assert [each.target for each in upstream.looks] == ["/healthz"]

    async def unwell(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.Response(status=500)

    upstream.behave = unwell
    clock.advance(1.9)
    assert (await ready())[0] == 200
    clock.advance(0.1)
    status, detail = await ready()
    assert (status, "answers 500" in detail) == (503, True)
    await upstream.__aexit__(None, None, None)
    clock.advance(2)
    assert (await ready())[0] == 503
    assert len(upstream.looks) == 2
    await server.close()


def test_missing_settings_are_told_line_by_line_with_78(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["serve"]) == 78
    told = capsys.readouterr()
    assert told.out == ""
    lines = told.err.splitlines()
    assert len(lines) == 3
    for name in ("ticket_api_url", "kiosks_file", "signing_key_file"):
        assert any(
            f"{name} is missing" in line and f"FLEET_SERVICE_{name.upper()}" in line
            for line in lines
        )


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ('ticket_api_url = "ftp://x"', "ticket_api_url is wrong"),
        ('ticket_api_url = "http://me:secret@x"', "ticket_api_url is wrong"),
        ("port = 70000", "port is wrong"),
        ("relay_timeout_s = 30", "relay_timeout_s is wrong"),
        ('tiket_api_url = "http://x"', "tiket_api_url is no setting"),
        ('sigv4_region = "mars"', "sigv4_region is wrong"),
        ("port = ", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_78(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, about: str
) -> None:
    files = FleetFiles(tmp_path).write()
    given = files.settings("http://127.0.0.1:9")
    name = line.partition(" = ")[0]
    config = tmp_path / "fleet.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in given.items() if key != name]
    config.write_text("\n".join([*lines, line]))
    assert main(["serve", "--config", str(config)]) == 78
    told = capsys.readouterr().err
    assert about in told
    assert "secret" not in told


def take_the_key_away(files: FleetFiles) -> None:
    files.signing_key.unlink()


def show_the_key_to_all(files: FleetFiles) -> None:
    files.signing_key.chmod(0o644)


def spoil_the_key(files: FleetFiles) -> None:
    files.signing_key.write_text('{"kid": "x", "private_key_hex": "abc"}')


def spoil_the_public_keys(files: FleetFiles) -> None:
    files.public_keys.write_text('{"keys": [{"kid": "x", "public_key_hex": "abc"}]}')


def take_the_kiosks_away(files: FleetFiles) -> None:
    files.kiosks.unlink()


def register_one_twice(files: FleetFiles) -> None:
    files.register(
        registered("kiosk-1", "K1", "harbour-hall", "a"),
        registered("kiosk-2", "K1", "harbour-hall", "b"),
    )


def register_with_a_plain_secret(files: FleetFiles) -> None:
    files.register({**registered("kiosk-1", "K1", "hall", "a"), "secret_hash": "plain"})


@pytest.mark.parametrize(
    ("spoil", "about"),
    [
        (take_the_key_away, "signing-key.json: No such file"),
        (show_the_key_to_all, "can be read by others; run: chmod 600"),
        (spoil_the_key, "is no signing key"),
        (spoil_the_public_keys, "has a key that is none"),
        (take_the_kiosks_away, "kiosks.json: No such file"),
        (register_one_twice, "two kiosks have the kiosk_code 'K1'"),
        (register_with_a_plain_secret, "kiosks.0.secret_hash"),
    ],
)
async def test_a_missing_or_wrong_file_is_named(
    tmp_path: Path, spoil: Callable[[FleetFiles], None], about: str
) -> None:
    files = FleetFiles(tmp_path).write()
    settings = FleetSettings.model_validate(files.settings("http://127.0.0.1:9"))
    spoil(files)
    with pytest.raises((KeyFileError, RegistryError)) as refused:
        await build_app(settings)
    assert about in str(refused.value)


def test_a_process_without_its_files_ends_with_78_and_one_line(tmp_path: Path) -> None:
    files = FleetFiles(tmp_path)
    config = tmp_path / "fleet.toml"
    told = run_fleet("serve", "--config", str(config))
    assert (told.returncode, "fleet.toml: No such file" in told.stderr) == (78, True)
    given = files.settings("http://127.0.0.1:9")
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    told = run_fleet("serve", "--config", str(config))
    assert (told.returncode, len(told.stderr.splitlines())) == (78, 1)
    assert "signing-key.json: No such file" in told.stderr


async def test_the_environment_counts_more_than_the_file_and_a_taken_port_is_told(
    upstream: Upstream, tmp_path: Path
) -> None:
    async with fleet_process(tmp_path, upstream.url, host="127.0.0.1") as fleet:
        taken = fleet.url.rpartition(":")[2]
        second = await asyncio.to_thread(
            run_fleet,
            *("serve", "--config", str(tmp_path / "fleet.toml")),
            environment={"FLEET_SERVICE_PORT": taken},
        )
        assert second.returncode == 1
        assert "can't serve" in second.stderr
        assert taken in second.stderr
        async with aiohttp.ClientSession(fleet.url) as kiosk, kiosk.get("/healthz") as answer:
            assert answer.status == 200


def test_signing_without_aws_credentials_is_told_at_the_start(tmp_path: Path) -> None:
    files = FleetFiles(tmp_path).write()
    given = files.settings("http://127.0.0.1:9", sigv4_region="eu-central-1")
    config = tmp_path / "fleet.toml"
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    nothing = str(tmp_path / "none")
    told = run_fleet(
        *("serve", "--config", str(config)),
        environment={
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": nothing,
            "AWS_CONFIG_FILE": nothing,
            "AWS_ACCESS_KEY_ID": "",
            "HOME": str(tmp_path),
        },
    )
    assert told.returncode == 78
    assert "no AWS credentials" in told.stderr


def test_keygen_makes_a_private_key_for_us_alone_and_adds_to_the_public_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = tmp_path / "public.json"
    made = []
    for name in ("first.json", "second.json"):
        assert main(["keygen", "--private", str(tmp_path / name), "--public", str(public)]) == 0
        made.append(capsys.readouterr().out.strip())
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
        assert load_signing_key(tmp_path / name).kid == made[-1]
    written = json.loads(public.read_text())
    assert [key["kid"] for key in written["keys"]] == made
    assert set(written["keys"][0]) == {"kid", "public_key_hex"}
    assert list(load_public_keys(public)) == made
    private = load_signing_key(tmp_path / "second.json").private
    assert load_public_keys(public)[made[1]] == private.public_key()


def test_keygen_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["keygen", "--private", str(tmp_path / "a"), "--public", str(tmp_path / "b")]
    assert main(words) == 0
    before = (tmp_path / "a").read_text(), (tmp_path / "b").read_text()
    assert main(words) == 78
    assert "File exists" in capsys.readouterr().err
    assert ((tmp_path / "a").read_text(), (tmp_path / "b").read_text()) == before


def test_hash_secret_gives_a_hash_that_only_the_secret_matches() -> None:
    told = run_fleet("kiosks", "hash-secret", stdin="s3cret\n")
    assert told.returncode == 0
    assert "s3cret" not in told.stdout
    assert told.stdout.startswith("scrypt$16384$8$1$")
    assert SecretHash.parse(told.stdout.strip()).matches("s3cret")
    assert not SecretHash.parse(told.stdout.strip()).matches("s3cret ")
    assert str(SecretHash.of("s3cret")) != told.stdout.strip()
    told = run_fleet("kiosks", "hash-secret", stdin="\n")
    assert (told.returncode, told.stdout) == (1, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "scrypt$16384$8$1$aa$bb",
        "scrypt$1048576$32$1$" + "aa" * 16 + "$" + "bb" * 32,
        "bcrypt$16384$8$1$" + "aa" * 16 + "$" + "bb" * 32,
        "scrypt$x$8$1$" + "aa" * 16 + "$" + "bb" * 32,
    ],
)
def test_a_secret_hash_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SecretHash.parse(text)


@pytest.mark.parametrize("words", [["serve"], ["keygen"], ["kiosks", "hash-secret"]])
def test_help_shows_examples(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([*words, "--help"])
    assert left.value.code == 0
    assert "example" in capsys.readouterr().out


async def test_the_first_token_is_made_for_its_owner_and_let_in_by_the_setting_printed(
    upstream: Upstream, tmp_path: Path
) -> None:
    out = tmp_path / "first-token.txt"
    made = run_fleet("operators", "first-token", "--out", str(out))
    assert made.returncode == 0, made.stderr
    token = out.read_text().strip()
    assert (out.stat().st_mode & 0o777, token in made.stdout) == (0o600, False)
    name, _, value = made.stdout.strip().partition(" = ")
    given = {name: json.loads(value), "state_file": str(tmp_path / "fleet.db")}
    async with (
        fleet_process(tmp_path, upstream.url, **given) as fleet,
        aiohttp.ClientSession(fleet.url, headers={OPS_TOKEN_HEADER: token}) as admin,
        admin.get("/v1/ops/me") as answer,
    ):
        assert (await answer.json())["role"] == "admin"
    again = run_fleet("operators", "first-token", "--out", str(out))
    assert (again.returncode, out.read_text().strip()) == (78, token)
    assert "File exists" in again.stderr
