"""What every adapter of the Engine port must do."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local_region.ecs_agent.ports import Engine, EngineError, NoSuchContainerError

MISSING = "localhost:1/no-such:1"


@dataclass(frozen=True)
class EngineUnderTest:
    """An engine, and what runs in it.

    `runs` is a command that runs until SIGTERM, `ignores` until SIGKILL; `named` gives a name of
    the test's own; `crash` ends a container with exit code 3.
    """

    engine: Engine
    image: str
    runs: list[str]
    ignores: list[str]
    named: Callable[[str], str]
    crash: Callable[[str], Awaitable[None]]

    def body(self, command: list[str], **more: Any) -> dict[str, Any]:
        """Return a create call's body."""
        return {"Image": self.image, "Cmd": command, "HostConfig": {}, **more}

    async def up(self, name: str, command: list[str]) -> str:
        """Return the id of a container that runs."""
        docker_id = await self.engine.create(self.named(name), self.body(command))
        await self.engine.start(docker_id)
        return docker_id


class EngineConformance:
    """Inherit it with a fixture `under_test`."""

    async def test_it_says_its_version(self, under_test: EngineUnderTest) -> None:
        assert "." in await under_test.engine.version()

    async def test_an_image_is_here_or_is_not(self, under_test: EngineUnderTest) -> None:
        assert await under_test.engine.has_image(under_test.image)
        assert not await under_test.engine.has_image(MISSING)
        assert await under_test.engine.image_digest(MISSING) is None

    async def test_a_pull_that_fails_says_why(self, under_test: EngineUnderTest) -> None:
        with pytest.raises(EngineError, match=r"^CannotPullContainerError: "):
            await under_test.engine.pull(MISSING)

    async def test_a_container_is_found_by_name_and_by_id(
        self, under_test: EngineUnderTest
    ) -> None:
        engine, name = under_test.engine, under_test.named("created")
        docker_id = await engine.create(name, under_test.body(under_test.runs))

        for known in (name, docker_id):
            facts = await engine.inspect(known)
            assert facts.docker_id == docker_id
            assert (facts.running, facts.exit_code, facts.started) == (False, None, None)
            assert facts.created is not None
        with pytest.raises(NoSuchContainerError):
            await engine.inspect("no-such")

    async def test_a_name_is_given_once(self, under_test: EngineUnderTest) -> None:
        await under_test.up("twice", under_test.runs)
        with pytest.raises(EngineError, match=r"^CannotCreateContainerError: ") as refused:
            await under_test.up("twice", under_test.runs)
        assert not refused.value.retryable

    async def test_an_image_that_is_not_here_can_not_be_created(
        self, under_test: EngineUnderTest
    ) -> None:
        body = {**under_test.body(under_test.runs), "Image": MISSING}
        with pytest.raises(EngineError, match=r"^CannotCreateContainerError: .*[Nn]o such image"):
            await under_test.engine.create(under_test.named("imageless"), body)

    async def test_a_command_that_is_not_there_can_not_be_started(
        self, under_test: EngineUnderTest
    ) -> None:
        engine = under_test.engine
        body = under_test.body(["no-such"])
        docker_id = await engine.create(under_test.named("commandless"), body)
        with pytest.raises(EngineError, match=r"^CannotStartContainerError: "):
            await engine.start(docker_id)
        assert not (await engine.inspect(docker_id)).running

    async def test_a_container_runs_until_it_is_stopped(self, under_test: EngineUnderTest) -> None:
        engine = under_test.engine
        docker_id = await under_test.up("runs", under_test.runs)
        await engine.start(docker_id)
        facts = await engine.inspect(docker_id)
        assert (facts.running, facts.exit_code) == (True, None)
        assert facts.started is not None

        await engine.stop(docker_id, 20)
        await engine.stop(docker_id, 20)

        facts = await engine.inspect(docker_id)
        assert (facts.running, facts.exit_code) == (False, 143)
        assert facts.finished is not None

    async def test_what_passes_over_sigterm_is_killed(self, under_test: EngineUnderTest) -> None:
        docker_id = await under_test.up("stubborn", under_test.ignores)
        await under_test.engine.stop(docker_id, 1)
        assert (await under_test.engine.inspect(docker_id)).exit_code == 137

    async def test_ends_are_told_from_the_blocks_beginning_on(
        self, under_test: EngineUnderTest
    ) -> None:
        engine = under_test.engine
        docker_id = await under_test.up("crashes", under_test.runs)
        async with engine.ends() as ends, asyncio.timeout(30):
            await under_test.crash(docker_id)
            async for ended in ends:
                if ended == docker_id:
                    break
        assert (await engine.inspect(docker_id)).exit_code == 3

    async def test_a_container_that_ended_starts_again(self, under_test: EngineUnderTest) -> None:
        engine = under_test.engine
        docker_id = await under_test.up("again", under_test.runs)
        await under_test.crash(docker_id)
        while (await engine.inspect(docker_id)).running:  # noqa: ASYNC110  over a socket
            await asyncio.sleep(0.02)

        await engine.start(docker_id)

        facts = await engine.inspect(docker_id)
        assert (facts.running, facts.exit_code) == (True, None)

    async def test_a_container_can_be_removed_and_need_not_be_there(
        self, under_test: EngineUnderTest
    ) -> None:
        engine = under_test.engine
        docker_id = await engine.create(under_test.named("gone"), under_test.body(under_test.runs))
        await engine.remove(docker_id)
        await engine.remove(docker_id)
        with pytest.raises(NoSuchContainerError):
            await engine.inspect(docker_id)
        with pytest.raises(EngineError, match=r"^CannotStopContainerError: "):
            await engine.stop(docker_id, 1)
