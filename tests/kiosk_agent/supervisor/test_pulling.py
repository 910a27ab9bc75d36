"""The supervisor's pulling at an agent, a Docker and logins in memory."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from kiosk_agent.supervisor.domain.pulling import WAITS_FOR_ROOM, Image, OnHost, Progress
from kiosk_agent.supervisor.ports import (
    AgentAwayError,
    DockerAwayError,
    LoginRefusedError,
    PullFailedError,
    RegistryLogin,
)
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.pulling import CHECK_EVERY_MS, Pulling
from kiosk_contracts.images import ImagesSeen, ImageStanding, ImagesWanted
from tests.support.clock import FakeClock


def name(letter: str) -> str:
    return f"registry.example.com/kiosk-ui@sha256:{letter * 64}"


A, B = name("a"), name("b")


@dataclass
class Venue:
    """AgentImages, WantedImages, RegistryLogins and DockerDisk, all in one."""

    clock: FakeClock = field(default_factory=FakeClock)
    wanted: ImagesWanted = field(default_factory=ImagesWanted)
    seen: ImagesSeen = field(default_factory=ImagesSeen)
    agent_away: str = ""
    docker_away: str = ""
    fails: Exception | None = None
    architecture: str = "amd64"
    there: dict[str, OnHost] = field(default_factory=dict)
    short: bool = False
    silent: bool = False
    logins: dict[str, str] = field(default_factory=dict)
    renewed: str = ""
    withdrawn: tuple[str, ...] = ()
    """Passwords that the registry refuses."""
    asked: list[tuple[str, RegistryLogin | None]] = field(default_factory=list)
    looked_for: list[str] = field(default_factory=list)
    going: asyncio.Event = field(default_factory=asyncio.Event)
    lets: asyncio.Event = field(default_factory=asyncio.Event)
    parts_forgotten: int = 0
    ended: int = 0

    def __post_init__(self) -> None:
        self.lets.set()
        self.decisions = Decisions(self.clock)
        self.pulling = self.supervisor()

    def supervisor(self, silence_s: float = 300) -> Pulling:
        """Start the supervisor, anew."""
        self.pulling = Pulling(
            *(self, self, self, self, self.decisions, self.clock),
            silence_s=silence_s,
            chance=lambda: 1.0,
        )
        return self.pulling

    async def tell_images(self, seen: ImagesSeen) -> ImagesWanted:
        if self.agent_away:
            raise AgentAwayError(self.agent_away)
        self.seen = seen
        return self.wanted

    async def login(self, registry: str) -> RegistryLogin | None:
        return RegistryLogin("AWS", self.logins.setdefault(registry, f"{registry}{self.renewed}"))

    def forget(self, registry: str) -> None:
        del self.logins[registry]
        self.renewed += "!"

    async def platform(self) -> str:
        return "linux/amd64"

    async def find(self, image: Image) -> OnHost | None:
        self.looked_for.append(image.name)
        if self.docker_away:
            raise DockerAwayError(self.docker_away)
        return self.there.get(image.name)

    async def pull(self, image: Image, login: RegistryLogin | None) -> AsyncIterator[Progress]:
        self.asked.append((image.name, login))
        try:
            if login is not None and login.password in self.withdrawn:
                raise LoginRefusedError(f"refused: {login.password}")
            yield Progress({"layer": (1, 4)})
            self.going.set()
            await self.lets.wait()
            if self.silent:
                await asyncio.Event().wait()
            if self.fails is not None:
                raise self.fails
            platform = f"linux/{self.architecture}"
            self.there[image.name] = OnHost(f"id of {image.name}", (image.name,), platform)
            yield Progress({"layer": (4, 4)})
        finally:
            self.ended += 1

    async def forget_parts(self) -> None:
        self.parts_forgotten += 1

    def is_short(self) -> bool:
        return self.short

    def want(self, *images: str) -> None:
        self.wanted = ImagesWanted(known=True, images=images)

    async def passes(self, seconds: float = 0) -> tuple[ImageStanding, ...]:
        """Let time pass, and one look with the pull that it begins; return what is told then."""
        self.clock.advance(seconds)
        await self.pulling.look()
        await self.pulling.ended()
        await self.pulling._hear()
        return self.seen.images

    def why(self) -> list[str]:
        return [f"{one.what}: {one.outcome}" for one in self.decisions.kept]


async def test_what_is_wanted_is_known_once_the_agent_said_it_and_it_was_looked_for() -> None:
    venue = Venue()
    venue.agent_away = "it starts"
    await venue.passes()
    assert not venue.pulling.is_told
    venue.agent_away, venue.docker_away = "", "it starts"
    await venue.passes()
    assert not venue.pulling.is_told, "the agent does not know either"
    venue.want(A)
    await venue.passes()
    assert not venue.pulling.is_told, "whether it is there, nobody could say"
    venue.docker_away = ""
    await venue.passes()
    assert venue.pulling.is_told
    assert list(venue.pulling.desired) == [f"id of {A}"]
    venue.agent_away = "it restarts"
    await venue.passes()
    assert venue.pulling.is_told


async def test_what_is_wanted_is_pulled_with_a_login_and_then_ready() -> None:
    venue = Venue()
    venue.want(A)
    [standing] = await venue.passes()
    assert (standing.image, standing.state, standing.why) == (A, "ready", "")
    assert venue.asked == [(A, RegistryLogin("AWS", "registry.example.com"))]
    assert list(venue.pulling.desired) == [f"id of {A}"]
    await venue.passes(5)
    assert len(venue.asked) == 1
    assert venue.why() == [f"begin to pull {A}: done", f"have {A} ready: done"]
    assert venue.parts_forgotten == 1


async def test_while_it_is_pulled_it_is_told_how_far_that_is_and_nothing_waits_for_it() -> None:
    venue = Venue()
    venue.lets.clear()
    venue.want(A, B)
    await venue.pulling.look()
    await venue.going.wait()
    await venue.pulling.look()
    assert venue.pulling.is_pulling
    first, second = venue.seen.images
    assert (first.state, first.percent, second.state) == ("pulling", 25, "waiting")
    assert len(venue.asked) == 1, "one at a time"
    assert venue.parts_forgotten == 0
    venue.lets.set()
    await venue.pulling.ended()
    assert not venue.pulling.is_pulling
    assert [one.state for one in await venue.passes()] == ["ready", "ready"]


async def test_one_that_fails_is_tried_again_for_ever_and_told_once() -> None:
    venue = Venue(fails=PullFailedError("no route to host"))
    venue.want(A)
    for tries in range(1, 12):
        [standing] = await venue.passes(600)
        assert (standing.state, standing.why) == ("failed", "no route to host")
        assert standing.next_try_at is not None
        assert len(venue.asked) == tries
    await venue.passes(599)
    assert len(venue.asked) == 11
    assert venue.why() == [f"begin to pull {A}: done", f"pull {A}: no route to host"]
    assert venue.parts_forgotten == 0, "it will be gone on with"
    venue.fails = PullFailedError("no room")
    await venue.passes(600)
    venue.fails = None
    await venue.passes(600)
    assert venue.why()[2:] == [f"pull {A}: no room", f"have {A} ready: done"]


async def test_a_kept_login_that_is_refused_is_dropped_and_asked_anew_once() -> None:
    venue = Venue(withdrawn=("registry.example.com",))
    venue.want(A)
    assert [one.state for one in await venue.passes()] == ["ready"]
    logins = [login.password for _, login in venue.asked if login is not None]
    assert logins == ["registry.example.com", "registry.example.com!"]
    # A role that may not have it is no matter of the login: then it rests as after any failure.
    venue.withdrawn = tuple(f"registry.example.com{'!' * count}" for count in range(9))
    venue.want(B)
    for tries in (1, 2):
        [standing] = await venue.passes(600)
        assert standing.state == "failed"
        assert standing.why == f"refused: registry.example.com{'!' * (tries + 1)}"
        assert len(venue.asked) == 2 + 2 * tries


async def test_what_differs_each_time_in_a_failure_makes_it_no_other_one() -> None:
    venue = Venue()
    venue.want(A, B)
    for tries in range(5):
        port = 40_000 + tries
        venue.fails = PullFailedError(f"read tcp 10.0.0.2:{port}->10.0.0.1:443: connection reset")
        await venue.passes(600)
        await venue.passes(5)
    assert len(venue.asked) == 10
    assert [one.what for one in venue.decisions.kept] == [
        *(f"begin to pull {A}", f"pull {A}", f"begin to pull {B}", f"pull {B}"),
    ]


async def test_another_one_is_pulled_while_the_first_rests() -> None:
    venue = Venue(fails=PullFailedError("no route to host"))
    venue.want(A, B)
    await venue.passes()
    venue.fails = None
    assert [one.state for one in await venue.passes(5)] == ["failed", "ready"]


async def test_a_pull_of_which_nothing_is_heard_is_given_up_and_tried_again() -> None:
    venue = Venue(silent=True)
    venue.supervisor(silence_s=0.01)
    venue.want(A)
    [standing] = await venue.passes()
    assert standing.why == "nothing came for 0 seconds"
    assert venue.ended == 1
    venue.silent = False
    assert (await venue.passes(600))[0].state == "ready"


async def test_a_slow_pull_is_given_up_only_where_nothing_is_heard_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue, loop = Venue(), asyncio.get_running_loop()
    moment = loop.time()
    monkeypatch.setattr(loop, "time", lambda: moment)
    heard = asyncio.Queue[int]()

    async def slow(image: Image, login: RegistryLogin | None) -> AsyncIterator[Progress]:
        del image, login
        while True:
            yield Progress({"layer": (await heard.get(), 1000)})

    monkeypatch.setattr(venue, "pull", slow)
    venue.want(A)
    await venue.pulling.look()
    for got in (1, 2, 3):
        moment += 299
        heard.put_nowait(got)
        for _ in range(10):
            await asyncio.sleep(0)
        assert venue.pulling.is_pulling
    moment += 301
    for _ in range(10):
        await asyncio.sleep(0)
    await venue.pulling._hear()
    assert venue.seen.images[0].why == "nothing came for 300 seconds"


async def test_one_for_another_host_is_never_ready_and_not_pulled_again() -> None:
    venue = Venue(architecture="arm64")
    venue.want(A)
    [standing] = await venue.passes()
    assert (standing.state, standing.next_try_at) == ("failed", None)
    assert standing.why == "it is for linux/arm64, and this host is linux/amd64"
    assert list(venue.pulling.desired) == []
    await venue.passes(10_000)
    assert len(venue.asked) == 1
    assert venue.why()[1:] == [f"pull {A}: {standing.why}"]


async def test_a_tag_is_refused_and_told_once() -> None:
    venue = Venue()
    venue.want("registry.example.com/kiosk-ui:latest")
    for _ in range(3):
        [standing] = await venue.passes(60)
    assert standing.why == "it is not named by a digest, and what a tag names changes"
    assert venue.asked == []
    assert len(venue.why()) == 1


async def test_what_docker_says_that_it_pulled_and_has_not_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue = Venue()
    venue.want(A)

    async def nothing(image: Image) -> OnHost | None:
        del image
        return None

    monkeypatch.setattr(venue, "find", nothing)
    [standing] = await venue.passes()
    assert (standing.state, standing.why) == ("failed", "Docker pulled it, and has it not")


async def test_on_a_short_disk_nothing_is_pulled_and_it_says_so() -> None:
    venue = Venue(short=True)
    venue.want(A)
    [standing] = await venue.passes()
    assert (standing.state, standing.why) == ("waiting", WAITS_FOR_ROOM)
    # But what is there already is ready all the same.
    venue.there[A] = OnHost("sha256:id", (A,), "linux/amd64")
    assert (await venue.passes(5))[0].state == "ready"
    assert venue.asked == []


async def test_what_is_wanted_no_more_is_not_pulled_on() -> None:
    venue = Venue()
    venue.lets.clear()
    venue.want(A)
    await venue.pulling.look()
    await venue.going.wait()
    venue.want()
    assert await venue.passes() == ()
    assert (venue.ended, venue.parts_forgotten) == (1, 1)


async def test_while_the_agent_is_away_or_knows_nothing_yet_what_was_wanted_still_is() -> None:
    venue = Venue()
    venue.want(A)
    await venue.passes()
    venue.wanted = ImagesWanted()
    assert len(await venue.passes(5)) == 1
    venue.agent_away = "it restarts"
    await venue.passes(5)
    assert list(venue.pulling.desired) == [f"id of {A}"]


async def test_one_that_was_ready_and_is_gone_is_pulled_again_within_a_minute() -> None:
    venue = Venue()
    venue.want(A)
    await venue.passes()
    venue.there.clear()
    await venue.passes(CHECK_EVERY_MS / 1000)
    assert (await venue.passes(5))[0].state == "ready"
    assert len(venue.asked) == 2


async def test_one_that_failed_here_and_that_ecs_has_pulled_meanwhile_is_ready() -> None:
    venue = Venue(fails=PullFailedError("no route to host"))
    venue.want(A)
    for _ in range(8):
        await venue.passes(600)
    venue.there[A] = OnHost("sha256:id", (A,), "linux/amd64")
    assert (await venue.passes(CHECK_EVERY_MS / 1000))[0].state == "ready"
    assert len(venue.asked) == 8


async def test_while_docker_is_away_nothing_is_begun() -> None:
    venue = Venue(docker_away="stopped")
    venue.want(A)
    assert (await venue.passes())[0].state == "waiting"
    venue.docker_away = ""
    assert (await venue.passes(5))[0].state == "ready"


async def test_a_fault_of_ours_is_tried_again_and_ends_no_supervisor() -> None:
    venue = Venue(fails=RuntimeError("a fault"))
    venue.want(A)
    await venue.passes()
    [standing] = await venue.passes(5)
    assert (standing.state, standing.why) == (
        "failed",
        "the pull broke; the supervisor's log says why",
    )
    venue.fails = None
    assert (await venue.passes(600))[0].state == "ready"


async def test_parts_that_can_t_be_removed_end_no_supervisor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue = Venue()
    venue.want(A)

    async def refuses() -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(venue, "forget_parts", refuses)
    assert (await venue.passes())[0].state == "ready"


async def test_after_a_restart_what_is_there_is_ready_at_once() -> None:
    venue = Venue()
    venue.want(A)
    await venue.passes()
    venue.supervisor()
    await venue.passes()
    assert (venue.seen.images[0].state, len(venue.asked)) == ("ready", 1)


async def test_one_that_is_ready_is_looked_for_once_a_minute() -> None:
    venue = Venue()
    venue.want(A)
    await venue.passes()
    venue.looked_for.clear()
    for _ in range(11):
        await venue.passes(5)
    assert venue.looked_for == []
    await venue.passes(5)
    assert venue.looked_for == [A]
    await venue.passes(5)
    assert venue.looked_for == [A]
