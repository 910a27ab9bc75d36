"""What is pulled next and when, and what counts as the image that was wanted. All pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.supervisor.domain.pulling import (
    LEAST_PAUSE_MS,
    MOST_PAUSE_MS,
    WAITS_FOR_ROOM,
    ImageNameError,
    OnHost,
    Progress,
    Pull,
    alike,
    next_to_pull,
    pause_ms,
    read_image,
    still_wanted,
    waiting_why,
    what_is_wrong,
)
from kiosk_contracts.images import MOST_WHY, ImageState

DIGEST = "sha256:" + "a" * 64
ECR = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
NOW = 10_000_000
FAILED, READY, PULLING = ImageState.FAILED, ImageState.READY, ImageState.PULLING


def name(letter: str) -> str:
    return f"{ECR}/kiosk-ui@sha256:{letter * 64}"


@pytest.mark.parametrize(
    "registry", [ECR, "127.0.0.1:5000", "localhost", "registry.example.com:443"]
)
def test_a_digest_at_a_registry_is_read(registry: str) -> None:
    image = read_image(f"{registry}/eventpro/kiosk-ui@{DIGEST}")
    assert (image.registry, image.repository, image.digest) == (
        registry,
        "eventpro/kiosk-ui",
        DIGEST,
    )
    assert image.name == f"{registry}/eventpro/kiosk-ui@{DIGEST}"


@pytest.mark.parametrize(
    "wrong",
    [
        *("", f"{ECR}/kiosk-ui", f"{ECR}/kiosk-ui:latest", f"kiosk-ui@{DIGEST}"),
        *(f"eventpro/kiosk-ui@{DIGEST}", f"{ECR}/kiosk-ui:1@{DIGEST}", f"{ECR}/Kiosk@{DIGEST}"),
        *(f"{ECR}/kiosk-ui@sha256:{'A' * 64}", f"{ECR}/kiosk-ui@sha256:{'a' * 63}"),
        *(f"{ECR}/../kiosk-ui@{DIGEST}", f"{ECR}/kiosk-ui@{DIGEST}\n", f"{ECR}/a?b=1@{DIGEST}"),
        *(f"http://{ECR}/kiosk-ui@{DIGEST}", f"u:p@{ECR}/kiosk-ui@{DIGEST}"),
    ],
)
def test_anything_else_is_refused_in_words_and_never_pulled(wrong: str) -> None:
    with pytest.raises(ImageNameError, match="it is not named"):
        read_image(wrong)
    pulls = still_wanted({}, [wrong])
    assert (pulls[wrong].state, pulls[wrong].next_ms) == (FAILED, None)
    assert next_to_pull(pulls, NOW * 1000, disk_is_short=False) is None


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_a_pause_is_between_ten_seconds_and_ten_minutes_however_often_it_failed(
    failures: int, chance: float
) -> None:
    pause = pause_ms(failures, chance)
    assert 10_000 == LEAST_PAUSE_MS <= pause <= MOST_PAUSE_MS == 600_000
    assert pause_ms(failures, 1.0) <= pause_ms(failures + 1, 1.0)
    assert pause_ms(7, 1.0) == MOST_PAUSE_MS


def test_a_pause_s_bound_doubles() -> None:
    longest = [pause_ms(failures, 1.0) // 1000 for failures in range(1, 8)]
    assert longest == [20, 40, 80, 160, 320, 600, 600]
    assert [pause_ms(failures, 0.0) for failures in range(1, 8)] == [LEAST_PAUSE_MS] * 7
    assert pause_ms(2, 0.5) == 25_000


@given(st.integers(1, 30), st.floats(0, 1))
def test_one_that_failed_is_tried_again_when_its_pause_is_over_and_not_before(
    times: int, chance: float
) -> None:
    pull, now_ms = Pull(), NOW
    for _ in range(times):
        assert next_to_pull({"a": pull}, now_ms, disk_is_short=False) == "a"
        pull = pull.begun().failed("no route", now_ms, chance)
        assert pull.next_ms is not None
        assert next_to_pull({"a": pull}, pull.next_ms - 1, disk_is_short=False) is None
        now_ms = pull.next_ms
    assert pull.failures == times


STATES = st.builds(
    Pull,
    st.sampled_from(ImageState),
    next_ms=st.one_of(st.none(), st.integers(0, 2 * NOW)),
)


@given(pulls=st.dictionaries(st.sampled_from("abcd"), STATES, max_size=4), short=st.booleans())
def test_one_is_pulled_at_a_time_the_first_that_is_due_and_none_on_a_short_disk(
    pulls: dict[str, Pull], *, short: bool
) -> None:
    chosen = next_to_pull(pulls, NOW, disk_is_short=short)
    due = [
        key
        for key, one in pulls.items()
        if one.state not in {READY, PULLING} and one.next_ms is not None and one.next_ms <= NOW
    ]
    under_way = any(one.state is PULLING for one in pulls.values())
    assert chosen == (due[0] if due and not under_way and not short else None)


def test_what_is_wanted_still_keeps_how_it_stands_and_the_rest_is_forgotten() -> None:
    failed = Pull().failed("no route", NOW, 0)
    pulls = {name("a"): failed, name("b"): Pull().ready("sha256:b")}
    assert list(still_wanted(pulls, [name("c"), name("a")])) == [name("c"), name("a")]
    assert still_wanted(pulls, [name("a")]) == {name("a"): failed}


def test_the_right_one_has_that_digest_and_is_for_this_host() -> None:
    image = read_image(name("a"))
    there = OnHost("sha256:id", (name("a"),), "linux/amd64")
    assert what_is_wrong(image, there, "linux/amd64") == ""
    assert what_is_wrong(image, there, "linux/arm64") == (
        "it is for linux/amd64, and this host is linux/arm64"
    )
    other = OnHost("sha256:id", (name("b"),), "linux/amd64")
    assert "another digest" in what_is_wrong(image, other, "linux/amd64")


def test_a_short_disk_is_said_of_those_that_wait_and_of_no_other() -> None:
    assert waiting_why(Pull(), disk_is_short=True) == WAITS_FOR_ROOM
    failed = Pull().failed("no route", NOW, 0)
    assert waiting_why(failed, disk_is_short=True) == f"no route; {WAITS_FOR_ROOM}"
    assert waiting_why(failed, disk_is_short=False) == "no route"
    assert waiting_why(Pull().ready("sha256:id"), disk_is_short=True) == ""
    assert waiting_why(Pull().refused("a tag"), disk_is_short=True) == "a tag"
    long = Pull().failed("x" * 1000, NOW, 0)
    assert len(waiting_why(long, disk_is_short=True)) == len(long.why) == MOST_WHY


def test_progress_is_summed_over_the_layers_that_are_fetched() -> None:
    lines = [
        {"status": "Pulling from kiosk-ui", "id": DIGEST},
        {"status": "Already exists", "progressDetail": {}, "id": "base"},
        {"status": "Downloading", "progressDetail": {"current": 5, "total": 10}, "id": "one"},
        {"status": "Downloading", "progressDetail": {"current": 1, "total": 30}, "id": "two"},
        {"status": "Download complete", "progressDetail": {}, "id": "one"},
        {"status": "Extracting", "progressDetail": {"current": 1, "total": 99}, "id": "one"},
        {"status": "Digest: sha256:…"},
        {"progressDetail": {"current": 1, "total": 99}},
    ]
    progress = Progress()
    for line in lines:
        progress = progress.heard(line)
    assert (progress.got, progress.of) == (11, 40)


def test_a_failure_is_told_again_only_when_it_is_another_one() -> None:
    first = "read tcp 10.0.0.2:51234->10.0.0.1:443: connection reset by peer"
    again = "read tcp 10.0.0.2:40000->10.0.0.1:443: connection reset by peer"
    assert alike(first) == alike(again) != alike("no such host")
    assert alike("registry:443 (404)") != alike("registry:443 (500)")
