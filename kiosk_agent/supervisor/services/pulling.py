"""Pulls the images that the fleet service wants here, ahead of their release.

Beside steering, which waits for nothing of it: a bad line delays a release, and no screen.
"""

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.domain.pulling import (
    Image,
    Pull,
    alike,
    next_to_pull,
    read_image,
    still_wanted,
    waiting_why,
    what_is_wrong,
)
from kiosk_agent.supervisor.ports import (
    AgentAwayError,
    AgentImages,
    DockerAwayError,
    DockerDisk,
    LoginRefusedError,
    PullFailedError,
    RegistryLogin,
    RegistryLogins,
    WantedImages,
)
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_contracts.images import ImagesSeen, ImageStanding, ImageState

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 5.0
CHECK_EVERY_MS: Final = 60_000
"""How often an image that was ready is looked for: somebody may have removed it."""
SILENCE_S: Final = 300.0
"""A pull of which nothing was heard for so long is given up, and tried again."""
_WANTED: Final = "the fleet service wants it here ahead of its release"


class Pulling:
    """What is wanted is in memory: after a start the agent says it again."""

    def __init__(  # noqa: PLR0913, PLR0917  what it goes by
        self,
        agent: AgentImages,
        images: WantedImages,
        logins: RegistryLogins,
        disk: DockerDisk,
        decisions: Decisions,
        clock: Clock,
        *,
        silence_s: float = SILENCE_S,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._agent = agent
        self._images = images
        self._logins = logins
        self._disk = disk
        self._decisions = decisions
        self._clock = clock
        self._silence_s = silence_s
        self._chance = chance
        self._pulls: dict[str, Pull] = {}
        self._said: dict[str, str] = {}
        """What was decided last of each, so that a try like the one before is no decision."""
        self._checked_ms = 0
        self._is_told = False
        self._has_parts = True
        """Whether something may be kept of a pull, if only of one before the start."""
        self._under_way: tuple[str, asyncio.Task[None]] | None = None

    @property
    def desired(self) -> Collection[str]:
        """The ids of wanted images that are on the host."""
        return [one.image_id for one in self._pulls.values() if one.image_id]

    @property
    def is_told(self) -> bool:
        """Whether the agent has said what is wanted, and it was looked for on the host."""
        return self._is_told

    @property
    def is_pulling(self) -> bool:
        """Whether a pull is under way."""
        return self._under_way is not None and not self._under_way[1].done()

    async def run(self) -> None:
        """Look, and have pulled what is to be pulled, for ever."""
        try:
            while True:
                await self.look()
                await self._clock.sleep(LOOK_EVERY_S)
        finally:
            if self._under_way is not None:
                self._under_way[1].cancel()

    async def look(self) -> None:
        """Hear what is wanted, and begin a pull if one is to begin."""
        self._settle()
        heard = await self._hear()
        try:
            await self._check()
            self._is_told = self._is_told or heard
        except DockerAwayError as error:
            log.debug("images_not_looked_for", why=str(error))
            return
        name = next_to_pull(
            self._pulls, self._clock.boottime_ms(), disk_is_short=self._disk.is_short()
        )
        if name is not None and not self.is_pulling:
            self._set(name, self._pulls[name].begun())
            pull = asyncio.create_task(self._pull(read_image(name)), name=f"pull {name}")
            self._under_way = name, pull

    def _settle(self) -> None:
        """See that a pull that ended by a fault of ours is tried again, and costs no screen."""
        if self._under_way is None or not self._under_way[1].done():
            return
        (name, ended), self._under_way = self._under_way, None
        if not ended.cancelled() and (fault := ended.exception()) is not None:
            log.error("pull_broke", image=name, exc_info=fault)
        if name in self._pulls and self._pulls[name].state is ImageState.PULLING:
            self._fail(name, "the pull broke; the supervisor's log says why")

    async def ended(self) -> None:
        """Wait until no pull is under way."""
        if self._under_way is not None:
            await asyncio.wait({self._under_way[1]})

    # What is wanted

    async def _hear(self) -> bool:
        """Say whether the agent knows what is wanted."""
        try:
            wanted = await self._agent.tell_images(ImagesSeen(images=self._standings()))
        except AgentAwayError:
            # What was wanted before still is.
            return False
        if not wanted.known:
            return False
        before, self._pulls = self._pulls, still_wanted(self._pulls, wanted.images)
        self._said = {name: said for name, said in self._said.items() if name in self._pulls}
        if self._under_way is not None and self._under_way[0] not in self._pulls:
            self._under_way[1].cancel()
        for name in self._pulls.keys() - before.keys():
            if self._pulls[name].state is ImageState.FAILED:
                self._decide(name, self._pulls[name].why)
        await self._forget_parts()
        return True

    async def _forget_parts(self) -> None:
        """Give the room back once nothing is to be gone on with."""
        due = any(one.next_ms is not None and not one.image_id for one in self._pulls.values())
        if self._has_parts and not due and not self.is_pulling:
            self._has_parts = False
            try:
                await self._images.forget_parts()
            except OSError as error:
                log.warning("parts_not_removed", why=str(error))

    def _standings(self) -> tuple[ImageStanding, ...]:
        short = self._disk.is_short() if self._pulls else False
        return tuple(self._standing(name, disk_is_short=short) for name in self._pulls)

    def _standing(self, name: str, *, disk_is_short: bool) -> ImageStanding:
        pull, now_ms = self._pulls[name], self._clock.boottime_ms()
        pulls = pull.state is ImageState.PULLING
        failed = pull.state is ImageState.FAILED and pull.next_ms is not None
        again = timedelta(milliseconds=(pull.next_ms or 0) - now_ms)
        return ImageStanding(
            image=name,
            state=pull.state,
            why=waiting_why(pull, disk_is_short=disk_is_short),
            got_bytes=pull.progress.got if pulls else None,
            of_bytes=pull.progress.of if pulls else None,
            next_try_at=self._clock.now() + again if failed else None,
        )

    # What is there

    async def _check(self) -> None:
        now_ms = self._clock.boottime_ms()
        again = now_ms - self._checked_ms >= CHECK_EVERY_MS
        for name, pull in list(self._pulls.items()):
            # ECS, too, may have pulled one that failed here; one that is refused stays so.
            rests = pull.state in {ImageState.READY, ImageState.FAILED} and pull.next_ms is not None
            if pull.state is ImageState.WAITING or (again and rests):
                await self._look_for(read_image(name))
        if again:
            self._checked_ms = now_ms

    async def _look_for(self, image: Image) -> bool:
        """Say whether it is there; one that is for another host never will be the right one."""
        found = await self._images.find(image)
        pull = self._pulls.get(image.name)
        if pull is None:
            return False
        if found is None:
            if pull.state is ImageState.READY:
                self._set(image.name, Pull(why="it was ready, and is not on the host any more"))
            return False
        platform = await self._images.platform()
        wrong = what_is_wrong(image, found, platform)
        if wrong:
            self._set(image.name, pull.refused(wrong))
            self._decide(image.name, wrong)
        elif pull.state is not ImageState.READY:
            self._set(image.name, pull.ready(found.image_id))
            self._decide(image.name)
        return True

    # Pulling

    async def _pull(self, image: Image) -> None:
        if image.name not in self._said:
            self._note(f"begin to pull {image.name}", _WANTED)
        try:
            await self._fetch(image)
            why = "" if await self._look_for(image) else "Docker pulled it, and has it not"
        except TimeoutError:
            why = f"nothing came for {self._silence_s:.0f} seconds"
        except (PullFailedError, DockerAwayError) as error:
            why = str(error) or type(error).__name__
        if why and image.name in self._pulls:
            self._fail(image.name, why)

    async def _fetch(self, image: Image) -> None:
        """Pull it; a login that was kept and is refused may be withdrawn: once by another."""
        try:
            await self._fetch_as(image, await self._logins.login(image.registry))
        except LoginRefusedError as error:
            log.info("login_refused", registry=image.registry, why=str(error))
            self._logins.forget(image.registry)
            await self._fetch_as(image, await self._logins.login(image.registry))

    async def _fetch_as(self, image: Image, login: RegistryLogin | None) -> None:
        loop = asyncio.get_running_loop()
        self._has_parts = True
        async with asyncio.timeout(self._silence_s) as limit:
            async for progress in self._images.pull(image, login):
                limit.reschedule(loop.time() + self._silence_s)
                pull = self._pulls.get(image.name)
                if pull is not None:
                    self._set(image.name, replace(pull, progress=progress))

    def _fail(self, name: str, why: str) -> None:
        now_ms = self._clock.boottime_ms()
        self._set(name, self._pulls[name].failed(why, now_ms, self._chance()))
        self._decide(name, why)

    def _set(self, name: str, pull: Pull) -> None:
        self._pulls[name] = pull

    def _decide(self, name: str, why: str = "") -> None:
        """Note once that it is ready, or why not."""
        if self._said.get(name) == alike(why):
            return
        self._said[name] = alike(why)
        if why:
            self._note(f"pull {name}", _WANTED, why)
        else:
            self._note(f"have {name} ready", "exactly that digest is on the host, for its kind")

    def _note(self, what: str, why: str, outcome: str = "done") -> None:
        if self._decisions.note(what, why, outcome):
            log.info("decided", what=what, why=why, outcome=outcome)
