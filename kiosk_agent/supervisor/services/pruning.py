"""Removes images of the kiosk UI that nothing needs any more."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.domain.images import ImageSeen, needed, to_remove
from kiosk_agent.supervisor.ports import DockerAwayError, DockerDisk, UiImages
from kiosk_agent.supervisor.services.pulling import Pulling
from kiosk_agent.supervisor.services.steering import Steering

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 600.0


class Pruning:
    """ECS was told to keep images (prefer-cached), so that the one before stays: this is ours."""

    def __init__(
        self,
        images: UiImages,
        disk: DockerDisk,
        steering: Steering,
        pulling: Pulling,
        clock: Clock,
    ) -> None:
        self._images = images
        self._disk = disk
        self._steering = steering
        self._pulling = pulling
        self._clock = clock
        self._unused_since: dict[str, int] = {}

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
        keep = needed(
            [one.task.image_id for one in host.containers],
            good.last.image_id if good.last is not None else "",
            good.before.image_id if good.before is not None else "",
            self._pulling.desired,
        )
        seen = self._dated(await self._images.images(), keep)
        removals = to_remove(
            list(seen.values()),
            keep,
            self._clock.boottime_ms(),
            disk_is_short=self._disk.is_short(),
            pulling=self._pulling.is_pulling,
        )
        for removal in removals:
            await self._images.remove_image(seen[removal.image_id])
            what = f"remove the image {removal.image_id}"
            self._steering.decisions.note(what, removal.why)
            log.info("decided", what=what, why=removal.why, outcome="done")

    def _dated(self, images: Sequence[ImageSeen], keep: Collection[str]) -> Mapping[str, ImageSeen]:
        """Say since when nothing needs each, by a clock that nobody can turn."""
        now_ms = self._clock.boottime_ms()
        ids = {one.image_id for one in images if one.image_id not in keep}
        self._unused_since = {one: self._unused_since.get(one, now_ms) for one in ids}
        return {
            one.image_id: replace(one, unused_since_ms=self._unused_since.get(one.image_id, now_ms))
            for one in images
        }
