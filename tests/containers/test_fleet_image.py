"""The fleet service's image, by the same rules."""

import json
import os
from pathlib import Path
from random import Random

import pytest

from demo.configs import make_kiosks, write_registry
from fleet_service.sessions.keys import make_keys
from tests.support.containers.docker import away, container, health_of, inspect
from tests.support.containers.images import Image, built, changed_checkout
from tests.support.containers.registry import Registry
from tests.support.containers.required import runs_all

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

FROM_INSIDE = """
import json, urllib.request
status = dict(line.split(":\\t", 1) for line in open("/proc/1/status").read().splitlines())
answer = urllib.request.urlopen("http://127.0.0.1:8400/healthz").read()
print(json.dumps([status["Uid"].split()[0], status["CapBnd"], json.loads(answer)]))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Write what the service reads at its start, for its own user to read."""
    random = Random(1)  # noqa: S311  repeatable names and secrets of a test
    folder = tmp_path / "settings"
    folder.mkdir()
    write_registry(folder / "kiosks.json", make_kiosks(random), random)
    make_keys(folder / "signing-key.json", folder / "public-keys.json")
    (folder / "fleet.toml").write_text(
        'ticket_api_url = "http://127.0.0.1:9"\n'
        'kiosks_file = "/settings/kiosks.json"\n'
        'signing_key_file = "/settings/signing-key.json"\n'
        "port = 1\n"
    )
    for path in [folder, *folder.iterdir()]:
        os.chown(path, 10601, 10601)
    return folder


async def test_it_serves_and_is_healthy_without_a_shell_confined_as_the_kiosks_is(
    fleet_image: Image, settings: Path
) -> None:
    nothing = settings / "nothing"
    nothing.touch(mode=0o644)
    words = [f"--volume={nothing}:/usr/bin/{name}:ro" for name in ("dash", "bash")]
    words += ["--read-only", "--network=none", "--cap-drop=ALL", "--health-interval=1s"]
    words += ["--security-opt=no-new-privileges", f"--volume={settings}:/settings:ro"]
    words += [fleet_image.digest, "serve", "--config", "/settings/fleet.toml"]
    async with container(words) as made, health_of(made) as health:
        await health.until("healthy")
        told = json.loads(await made.python(FROM_INSIDE))
        assert told == ["10601", "0" * 16, {"status": "ok"}]
        assert [one["Output"].strip() for one in made.state["Health"]["Log"]][-1] == "ok"
        await away("kill", "--signal", "TERM", made.name)
        assert await made.ended() == 0


async def test_a_service_that_does_not_answer_is_unhealthy(
    fleet_image: Image, settings: Path
) -> None:
    words = ["--network=none", "--health-interval=1s", "--health-retries=1"]
    words += ["--health-start-period=0s", f"--volume={settings}:/settings:ro"]
    words += ["--env=FLEET_SERVICE_PORT=8401", fleet_image.digest, "serve"]
    words += ["--config", "/settings/fleet.toml"]
    async with container(words) as made, health_of(made) as health:
        await health.until("healthy")
        await away("kill", "--signal", "STOP", made.name)
        await health.until("unhealthy")
        assert "does not answer at port 8401" in made.state["Health"]["Log"][-1]["Output"]


def test_it_says_what_it_is(fleet_image: Image) -> None:
    config = inspect("image", fleet_image.digest)["Config"]
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in config["Labels"].items()
    }
    assert labels["title"] == "EventPro fleet service"
    assert f":{labels['version']}-{labels['revision'][:12]}" in fleet_image.told["image"]
    assert labels["created"].endswith("Z")
    assert labels["source"]
    assert config["User"] == "10601:10601"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert config["Entrypoint"] == ["python3", "-m", "fleet_service"]


@runs_all
def test_a_changed_line_moves_the_part_of_our_code_that_it_is_in_and_nothing_else(
    fleet_image: Image, registry: Registry, tmp_path: Path
) -> None:
    checkout = changed_checkout(tmp_path / "checkout", "fleet")
    changed = built("fleet", registry, "--source", str(checkout), "--no-cache")
    pairs = zip(fleet_image.layers, changed.layers, strict=True)
    assert [one != other for one, other in pairs].count(True) == 1
    assert registry.moved(changed.digest, had=fleet_image.digest) < 1_000_000
