"""Each deployable starts in a fresh virtual environment with its own extra alone."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from demo.configs import (
    make_kiosks,
    write_registry,
    write_roster,
    write_secret,
    write_toml,
)
from demo.processes import Service
from demo.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.fresh_venv, pytest.mark.timeout(600)]

OTHERS = {
    "kiosk_agent",
    "kiosk_ui",
    "fleet_service",
    "core_services",
    "provisioning",
    "local_region",
}
DEPLOYABLES = {
    "agent": ("kiosk-agent", "kiosk_agent", "kiosk_agent.runtime"),
    "ui": ("kiosk-ui", "kiosk_ui", "kiosk_ui.app"),
    "fleet": ("fleet-service", "fleet_service", "fleet_service.runtime"),
    "ticket-api": ("ticket-api", "core_services", "core_services.ticket_api.runtime"),
    "provisioning": ("kiosk-provision", "provisioning", "provisioning.cli"),
    "region": ("local-region", "local_region", "local_region.runtime"),
}
FORBIDDEN = {
    "agent": {"botocore", "boto3", "textual", "jwt"},
    "ui": {"botocore", "boto3", "cryptography", "sqlite_utils", "jwt"},
    "fleet": {"textual", "sqlite_utils", "argon2"},
    "ticket-api": {"textual", "sqlite_utils"},
    "provisioning": {"textual", "sqlite_utils", "jwt"},
    "region": {"textual", "sqlite_utils", "jwt"},
}
PROBE = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel that all of them install."""
    out = tmp_path_factory.mktemp("wheel")
    _run(_uv(), "build", "--wheel", "--no-build-isolation", "--quiet", "--out-dir", str(out))
    return next(out.glob("*.whl"))


@pytest.fixture(params=sorted(DEPLOYABLES))
def installed(request: pytest.FixtureRequest, wheel: Path, tmp_path: Path) -> tuple[str, Path]:
    """Install one extra's hashed lock, and the wheel without dependencies."""
    extra = str(request.param)
    venv = tmp_path / "venv"
    _run(_uv(), "venv", "--quiet", "--python", sys.executable, str(venv))
    python = str(venv / "bin" / "python")
    pip = (_uv(), "pip", "install", "--quiet", "--python", python)
    lock = ROOT / "requirements" / f"{extra}.txt"
    _run(*pip, "--require-hashes", "-r", str(lock))
    _run(*pip, "--no-deps", str(wheel))
    return extra, venv


@pytest.fixture
def place() -> Iterator[Path]:
    """Make a folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="alone-") as name:
        yield Path(name)


async def test_a_deployable_starts_with_its_own_extra_alone(
    installed: tuple[str, Path], place: Path
) -> None:
    extra, venv = installed
    program = str(venv / "bin" / DEPLOYABLES[extra][0])
    if extra == "ui":
        argv = [program, "--socket", str(place / "ui.sock"), "--gate", "North"]
        async with Terminal(argv, name="ui", cast=place / "ui.cast") as terminal:
            await terminal.wait_for("NO AGENT since", 120)
        return
    if extra == "provisioning":
        keys = ("--private", str(place / "key.pem"), "--public", str(place / "key.pub.pem"))
        _run(program, "bundle", "keygen", *keys)
        return
    if extra == "region":
        argv = [program, "--state", str(place / "region")]
    else:
        command, config = _settled(extra, place)
        argv = [program, command, "--config", str(config)]
    ready = "agent_ready" if extra == "agent" else "listening"
    service = Service(extra, argv, log=place / "log", ready_event=ready)
    await service.start(120)
    assert await service.stop() == 0, (place / "log").read_text()


def _settled(extra: str, place: Path) -> tuple[str, Path]:
    """Write what a service reads at its start; return its command and its settings file."""
    random = Random(1)  # noqa: S311  repeatable names and secrets of a test
    kiosk = make_kiosks(random)[0]
    if extra == "agent":
        return "run", write_toml(
            place / "agent.toml",
            {
                "kiosk_id": kiosk.kiosk_id,
                "fleet_url": "http://127.0.0.1:9",
                "enrolment_secret_file": str(write_secret(place / "secret", kiosk.secret)),
                "roster_file": str(write_roster(place / "roster.json", (kiosk.cashier,))),
                "state_dir": str(place / "state"),
                "ui_socket": str(place / "ui.sock"),
                "admin_socket": str(place / "admin.sock"),
            },
        )
    private, public = place / "signing-key.json", place / "public-keys.json"
    keygen = ("-m", "fleet_service", "keygen", "--private", str(private), "--public", str(public))
    _run(sys.executable, *keygen)
    if extra == "fleet":
        return "serve", write_toml(
            place / "fleet.toml",
            {
                "port": 0,
                "ticket_api_url": "http://127.0.0.1:9",
                "kiosks_file": str(write_registry(place / "kiosks.json", (kiosk,), random)),
                "signing_key_file": str(private),
                "public_keys_file": str(public),
            },
        )
    config = write_toml(
        place / "ticket-api.toml",
        {
            "port": 0,
            "database": str(place / "store.db"),
            "keys_dir": str(place / "keys"),
            "fleet_keys_file": str(public),
            "ops_token_sha256": "0" * 64,
        },
    )
    return "serve", config


def test_a_deployable_loads_its_own_packages_alone(installed: tuple[str, Path]) -> None:
    extra, venv = installed
    program, package, module = DEPLOYABLES[extra]

    helped = _run(str(venv / "bin" / program), "--help", cwd=venv)
    assert "usage:" in helped

    loaded = set(json.loads(_run(str(venv / "bin" / "python"), "-c", PROBE, module, cwd=venv)))
    assert package in loaded
    assert not loaded & (OTHERS - {package}), "a deployable imports another"
    assert not loaded & FORBIDDEN[extra], "a deployable loads what it must do without"


def test_a_lock_holds_nothing_that_its_deployable_must_do_without() -> None:
    for extra, forbidden in FORBIDDEN.items():
        names = {
            line.split("==")[0].replace("-", "_").lower()
            for line in (ROOT / "requirements" / f"{extra}.txt").read_text().splitlines()
            if "==" in line
        }
        assert "pydantic" in names
        assert not names & (forbidden - {"jwt"})


def _uv() -> str:
    return str(Path(sys.executable).parent / "uv")


def _run(*command: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
