"""The relay between Docker and a registry: which images it gives, what of them, and to whom."""

import re
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.supervisor.adapters.registry_client import MOST_MANIFEST_BYTES, RegistryClient
from kiosk_agent.supervisor.domain.pulling import Image
from kiosk_agent.supervisor.ports import LoginRefusedError, PullFailedError
from tests.support.far_registry import CONFIG, LAYER, Far, digest, near, served


async def test_an_image_s_parts_are_given_with_the_login_that_was_said(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        name = await host.begin(word)
        assert re.fullmatch(f"{host.relay.place}/[0-9a-f]{{32}}/kiosk@{word}", name)
        assert await host.get(f"manifests/{word}") == (200, far.manifests[word])
        assert await host.get(f"blobs/{digest(CONFIG)}") == (200, CONFIG)
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
    # Each once, and the second time from here.
    assert len(far.asked) == 3
    assert {said for _, said, _ in far.asked} == {"Basic QVdTOnBhc3N3b3Jk"}


async def test_nobody_has_anything_but_the_parts_of_that_image(tmp_path: Path) -> None:
    far = Far()
    first, second = far.image(LAYER), far.image(LAYER + b"x")
    async with near(far, tmp_path) as host:
        assert (await host.get(f"manifests/{first}"))[0] == 404
        await host.begin(first)
        for path in (
            f"manifests/{second}",
            f"blobs/{digest(LAYER + b'x')}",
            "blobs/..%2f..%2fetc%2fpasswd",
            "manifests/latest",
        ):
            assert (await host.get(path))[0] == 404, path
        await host.begin(second)
        assert (await host.get(f"blobs/{digest(LAYER)}"))[0] == 404


async def test_a_login_is_not_shown_where_the_layers_are_kept(tmp_path: Path) -> None:
    far, kept = Far(), Far()
    word = far.image(LAYER)
    kept.blobs = far.blobs
    async with served(kept.serve) as place, near(far, tmp_path) as host:
        far.layers_at = f"http://{place}"
        await host.begin(word)
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
    assert [said for _, said, _ in kept.asked] == [None]


async def test_who_does_not_know_the_relay_s_secret_has_nothing(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    async with near(far, tmp_path) as host:
        await host.begin(word)
        host.parts.write(digest(LAYER), 0, LAYER)
        for name in ("kiosk", f"{'0' * 32}/kiosk"):
            host.name = name
            assert (await host.get(f"manifests/{word}"))[0] == 404
            assert (await host.get(f"blobs/{digest(LAYER)}"))[0] == 404
    assert len(far.asked) == 1


async def test_of_an_index_without_end_only_so_much_is_read(tmp_path: Path) -> None:
    far = Far()
    ours = {"os": "linux", "architecture": "amd64"}
    words = [far.image(LAYER, number=number) for number in range(50)]
    word = far.manifest({"manifests": [{"digest": one, "platform": ours} for one in words]})
    async with near(far, tmp_path) as host:
        await host.begin(word)
    assert len(far.asked) == 1 + 20


async def test_a_manifest_without_end_is_refused(tmp_path: Path) -> None:
    far = Far()
    said = b"[" + b" " * MOST_MANIFEST_BYTES + b"]"
    word = digest(said)
    far.manifests[word] = said
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match="its manifest is longer than any of an image"):
            await host.begin(word)


async def test_of_an_index_this_hosts_manifests_are_had(tmp_path: Path) -> None:
    far = Far()
    ours, other = far.image(LAYER), far.image(LAYER + b"x")
    index = far.manifest(
        {
            "manifests": [
                {"digest": ours, "platform": {"os": "linux", "architecture": "amd64"}},
                {"digest": other, "platform": {"os": "linux", "architecture": "arm64"}},
            ]
        }
    )
    async with near(far, tmp_path) as host:
        await host.begin(index)
        assert await host.get(f"manifests/{ours}") == (200, far.manifests[ours])
        assert await host.get(f"blobs/{digest(LAYER)}") == (200, LAYER)
        assert (await host.get(f"manifests/{other}"))[0] == 404


@pytest.mark.parametrize(
    ("status", "why", "of_login"),
    [
        (401, "does not give it to the host's role", True),
        (403, "does not give it to the host's role", True),
        (404, "has not kiosk by that digest", False),
        (503, "answers 503", False),
    ],
)
async def test_what_a_registry_refuses_is_said_and_whether_another_login_may_do(
    tmp_path: Path, status: int, why: str, *, of_login: bool
) -> None:
    far = Far(status=status)
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match=why) as refused:
            await host.begin(f"sha256:{'a' * 64}")
        assert isinstance(refused.value, LoginRefusedError) is of_login


async def test_who_asked_without_a_login_is_refused_as_that(tmp_path: Path) -> None:
    async with near(Far(status=401), tmp_path) as host:
        with pytest.raises(PullFailedError, match="which has no login there") as refused:
            await host.relay.begin(Image(host.place, "kiosk", f"sha256:{'a' * 64}"), None, "x/y")
        assert not isinstance(refused.value, LoginRefusedError)


@pytest.mark.parametrize(
    "said",
    [
        *([], {"layers": [{}]}, {"layers": [{"digest": "../../x", "size": 1}]}),
        {"layers": [{"digest": digest(LAYER), "size": -1}]},
        {"layers": [{"digest": digest(LAYER), "size": 10**15}]},
        {"manifests": [{"digest": "x", "platform": {"os": "linux", "architecture": "amd64"}}]},
    ],
)
async def test_a_manifest_that_can_t_be_is_refused(tmp_path: Path, said: Any) -> None:
    far = Far()
    word = far.manifest(said)
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match="its manifest"):
            await host.begin(word)


@pytest.mark.parametrize(
    ("registry", "scheme"),
    [
        *(("127.0.0.1:5000", "http"), ("localhost", "http"), ("127.evil.example.com", "https")),
        *(("localhost.example.com:80", "https"), ("111122223333.dkr.ecr.x.amazonaws.com", "https")),
    ],
)
async def test_only_this_host_is_asked_without_tls(
    registry: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuses(url: str, **_: object) -> None:
        asked.append(url)
        raise OSError("no")

    async with RegistryClient() as client:
        monkeypatch.setattr(client._http, "get", refuses)
        with pytest.raises(PullFailedError, match="no"):
            await client.manifest(Image(registry, "kiosk", digest(LAYER)), digest(LAYER), None)
    assert asked == [f"{scheme}://{registry}/v2/kiosk/manifests/{digest(LAYER)}"]


async def test_a_manifest_that_came_damaged_is_refused(tmp_path: Path) -> None:
    far = Far()
    word = far.image(LAYER)
    far.manifests[word] += b" "
    async with near(far, tmp_path) as host:
        with pytest.raises(PullFailedError, match="its manifest came damaged"):
            await host.begin(word)
