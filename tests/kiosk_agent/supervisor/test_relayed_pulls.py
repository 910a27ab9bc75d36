"""Pulls through the relay: what is kept of an image on its way, and given back once it is here."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk_agent.supervisor.adapters.relayed_pulls import RelayedPulls
from kiosk_agent.supervisor.domain.pulling import Image, Progress
from kiosk_agent.supervisor.ports import PullFailedError, RegistryLogin
from tests.support.far_registry import CONFIG, LAYER, LOGIN, Far, Near, digest, near


@dataclass
class PullingDocker:
    """Docker, as it pulls all layers of one image by the relay's name, and then by its own."""

    host: Near
    fails_at: str = ""
    """A name, or its beginning, by which it fails."""
    names: list[str] = field(default_factory=list)

    async def platform(self) -> str:
        return "linux/amd64"

    async def pull(self, name: str, login: RegistryLogin | None) -> AsyncGenerator[Progress]:
        self.names.append(name)
        if login is None:
            path = name.partition("@")[0].removeprefix(f"{self.host.relay.place}/")
            self.host.name = path
            for part in (CONFIG, LAYER):
                assert await self.host.get(f"blobs/{digest(part)}") == (200, part)
        yield Progress()
        if self.fails_at and name.startswith(self.fails_at):
            raise PullFailedError("the line is cut")

    async def take_name(self, name: str) -> None:
        self.names.remove(name)


async def test_once_an_image_is_here_nothing_of_it_is_kept_and_before_that_all(
    tmp_path: Path,
) -> None:
    far = Far()
    image, other = far.image(LAYER), digest(b"of another image")
    async with near(far, tmp_path) as host:
        host.parts.write(other, 0, b"of another")
        docker = PullingDocker(host, fails_at=host.place)
        pulls = RelayedPulls(docker, host.relay, host.parts)  # type: ignore[arg-type]
        wanted = Image(host.place, "kiosk", image)
        with pytest.raises(PullFailedError):
            [_ async for _ in pulls.pull(wanted, LOGIN)]
        assert host.parts.length(digest(LAYER)) == len(LAYER)
        docker.fails_at, docker.names = "", []
        assert [one async for one in pulls.pull(wanted, LOGIN)]
        assert docker.names == [wanted.name]
        assert [host.parts.length(digest(one)) for one in (LAYER, CONFIG)] == [0, 0]
        assert host.parts.length(other) == len(b"of another"), "that one is on its way"
        # It was removed, and is wanted again: what is not here any more is looked through again.
        assert [one async for one in pulls.pull(wanted, LOGIN)]
    assert len([path for path, *_ in far.asked if "/blobs/" in path]) == 4


async def test_a_folder_that_cannot_be_emptied_makes_no_pull_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = Far()
    image = far.image(LAYER)
    async with near(far, tmp_path) as host:

        def refuse(_: str) -> None:
            raise OSError("read-only file system")

        monkeypatch.setattr(host.parts, "drop", refuse)
        pulls = RelayedPulls(PullingDocker(host), host.relay, host.parts)  # type: ignore[arg-type]
        assert [one async for one in pulls.pull(Image(host.place, "kiosk", image), LOGIN)]
