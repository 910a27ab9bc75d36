"""Images pulled ahead by real Docker, from a real registry, over lines that are bad."""

from pathlib import Path
from time import monotonic

import pytest

from kiosk_agent.supervisor.ports import RegistryLogin
from kiosk_agent.supervisor.settings import SupervisorSettings
from tests.support.agent_process import command
from tests.support.containers.cut_line import line_to
from tests.support.containers.docker import DockerError, docker, inspect
from tests.support.containers.images import Image
from tests.support.containers.pulling_host import forget_pulled, pulling_host
from tests.support.containers.pushed_image import push_image, push_index
from tests.support.containers.registry import Registry, registry_in
from tests.support.containers.supervised import supervised
from tests.support.containers.venue_kiosk import venue_kiosk
from tests.support.real_kiosk import sell_one, sign_in

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]
KB = 1024
OVERHEAD = 16 * KB
"""Heads of answers, and Docker's own look at the manifest."""
PASSWORDS = "AWS:$2b$05$abcdefghijklmnopqrstuu4h2R.N3/mVBA7Xh7aLzKSJDAsK61n52\n"
"""AWS, whose password is "let me in"."""
PULLS = ["pulling"]
UNREAD = 2 * 64 * KB
"""What had come and was not on the disk when the supervisor died."""


async def test_an_image_is_pulled_ahead_and_ready_by_its_own_name(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 300 * KB, 200 * KB)
    async with pulling_host(tmp_path) as host:
        name = pushed.at(registry.place)
        [standing] = await host.pull(name)
        assert (standing.state, standing.why) == ("ready", "")
        assert inspect("image", name)["RepoDigests"] == [name], "no other name is left"
        assert host.pulling.desired == [pushed.config_digest]
        assert host.why() == [f"begin to pull {name}: done", f"have {name} ready: done"]
        # What is here is not asked for again, and nothing is kept of the way it came.
        assert [host.parts.length(one) for one in pushed.layers] == [0, 0]
        await host.pull(name)
        assert len(host.why()) == 2


async def test_a_pull_that_is_cut_ten_times_goes_on_where_it_was_cut(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 400 * KB, 400 * KB, 400 * KB)
    async with (
        line_to(registry.place, cut_after=90 * KB, cuts_left=10) as line,
        pulling_host(tmp_path) as host,
    ):
        [standing] = await host.pull(pushed.at(line.place))
        assert (standing.state, standing.why) == ("ready", "")
        assert line.cuts == 10
        assert pushed.size < line.came < pushed.size + OVERHEAD, "no byte came twice"


async def test_what_came_before_a_restart_is_not_fetched_again(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 300 * KB, 300 * KB)
    async with line_to(registry.place, stands_after=400 * KB) as line:
        name = pushed.at(line.place)
        async with pulling_host(tmp_path) as host:
            host.wants = [name]
            await host.pulling.look()
            await line.stood.wait()
            [standing] = await host.tell()
            assert standing.state == "pulling"
            await host.dies()
        line.stands_after = 0
        async with pulling_host(tmp_path) as host:
            [standing] = await host.pull(name)
            assert standing.state == "ready"
    assert line.came < pushed.size + OVERHEAD + UNREAD


async def test_a_pull_leaves_the_line_to_others_as_is_set(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 300 * KB, 300 * KB)
    began = monotonic()
    async with pulling_host(tmp_path, bytes_per_s=200 * KB) as host:
        [standing] = await host.pull(pushed.at(registry.place))
        assert standing.state == "ready"
    # A machine that is slow takes longer still.
    assert monotonic() - began > 600 / 200 - 1
    # So it is where nobody set anything.
    assert SupervisorSettings.model_fields["pull_bytes_per_s"].default > 0


async def test_a_change_of_the_last_layer_moves_that_layer_alone(
    registry: Registry, tmp_path: Path
) -> None:
    first = push_image(registry, 500 * KB, 10 * KB)
    second = push_image(registry, 20 * KB, upon=first)
    async with line_to(registry.place) as line, pulling_host(tmp_path) as host:
        await host.pull(first.at(line.place))
        before = line.came
        standings = await host.pull(first.at(line.place), second.at(line.place))
        assert [one.state for one in standings] == ["ready", "ready"]
        assert line.came - before < 20 * KB + OVERHEAD


async def test_a_registry_that_says_nothing_is_told_and_tried_again(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 10 * KB)
    async with (
        line_to(registry.place, mute=True) as line,
        pulling_host(tmp_path, silence_s=1) as host,
    ):
        name = pushed.at(line.place)
        [standing] = await host.pull(name)
        assert (standing.state, standing.why) == ("failed", "nothing came for 1 seconds")
        assert standing.next_try_at is not None
        line.mute = False
        host.pulling._pulls[name] = host.pulling._pulls[name].failed("so that it is due", 0, 0)
        [standing] = await host.pull(name)
        assert standing.state == "ready"


async def test_a_registry_that_is_not_there_is_told(tmp_path: Path) -> None:
    async with pulling_host(tmp_path) as host:
        name = f"127.0.0.1:1/kiosk-ui@sha256:{'a' * 64}"
        [standing] = await host.pull(name)
        assert standing.state == "failed"
        assert standing.why.startswith("127.0.0.1:1: Cannot connect to host 127.0.0.1:1")
        await host.pull(name)
        assert len(host.why()) == 2, "once begun, once failed"


async def test_a_digest_that_the_registry_has_not_is_told(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 10 * KB)
    async with pulling_host(tmp_path) as host:
        name = f"{registry.place}/{pushed.repository}@sha256:{'b' * 64}"
        [standing] = await host.pull(name)
        assert standing.why == (
            f"{registry.place} has not {pushed.repository} by that digest (404)"
        )


