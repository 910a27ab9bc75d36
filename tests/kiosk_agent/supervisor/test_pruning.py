"""Which images go, and when: never what runs or ran well, and none while one is pulled."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from kiosk_agent.supervisor.adapters.docker_images import SHORT_BYTES, ImagesDisk
from kiosk_agent.supervisor.adapters.image_file import ImageFile
from kiosk_agent.supervisor.domain.host import Host, Source, UiContainer, UiTask
from kiosk_agent.supervisor.domain.images import (
    UNUSED_MS,
    ImageSeen,
    ImagesKnown,
    needed,
    to_remove,
    younger,
)
from kiosk_agent.supervisor.domain.memory import GoodTasks
from kiosk_agent.supervisor.ports import DockerAwayError
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.pruning import IN_USE, Pruning
from tests.support.clock import FakeClock


def image(name: str, unused_ms: int = 0, made_s: int = 0) -> ImageSeen:
    return ImageSeen(name, (f"registry/kiosk@{name}",), 1, unused_ms, made_s)


def gone(images: Sequence[ImageSeen], keep: Sequence[str] = (), **said: bool) -> list[str]:
    told = {"disk_is_short": False, "pulling": False, **said}
    return [one.image_id for one in to_remove(images, keep, **told)]


def test_what_nothing_needs_goes_after_a_week_or_where_the_disk_is_short() -> None:
    old, young = image("old", UNUSED_MS), image("young", UNUSED_MS - 1)
    assert gone([young, old]) == ["old"]
    assert gone([young, old], disk_is_short=True) == ["old", "young"]


@pytest.mark.parametrize("said", [{"pulling": True}, {"pulling": True, "disk_is_short": True}])
def test_nothing_goes_while_one_is_pulled(said: dict[str, bool]) -> None:
    assert gone([image("old", UNUSED_MS)], **said) == []


def test_what_is_needed_stays_whatever_the_disk_says() -> None:
    keep = needed(["runs"], "last", "before", ["to come"])
    assert keep == {"runs", "last", "before", "to come"}
    assert needed([], "", "", []) == frozenset()
    images = [image(name, UNUSED_MS) for name in (*keep, "other")]
    assert gone(images, sorted(keep), disk_is_short=True) == ["other"]


@dataclass
class Seen:
    """Images, the disk, what steering and pulling know, and what is kept."""

    decisions: Decisions
    host: Host = field(default_factory=Host)
    good: GoodTasks = field(default_factory=GoodTasks)
    kept: list[ImageSeen] = field(default_factory=list)
    short: bool = False
    away: str = ""
    desired: list[str] = field(default_factory=list)
    is_told: bool = True
    is_pulling: bool = False
    known: ImagesKnown = field(default_factory=ImagesKnown)
    in_use: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)
    """What Docker can't remove."""
    begins_to_pull: bool = False
    """Whether a pull begins while an image is removed."""
    full: bool = False
    """The disk that what is known is kept on."""

    def load(self) -> ImagesKnown:
        return self.known

    def keep(self, known: ImagesKnown) -> None:
        if self.full:
            raise OSError("no space left on device")
        self.known = known

    async def images(self) -> Sequence[ImageSeen]:
        if self.away:
            raise DockerAwayError(self.away)
        return list(self.kept)

    async def remove_image(self, image: ImageSeen) -> bool:
        if image.image_id in self.in_use:
            return False
        if image.image_id in self.stuck:
            raise DockerAwayError("500: layer does not exist")
        self.is_pulling = self.begins_to_pull
        self.kept = [one for one in self.kept if one.image_id != image.image_id]
        return True

    def is_short(self) -> bool:
        return self.short


def pruning_of(seen: Seen, clock: FakeClock) -> Pruning:
    """Return what prunes, as after a start of the supervisor."""
    return Pruning(seen, seen, seen, seen, clock, seen)  # type: ignore[arg-type]


def task(name: str) -> UiTask:
    return UiTask(name, f"registry/kiosk@{name}")


async def test_the_supervisor_removes_what_it_has_seen_unused_for_a_week_and_says_why() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), good=GoodTasks(task("last"), task("before")))
    seen.host = Host(containers=(UiContainer("a" * 64, Source.ECS, task("runs"), running=True),))
    seen.kept = [image(name) for name in ("runs", "last", "before", "old")]
    pruning = pruning_of(seen, clock)
    await pruning.prune()
    clock.advance(UNUSED_MS / 1000 - 1)
    await pruning.prune()
    assert len(seen.kept) == 4
    clock.advance(1)
    # What runs is not known while Docker does not answer.
    seen.host = Host(docker_away="stopped")
    await pruning.prune()
    assert len(seen.kept) == 4
    seen.host = Host(containers=(UiContainer("a" * 64, Source.ECS, task("runs"), running=True),))
    await pruning.prune()
    assert [one.image_id for one in seen.kept] == ["runs", "last", "before"]
    [decided] = seen.decisions.kept
    assert (decided.what, decided.why) == (
        "remove the image old",
        "nothing has needed it for 7 days",
    )


async def test_what_is_wanted_next_stays_and_nothing_goes_while_it_is_pulled() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("old"), image("next")], short=True)
    seen.desired, seen.is_pulling = ["next"], True
    pruning = pruning_of(seen, clock)
    await pruning.prune()
    assert len(seen.kept) == 2
    seen.is_pulling = False
    await pruning.prune()
    assert [one.image_id for one in seen.kept] == ["next"]


