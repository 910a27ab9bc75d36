"""What is wanted comes with a heartbeat's answer, and how it stands goes with the next one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk_agent.cli.showing import image_words, time_words
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.image_desk import KNOWN_MS, ImageDesk
from kiosk_agent.services.sessions import Heartbeats
from kiosk_contracts.heartbeats import HeartbeatAnswer
from kiosk_contracts.images import ImagesSeen, ImageStanding
from tests.support.clock import FakeClock
from tests.support.far_kit import Kit, at_work, kit_in

IMAGE = f"registry.example.com/kiosk-ui@sha256:{'a' * 64}"
AGAIN = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def _heartbeats(kit: Kit) -> Heartbeats:
    return Heartbeats(
        *(kit.here, kit.there, kit.leaving, kit.retiring, kit.images),
        every_s=15,
        agent_version="0.1.0",
    )


def pulling(got: int) -> ImagesSeen:
    one = ImageStanding(image=IMAGE, state="pulling", got_bytes=got, of_bytes=1000)
    return ImagesSeen(images=(one,))


async def test_what_is_wanted_is_learnt_and_how_it_stands_is_reported(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        assert not kit.images.tell(ImagesSeen()).known
        kit.far.images_wanted = [IMAGE]
        async with at_work(_heartbeats(kit).run):
            await kit.far.until(lambda: len(kit.far.heartbeats) == 1)
            await kit.clock.wait_for_sleepers()
            wanted = kit.images.tell(pulling(10))
            await kit.clock.advance_when_asleep(18)
            await kit.far.until(lambda: len(kit.far.heartbeats) == 2)
    assert (wanted.known, wanted.images) == (True, (IMAGE,))
    assert [one["images"] for one in kit.far.heartbeats] == [
        [],
        [{"image": IMAGE, "state": "pulling", "why": "", "for_good": False}],
    ]


async def test_whoever_watches_the_status_hears_of_states_and_not_of_each_percent() -> None:
    changes = Changes()
    desk = ImageDesk(changes, FakeClock())
    desk.tell(pulling(10))
    seen = changes.version
    desk.tell(pulling(500))
    assert changes.version == seen
    assert desk.standings()[0].percent == 50
    desk.tell(ImagesSeen())
    assert changes.version > seen


def test_what_a_supervisor_said_that_is_silent_is_told_nobody() -> None:
    clock = FakeClock()
    desk = ImageDesk(Changes(), clock)
    desk.tell(ImagesSeen(images=(ImageStanding(image=IMAGE, state="ready"),)))
    clock.advance((KNOWN_MS - 1) / 1000)
    assert [one.state for one in desk.reports()] == ["ready"]
    clock.advance(0.001)
    assert (desk.reports(), desk.standings()) == ((), ())
    desk.tell(pulling(1))
    assert [one.state for one in desk.reports()] == ["pulling"]


@pytest.mark.parametrize(
    ("state", "next_try_at", "for_good"),
    [("failed", None, True), ("failed", AGAIN, False), ("waiting", None, False)],
)
def test_one_that_no_other_try_would_change_is_reported_as_such(
    state: str, next_try_at: datetime | None, *, for_good: bool
) -> None:
    desk = ImageDesk(Changes(), FakeClock())
    one = ImageStanding(image=IMAGE, state=state, next_try_at=next_try_at)
    desk.tell(ImagesSeen(images=(one,)))
    assert [one.for_good for one in desk.reports()] == [for_good]


def test_of_too_many_or_too_long_names_what_can_be_heeded_is() -> None:
    desk = ImageDesk(Changes(), FakeClock())
    answer = HeartbeatAnswer.model_validate(
        {
            "server_time": FakeClock().now(),
            "leave": True,
            "images_wanted": ["x" * 9000, *map(str, range(9))],
        }
    )
    desk.want(answer.images_wanted)
    assert desk.tell(ImagesSeen()).images == ("x" * 500, "0", "1", "2")


def test_the_command_line_says_it_in_a_line() -> None:
    [one] = pulling(505).images
    assert image_words(one) == "registry.example.com/kiosk-ui@aaaaaaaaaaaa pulling, 50 %"
    at = FakeClock().now()
    failed = ImageStanding(image=IMAGE, state="failed", why="no route to host", next_try_at=at)
    assert image_words(failed).endswith(
        f"aaaaaaaaaaaa failed: no route to host; again at {time_words(at)}"
    )
