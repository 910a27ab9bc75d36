"""The kiosk UIs as Docker has them, and the standby as it is asked for: Docker by its socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from kiosk_agent.supervisor.adapters import docker_answers
from kiosk_agent.supervisor.adapters.docker_answers import docker_at
from kiosk_agent.supervisor.adapters.docker_containers import (
    ECS_CONTAINER_LABEL,
    ECS_UI,
    STANDBY_NAME,
    DockerContainers,
)
from kiosk_agent.supervisor.adapters.docker_images import OURS
from kiosk_agent.supervisor.adapters.standby import STANDBY_LABEL
from kiosk_agent.supervisor.domain.host import Source, UiContainer, UiTask
from kiosk_agent.supervisor.ports import DockerAwayError, StartRefusedError

ECS = {ECS_CONTAINER_LABEL: ECS_UI}
TASK = UiTask("sha256:good", "registry/kiosk@sha256:good", user="10600:10600")
A, B, S = "a" * 64, "b" * 64, "5" * 64


def facts(**state: Any) -> dict[str, Any]:
    """Return what Docker says of a container, as much of it as is read."""
    said = {"Running": True, "ExitCode": 0, "OOMKilled": False, "FinishedAt": "", **state}
    config = {
        "Image": "registry/kiosk@sha256:good",
        "Env": ["A=b", "ECS_X=y"],
        "Cmd": None,
        "User": "10600:10600",
        "Entrypoint": ["python3", "-m", "kiosk_ui"],
    }
    host = {"Memory": 1, "Binds": []}
    return {"Id": A, "Image": "sha256:good", "Config": config, "HostConfig": host, "State": said}


def listed(container_id: str, status: str = "Up 3 minutes (healthy)") -> dict[str, Any]:
    """Return a line of Docker's list."""
    return {
        "Id": container_id,
        "Labels": ECS,
        "State": "running" if status.startswith("Up") else "exited",
        "Status": status,
        "ImageID": "sha256:listed",
        "Image": "registry/kiosk@sha256:listed",
    }


@dataclass
class FakeDocker:
    """Docker's API, as far as it is asked here."""

    listed: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and message, by the end of a path."""
    labels: dict[str, str] | None = field(default_factory=lambda: dict([OURS.split("=")]))
    """Of the image that is asked for."""
    starts: asyncio.Event | None = None
    """A start takes until it is set."""
    start_asked: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    """Method, path with query, and body."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        path = request.path.removeprefix("/v1.47").removeprefix("/")
        path = path.partition("/")[2] if path.startswith("v1.") else path
        self.asked.append((request.method, f"{path}?{request.query_string}", body))
        if self.starts is not None and path.endswith("/start"):
            self.start_asked.set()
            await self.starts.wait()
        for end, (status, message) in self.refuses.items():
            if f"{path}?{request.query_string}".endswith(end):
                refusal = json.dumps({"message": message}).encode()
                told = {"Content-Type": "application/json"}
                return web.Response(body=refusal, status=status, headers=told)
        said: Any = None
        if path == "containers/json":
            said = self.listed
        elif path.startswith("containers/") and path.endswith("/json"):
            said = self.facts[path.split("/")[1]]
        elif path.startswith("images/"):
            said = {"Config": {"Labels": self.labels}}
        elif path == "version":
            said = {"ApiVersion": "1.47"}
        if path == "containers/create":
            return web.json_response({"Id": S}, status=201)
        return web.Response(status=204) if said is None else web.json_response(said)

    def names(self) -> list[str]:
        """Return by what names a container was asked for."""
        return [path.partition("?name=")[2] for _, path, _ in self.asked if "create?" in path]


@pytest.fixture
async def docker() -> FakeDocker:
    return FakeDocker()


@asynccontextmanager
async def docker_of(docker: FakeDocker, tmp_path: Path) -> AsyncIterator[DockerContainers]:
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", docker.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(tmp_path / "docker.sock")).start()
    async with docker_at(tmp_path / "docker.sock") as client:
        yield DockerContainers(client, Path("/run/eventpro"))
    await runner.cleanup()