async def test_of_an_index_this_hosts_image_is_ready_by_the_digest_of_the_index(
    registry: Registry, tmp_path: Path
) -> None:
    ours, other = push_image(registry, 10 * KB), push_image(registry, 10 * KB, architecture="s390x")
    both = push_index(registry, amd64=ours, s390x=other)
    foreign = push_index(registry, s390x=other)
    async with pulling_host(tmp_path) as host:
        standings = await host.pull(both, foreign)
        assert [one.state for one in standings] == ["ready", "failed"]
        assert inspect("image", both)["Id"] == ours.config_digest
        assert standings[1].why.startswith("no matching manifest for linux/amd64")


async def test_another_architecture_is_never_ready(registry: Registry, tmp_path: Path) -> None:
    pushed = push_image(registry, 10 * KB, architecture="s390x")
    async with pulling_host(tmp_path) as host:
        [standing] = await host.pull(pushed.at(registry.place))
        assert (standing.state, standing.next_try_at) == ("failed", None)
        assert standing.why == "it is for linux/s390x, and this host is linux/amd64"
        assert host.pulling.desired == []


async def test_a_layer_that_came_damaged_is_told_and_fetched_anew(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 10 * KB, 20 * KB)
    registry.spoil(pushed.layers[-1])
    async with pulling_host(tmp_path) as host:
        name = pushed.at(registry.place)
        [standing] = await host.pull(name)
        assert standing.state == "failed"
        assert standing.why == "a layer of it came damaged: it has another digest"
        with pytest.raises(DockerError, match="No such image"):
            docker("image", "inspect", name)
        registry.spoil(pushed.layers[-1])
        host.pulling._pulls[name] = host.pulling._pulls[name].failed("so that it is due", 0, 0)
        [standing] = await host.pull(name)
        assert standing.state == "ready"


async def test_a_tag_is_refused_in_words(registry: Registry, tmp_path: Path) -> None:
    async with pulling_host(tmp_path) as host:
        [standing] = await host.pull(f"{registry.place}/pulls/kiosk-ui:latest")
        assert standing.state == "failed"
        assert standing.why == "it is not named by a digest, and what a tag names changes"


async def test_a_registry_that_wants_a_login_gets_the_one_that_is_had(
    registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 10 * KB)
    passwords = tmp_path / "passwords"
    passwords.write_text(PASSWORDS)
    auth = {"htpasswd": {"realm": "venue", "path": str(passwords)}}
    with registry_in(registry.folder.parent, auth=auth) as closed:
        async with pulling_host(tmp_path) as host:
            name = pushed.at(closed.place)
            [standing] = await host.pull(name)
            assert standing.why == (
                f"{closed.place} does not give it to this host, which has no login there (401)"
            )
            host.logs_in = RegistryLogin("AWS", "let me in")
            host.pulling._pulls[name] = host.pulling._pulls[name].failed("so that it is due", 0, 0)
            [standing] = await host.pull(name)
            assert (standing.state, standing.why) == ("ready", "")


async def test_a_line_that_says_nothing_blanks_no_screen_and_the_status_says_how_it_stands(
    kiosk_image: Image, registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 50 * KB)
    async with line_to(registry.place, mute=True) as line, venue_kiosk(tmp_path) as venue:
        name, far = pushed.at(line.place), venue.kiosk.far
        shown = f"{line.place}/{pushed.repository}@{pushed.digest[7:19]}"
        far.images_wanted = [name]
        async with supervised(venue, kiosk_image.digest, tmp_path) as kiosk:
            assert kiosk.supervisor is not None
            decided = kiosk.supervisor.until_logged
            await decided(lambda one: one.get("what") == f"begin to pull {name}")
            async with kiosk.console() as screen:
                await sign_in(screen)
                await sell_one(screen)
            await far.until(lambda: far.heartbeats[-1]["images"] != [])
            said = await command(venue.kiosk.folder, "status")
            assert f"  image     {shown} pulling" in said.out
            line.mute = False
            line.end()
            await decided(lambda one: one.get("what") == f"have {name} ready")
            ready = [{"image": name, "state": "ready", "why": "", "for_good": False}]
            await far.until(lambda: far.heartbeats[-1]["images"] == ready)
            said = await command(venue.kiosk.folder, "status")
            assert f"  image     {shown} ready" in said.out
    await forget_pulled()


async def test_a_supervisor_that_is_killed_in_a_pull_goes_on_with_what_had_come(
    kiosk_image: Image, registry: Registry, tmp_path: Path
) -> None:
    pushed = push_image(registry, 300 * KB, 300 * KB)
    async with (
        line_to(registry.place, stands_after=400 * KB) as line,
        venue_kiosk(tmp_path) as venue,
    ):
        name, far = pushed.at(line.place), venue.kiosk.far
        far.images_wanted = [name]
        async with supervised(venue, kiosk_image.digest, tmp_path) as kiosk:
            assert kiosk.supervisor is not None
            await line.stood.wait()
            # It is told at the next look, so what had come has been read by then.
            await far.until(lambda: [one["state"] for one in far.heartbeats[-1]["images"]] == PULLS)
            kiosk.supervisor.kill()
            await kiosk.supervisor.ended()
        line.stands_after = 0
        async with supervised(venue, kiosk_image.digest, tmp_path) as kiosk:
            assert kiosk.supervisor is not None
            await kiosk.supervisor.until_logged(lambda one: one.get("what") == f"have {name} ready")
        assert line.came < pushed.size + OVERHEAD + UNREAD
        await forget_pulled()
