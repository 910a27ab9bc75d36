"""Removes images of the kiosk UI that nothing needs any more."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.domain.images import (
    ImageSeen,
    ImagesKnown,
    needed,
    to_remove,
    younger,
)
from kiosk_agent.supervisor.ports import DockerAwayError, DockerDisk, ImageMemory, UiImages
from kiosk_agent.supervisor.services.pulling import Pulling
from kiosk_agent.supervisor.services.steering import Steering

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 600.0
IN_USE: Final = "Docker says that it is in use"


class Pruning:
    """ECS was told to keep images (prefer-cached), so that the one before stays: this is ours."""

    def __init__(  # noqa: PLR0913, PLR0917  what it goes by
        self,
        images: UiImages,
        disk: DockerDisk,
        steering: Steering,
        pulling: Pulling,
        clock: Clock,
        memory: ImageMemory,
    ) -> None:
        self._images = images
        self._disk = disk
        self._steering = steering
        self._pulling = pulling
        self._clock = clock
        self._memory = memory
        self._known = memory.load()
        self._looked_ms: int | None = None
        self._here: frozenset[str] | None = None
        """The images that were here at the last look; None: there was none yet."""

    async def run(self) -> None:
        """Look and remove, for ever."""
        while True:
            # Not at once: what runs has to have been seen.
            await self._clock.sleep(LOOK_EVERY_S)
            try:
                await self.prune()
            except DockerAwayError as error:
                log.info("images_not_looked_at", why=str(error))

    async def prune(self) -> None:
        """Look once and remove what is not needed. Raises DockerAwayError."""
        host, good = self._steering.host, self._steering.good
        if host.docker_away:
            # What runs is not known; so nothing is known to be unused.
            return
        images = await self._images.images()
        desired = self._pulling.desired if self._pulling.is_told else self._known.desired
        before = good.before.image_id if good.before is not None else ""
        keep = needed(
            [one.task.image_id for one in host.containers],
            good.last.image_id if good.last is not None else "",
            before,
            desired,
        )
        seen = self._dated(images, keep, desired)
        may_come = frozenset[str]() if self._pulling.is_told else younger(images, before)
        # What was not here at the last look ECS may have pulled, and not run yet.
        here = frozenset(one.image_id for one in images)
        new = frozenset[str]() if self._here is None else here - self._here
        self._here = here
        removals = to_remove(
            list(seen.values()),
            keep | may_come | new,
            disk_is_short=self._disk.is_short(),
            pulling=self._pulling.is_pulling,
        )
        await self._remove([(seen[one.image_id], one.why) for one in removals])

    async def _remove(self, images: Sequence[tuple[ImageSeen, str]]) -> None:
        """Remove each: one that Docker can't remove keeps none of the others. DockerAwayError."""
        failed: DockerAwayError | None = None
        for image, why in images:
            if self._pulling.is_pulling:
                # It began meanwhile, and may need layers of those that are left.
                break
            outcome = "done"
            try:
                if not await self._images.remove_image(image):
                    outcome = IN_USE
            except DockerAwayError as error:
                failed, outcome = error, str(error)
            what = f"remove the image {image.image_id}"
            if self._steering.decisions.note(what, why, outcome):
                log.info("decided", what=what, why=why, outcome=outcome)
        if failed is not None:
            raise failed

    def _dated(
        self, images: Sequence[ImageSeen], keep: Collection[str], desired: Collection[str]
    ) -> Mapping[str, ImageSeen]:
        """Say for how long nothing has needed each, and keep that."""
        now_ms = self._clock.boottime_ms()
        passed_ms = 0 if self._looked_ms is None else now_ms - self._looked_ms
        self._looked_ms = now_ms
        before = self._known.unused_ms
        unused = {
            one.image_id: before[one.image_id] + passed_ms if one.image_id in before else 0
            for one in images
            if one.image_id not in keep
        }
        self._keep(ImagesKnown(tuple(sorted(desired)), unused))
        return {one.image_id: replace(one, unused_ms=unused.get(one.image_id, 0)) for one in images}

    def _keep(self, known: ImagesKnown) -> None:
        if known == self._known:
            return
        self._known = known
        try:
            self._memory.keep(known)
        except OSError as error:
            log.warning("known_images_not_kept", why=str(error))