@pytest.fixture
async def containers(docker: FakeDocker, tmp_path: Path) -> AsyncIterator[DockerContainers]:
    async with docker_of(docker, tmp_path) as found:
        yield found


# Who is there


async def test_what_is_wrong_with_one_container_blinds_nobody_to_the_rest(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    docker.listed = [listed(A), listed(B, "Exited (137) 3 minutes ago")]
    docker.facts = {A: facts()}
    docker.refuses = {f"{B}/json?": (500, "RWLayer of container is unexpectedly nil")}
    whole, other = await containers.seen()
    assert (whole.container_id, whole.running, whole.is_whole) == (A, True, True)
    assert other == UiContainer(
        B, Source.ECS, other.task, running=False, exit_code=137, is_whole=False
    )
    assert (other.task.image_id, other.task.image) == (
        "sha256:listed",
        "registry/kiosk@sha256:listed",
    )


async def test_one_that_was_known_before_it_broke_keeps_its_task(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    docker.listed, docker.facts = [listed(A)], {A: facts()}
    [before] = await containers.seen()
    docker.listed = [listed(A, "Dead")]
    docker.refuses = {f"{A}/json?": (503, "broken")}
    [after] = await containers.seen()
    assert (after.task, after.is_whole, after.running) == (before.task, True, False)
    assert after.how_it_ended == "nobody knows how"


async def test_one_that_is_gone_meanwhile_is_left_out(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    docker.listed, docker.facts = [listed(A), listed(B)], {A: facts()}
    docker.refuses = {f"{B}/json?": (404, "No such container")}
    assert [one.container_id for one in await containers.seen()] == [A]


async def test_one_that_ecs_has_made_and_not_started_yet_has_not_ended(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    made = {"Running": False, "Status": "created"}
    docker.listed, docker.facts = [listed(A, "Created")], {A: facts(**made)}
    assert list(await containers.seen()) == []
    # One that could not be started has.
    docker.facts = {A: facts(**made, ExitCode=127, Error="exec: python3: not found")}
    [failed] = await containers.seen()
    assert failed.how_it_ended == "status 127: exec: python3: not found"
    # And a standby of ours that nobody started is to be removed.
    docker.facts = {A: facts(**made)}
    docker.listed = [{**listed(A, "Created"), "Labels": {STANDBY_LABEL: "kiosk"}}]
    [left] = await containers.seen()
    assert (left.source, left.running) == (Source.STANDBY, False)


async def test_a_docker_that_refuses_what_it_is_asked_is_away(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    docker.listed = [listed(A)]
    docker.refuses = {f"{A}/json?": (403, "a plugin says no")}
    with pytest.raises(DockerAwayError, match="a plugin says no"):
        await containers.seen()
    docker.refuses = {"containers/json?all=1": (500, "it starts")}
    with pytest.raises(DockerAwayError, match="it starts"):
        await containers.seen()


# What is done about them


async def test_one_that_ended_is_removed_whatever_state_it_is_in(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    await containers.remove(S)
    assert docker.asked[-1][:2] == ("DELETE", f"containers/{S}?force=1")
    docker.refuses = {f"{S}?force=1": (404, "No such container")}
    await containers.remove(S)
    docker.refuses = {f"{S}?force=1": (409, "removal is already in progress")}
    with pytest.raises(DockerAwayError, match="409: removal is already in progress"):
        await containers.remove(S)


async def test_a_standby_starts_by_another_name_where_somebody_has_its_own(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    assert await containers.start_standby(TASK) == S
    assert docker.names() == [STANDBY_NAME]
    docker.refuses = {f"name={STANDBY_NAME}": (409, "the name is in use")}
    assert await containers.start_standby(TASK) == S
    *_, taken, other = docker.names()
    assert taken == STANDBY_NAME
    assert other.startswith(f"{STANDBY_NAME}-")
    assert docker.asked[-1][1] == f"containers/{S}/start?"


async def test_a_start_that_docker_refuses_is_in_its_own_words(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    docker.refuses = {"images/sha256:good/json?": (404, "No such image: sha256:good")}
    with pytest.raises(StartRefusedError, match="404: No such image: sha256:good"):
        await containers.start_standby(TASK)


async def test_a_start_may_take_longer_than_an_answer_and_is_no_end_meanwhile(
    monkeypatch: pytest.MonkeyPatch, docker: FakeDocker, tmp_path: Path
) -> None:
    monkeypatch.setattr(docker_answers, "ASK_S", 0.2)
    made = {"Running": False, "Status": "created"}
    docker.listed = [{**listed(A, "Created"), "Labels": {STANDBY_LABEL: "kiosk"}}]
    docker.facts, docker.starts = {A: facts(**made)}, asyncio.Event()
    async with docker_of(docker, tmp_path) as containers:
        starting = asyncio.create_task(containers.start_standby(TASK))
        await docker.start_asked.wait()
        assert list(await containers.seen()) == []
        _, waits = await asyncio.wait({starting}, timeout=0.4)
        assert waits, "it took no longer than an answer may"
        docker.starts.set()
        assert await starting == S
        # One that nobody starts any more is to be removed.
        assert len(await containers.seen()) == 1


async def test_a_standby_that_docker_cannot_start_is_not_left_behind(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    start = f"containers/{S}/start?"
    docker.refuses = {start: (500, "no space left on device")}
    with pytest.raises(StartRefusedError, match="no space left on device"):
        await containers.start_standby(TASK)
    assert docker.asked[-1][:2] == ("DELETE", f"containers/{S}?force=1")
    # What can't be removed is removed at the next look; why it did not start is told all the same.
    docker.refuses = {start: (500, "no space left"), "?force=1": (500, "it can't")}
    with pytest.raises(StartRefusedError, match="no space left"):
        await containers.start_standby(TASK)


@pytest.mark.parametrize("labels", [None, {}, {"org.opencontainers.image.title": "another"}])
async def test_no_standby_is_run_of_an_image_that_is_not_ours(
    docker: FakeDocker, containers: DockerContainers, labels: dict[str, str] | None
) -> None:
    docker.labels = labels
    with pytest.raises(StartRefusedError, match="its image is not the kiosk UI's"):
        await containers.start_standby(TASK)
    assert docker.names() == []


@pytest.mark.parametrize("user", ["", "0", "0:0", "root", "root:10600", "00", "+0:10600", "toor"])
async def test_no_standby_runs_as_root(
    docker: FakeDocker, containers: DockerContainers, user: str
) -> None:
    with pytest.raises(StartRefusedError, match="might run as root"):
        await containers.start_standby(replace(TASK, user=user))
    assert docker.names() == []


async def test_ending_one_that_has_ended_is_no_failure(
    docker: FakeDocker, containers: DockerContainers
) -> None:
    for status in (304, 404, 409):
        docker.refuses = {"stop?t=1": (status, "so anyway")}
        await containers.stop(S, hangs=True)
    docker.refuses = {"stop?t=1": (500, "it can't")}
    with pytest.raises(DockerAwayError, match="it can't"):
        await containers.stop(S, hangs=True)


async def test_a_folder_of_sockets_that_was_made_anew_is_told_from_the_one_before(
    tmp_path: Path,
) -> None:
    folder, moved = tmp_path / "sockets", tmp_path / "moved"
    async with docker_at(tmp_path / "docker.sock") as client:
        containers = DockerContainers(client, folder)
        assert containers.sockets() == ""
        folder.mkdir()
        first = containers.sockets()
        (folder / "ui.sock").touch()
        folder.chmod(0o700)
        assert containers.sockets() == first != ""
        # Moved, not removed: so its number is taken.
        folder.rename(moved)
        folder.mkdir()
        assert containers.sockets() not in {"", first}
