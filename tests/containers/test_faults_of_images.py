"""Images and containers that do what they should not: a screen sells, and a decision says why."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk_contracts.payloads import SalePayload
from tests.support.agent_process import command
from tests.support.containers import variants
from tests.support.containers.docker import Container, away
from tests.support.containers.images import Image
from tests.support.containers.supervised import SupervisedKiosk, kiosk_at_hand
from tests.support.containers.variants import variant
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]
IDLE = "F3 admit"


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[SupervisedKiosk]:
    async with kiosk_at_hand(kiosk_image, tmp_path) as kiosk:
        yield kiosk


@asynccontextmanager
async def covered(kiosk: SupervisedKiosk) -> AsyncIterator[None]:
    """Supervise, and let the standby have the screen first."""
    async with kiosk.supervising():
        assert await kiosk.answers()
        yield


async def sells(kiosk: SupervisedKiosk) -> None:
    async with kiosk.console() as screen:
        await sign_in(screen)
        assert await sell_one(screen)
        # The tickets count as a sale: whoever stands there is not broken off.
        screen.press("escape")
        await screen.wait_for(IDLE, 60)


async def moves_to(kiosk: SupervisedKiosk, ui: Container) -> list[dict[str, Any]]:
    what = f"move the screen to {ui.name[:12]}"
    return [one for one in await kiosk.why() if one["what"] == what]


async def test_what_a_standby_said_when_it_ended_is_in_the_decision(kiosk: SupervisedKiosk) -> None:
    async with variant(kiosk.image, *variants.FAILS_AT_ONCE) as broken:
        await kiosk.remember(last=broken, before=kiosk.image)
        async with kiosk.supervising():
            removed = await kiosk.decided("remove a standby that ended")
            assert removed["why"] == (
                "the standby ended: status 1: kiosk-ui: the picture book is torn"
            )
            started = await kiosk.decided("start the standby", "the one before")
            assert "(status 1: kiosk-ui: the picture book is torn)" in started["why"]
            await sells(kiosk)


async def test_an_image_that_is_gone_is_said_and_the_one_before_sells(
    kiosk: SupervisedKiosk,
) -> None:
    async with variant(kiosk.image, *variants.DIES_SOON) as gone:
        await kiosk.remember(last=gone, before=kiosk.image)
    async with kiosk.supervising():
        started = await kiosk.decided("start the standby", "the one before")
        assert "404: No such image" in started["why"] or "404: no such image" in started["why"]
        await sells(kiosk)


async def test_an_image_for_another_machine_is_said_and_the_one_before_sells(
    kiosk: SupervisedKiosk, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"\x7fELF\x02\x02\x01" + bytes(57))
    foreign.chmod(0o755)
    async with variant(kiosk.image, "/foreign", file=foreign) as image:
        await kiosk.remember(last=image, before=kiosk.image)
        async with kiosk.supervising():
            started = await kiosk.decided("start the standby", "the one before")
            assert "exec format error" in started["why"].lower()
            await sells(kiosk)


async def test_one_that_eats_its_memory_is_covered_and_said(kiosk: SupervisedKiosk) -> None:
    async with (
        variant(kiosk.image, *variants.EATS_MEMORY) as hungry,
        covered(kiosk),
        kiosk.ecs_ui(image=hungry) as ecs,
    ):
        assert await ecs.ended() == 137
        # It may be too late at its work to keep the screen before that.
        await kiosk.decided("", "ended: it ran out of memory")
        await sells(kiosk)


async def test_a_standby_that_ignores_sigterm_is_killed_when_its_time_is_over(
    kiosk: SupervisedKiosk,
) -> None:
    async with variant(kiosk.image, *variants.IGNORES_SIGTERM) as deaf:
        await kiosk.remember("--stop-timeout=2", last=deaf)
        async with kiosk.supervising():
            assert await kiosk.answers()
            async with kiosk.ecs_ui() as ecs:
                await kiosk.decided(f"move the screen to {ecs.name[:12]}")
                await kiosk.decided("end a kiosk UI", "has the screen")
                removed = await kiosk.decided("remove a standby that ended")
                assert removed["why"].startswith("the standby ended: status 137")
                await sells(kiosk)


async def test_of_two_that_ecs_runs_one_answers_and_the_receipts_go_on(
    kiosk: SupervisedKiosk,
) -> None:
    async with covered(kiosk), kiosk.ecs_ui() as first:
        await kiosk.decided(f"move the screen to {first.name[:12]}")
        await sells(kiosk)
        async with kiosk.ecs_ui() as second, kiosk.console() as screen:
            await kiosk.decided(f"move the screen to {second.name[:12]}")
            # What a UI says that found a sale of one before it: this is the new one's picture.
            await screen.wait_for("Done here just now: sale", 60)
            assert await sell_one(screen)
    assert await kiosk.venue.agent.stop() == 0
    rows = [one.transaction for one in await kiosk.venue.kiosk.folder.rows()]
    sold = [SalePayload.model_validate(one.payload) for one in rows if one.envelope.kind == "sale"]
    assert [int(one.receipt_number.rpartition("-")[2]) for one in sold] == [1, 2]


async def test_a_new_image_that_crashes_leaves_the_last_good_one_selling_and_all_are_told(
    kiosk: SupervisedKiosk,
) -> None:
    async with (
        variant(kiosk.image, *variants.DIES_SOON) as new,
        covered(kiosk),
        kiosk.ecs_ui(image=new) as ecs,
    ):
        for _ in range(2):
            assert await ecs.ended() == 3
            await away("start", ecs.name)
        assert await ecs.ended() == 3
        far = kiosk.venue.kiosk.far
        await far.until(lambda: bool((far.heartbeats[-1].get("ui") or {}).get("crashing")))
        moved = await moves_to(kiosk, ecs)
        # ECS starts it once more, and it comes up: the screen stays where it is.
        await away("start", ecs.name)
        async with kiosk.console() as screen:
            await sign_in(screen)
            assert await ecs.ended() == 3
            assert await sell_one(screen)
        await far.until(lambda: far.heartbeats[-1]["ui"]["crashing"][0]["ends"] == 4)
        told = far.heartbeats[-1]["ui"]
        assert (told["source"], told["standby_ready"]) == ("standby", True)
        [crash] = told["crashing"]
        assert (crash["image"], crash["last_exit"]) == (new, "status 3")
        said = await command(kiosk.venue.kiosk.folder, "status")
        assert "kiosk UI  the standby, " in said.out
        assert "ended 4 times, the last at" in said.out
        assert "A new version of this screen does not run" in said.out
        # Once it was known to crash it was given nothing.
        assert await moves_to(kiosk, ecs) == moved


async def test_one_that_hangs_is_covered(kiosk: SupervisedKiosk) -> None:
    async with covered(kiosk), kiosk.ecs_ui() as ecs:
        await kiosk.decided(f"move the screen to {ecs.name[:12]}")
        await away("kill", "--signal", "STOP", ecs.name)
        while await kiosk.answers() == ecs.name[:12]:
            pass
        await sells(kiosk)
        assert await kiosk.answers() != ecs.name[:12]
        assert await kiosk.shown() != ecs.name
        # The supervisor gives the screen to the standby, unless ECS's was silent for so long that
        # the agent did; why there is a standby, it says in any case.
        await kiosk.decided("start the standby", "the kiosk UI that ECS runs does not answer")
        await kiosk.decided("end a kiosk UI", "it does not get ready")


async def test_one_that_never_gets_ready_has_no_screen_and_is_ended(kiosk: SupervisedKiosk) -> None:
    async with (
        variant(kiosk.image, *variants.NEVER_READY) as mute,
        covered(kiosk),
        kiosk.ecs_ui(image=mute) as ecs,
    ):
        await sells(kiosk)
        ended = await kiosk.decided("end a kiosk UI", "it does not get ready")
        assert ecs.name[:12] in ended["what"]
        assert await ecs.ended() == 137
        assert await moves_to(kiosk, ecs) == []
        assert await kiosk.shown() != ecs.name