async def test_one_that_was_needed_meanwhile_has_another_week() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("old")])
    pruning = pruning_of(seen, clock)
    await pruning.prune()
    clock.advance(UNUSED_MS / 1000 - 1)
    seen.good = GoodTasks(task("old"))
    await pruning.prune()
    seen.good = GoodTasks()
    clock.advance(1)
    await pruning.prune()
    assert len(seen.kept) == 1
    seen.short = True
    await pruning.prune()
    assert seen.kept == []


def test_what_was_built_after_the_one_before_may_be_to_come() -> None:
    images = [image("older", made_s=1), image("before", made_s=2), image("newer", made_s=3)]
    assert younger(images, "before") == {"newer"}
    assert younger(images, "") == {"older", "before", "newer"}


async def test_what_is_to_come_stays_after_a_restart_until_the_agent_says_what_is() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), good=GoodTasks(task("last"), task("before")), short=True)
    seen.kept = [
        image("old", made_s=1),
        image("before", made_s=2),
        image("last", made_s=3),
        image("next", made_s=2),
        image("pulled meanwhile", made_s=4),
    ]
    seen.desired = ["next"]
    seen.is_pulling = True
    await pruning_of(seen, clock).prune()
    # It restarts, and the agent is away.
    seen.desired, seen.is_told, seen.is_pulling = [], False, False
    again = pruning_of(seen, clock)
    for _ in range(2):
        await again.prune()
        assert [one.image_id for one in seen.kept] == ["before", "last", "next", "pulled meanwhile"]
    seen.is_told = True
    await again.prune()
    assert [one.image_id for one in seen.kept] == ["before", "last"]


async def test_where_nothing_is_known_yet_nothing_goes() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("next")], short=True, is_told=False)
    await pruning_of(seen, clock).prune()
    assert [one.image_id for one in seen.kept] == ["next"]


async def test_a_kiosk_that_is_off_at_night_has_had_its_week_some_day() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("old")])
    half_ms = UNUSED_MS // 2
    for days in (1, 2):
        pruning = pruning_of(seen, clock)
        await pruning.prune()
        assert len(seen.kept) == 1, days
        clock.advance(half_ms / 1000)
        await pruning.prune()
        # What passes while it is off, by whatever clock, is not counted.
        clock.advance(UNUSED_MS / 1000)
    assert seen.kept == []


async def test_a_full_disk_keeps_no_image_from_going() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("old")], short=True, full=True)
    await pruning_of(seen, clock).prune()
    assert seen.kept == []


async def test_one_that_docker_cannot_remove_keeps_no_other_from_going_and_is_told() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("a"), image("b"), image("c")], short=True)
    seen.stuck = {"a"}
    for _ in range(2):
        with pytest.raises(DockerAwayError, match="layer does not exist"):
            await pruning_of(seen, clock).prune()
        assert [one.image_id for one in seen.kept] == ["a"]
    told = [(one.what, one.outcome) for one in seen.decisions.kept]
    assert told == [
        ("remove the image a", "500: layer does not exist"),
        ("remove the image b", "done"),
        ("remove the image c", "done"),
    ]


async def test_a_pull_that_begins_meanwhile_keeps_what_is_left() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("a"), image("b")], short=True, begins_to_pull=True)
    await pruning_of(seen, clock).prune()
    assert [one.image_id for one in seen.kept] == ["b"]


def test_what_is_known_of_images_is_kept_in_a_file(tmp_path: Path) -> None:
    file = ImageFile(tmp_path / "known-images.json")
    assert file.load() == ImagesKnown()
    known = ImagesKnown(("sha256:next",), {"sha256:old": 5})
    file.keep(known)
    assert file.load() == known
    (tmp_path / "known-images.json").write_text("{")
    assert file.load() == ImagesKnown()


def test_a_disk_is_short_by_what_is_free_and_one_that_is_not_there_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, gone, free = tmp_path, tmp_path / "gone", [SHORT_BYTES, SHORT_BYTES - 1]

    def usage(folder: Path) -> SimpleNamespace:
        folder.stat()
        return SimpleNamespace(free=free.pop(0))

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert not ImagesDisk(gone, there).is_short()
    assert ImagesDisk(gone, there).is_short()
    assert not ImagesDisk(gone).is_short()


async def test_one_that_is_in_use_after_all_is_said_to_be() -> None:
    seen = Seen(Decisions(FakeClock()), kept=[image("used")], short=True, in_use={"used"})
    pruning = pruning_of(seen, FakeClock())
    await pruning.prune()
    await pruning.prune()
    [decided] = seen.decisions.kept
    assert decided.outcome == IN_USE


async def test_one_that_was_not_here_before_stays_however_short_the_disk_is() -> None:
    """ECS may have pulled it, and not run it yet."""
    seen = Seen(Decisions(FakeClock()), short=True)
    pruning = pruning_of(seen, FakeClock())
    await pruning.prune()
    seen.kept = [image("new")]
    await pruning.prune()
    assert len(seen.kept) == 1
    await pruning.prune()
    assert seen.kept == []
