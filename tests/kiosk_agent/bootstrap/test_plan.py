"""For every state of a host, which steps come and which don't."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.bootstrap.domain.observed import (
    ContainerInstanceSeen,
    InstallerSeen,
    Observed,
    Wanted,
)
from kiosk_agent.bootstrap.domain.plan import ElsewhereError, plan
from kiosk_agent.bootstrap.domain.steps import WORDS, Step

KEY, OTHER_KEY = "F" * 40, "0" * 40
WANTED = Wanted(
    activation_id="4b673112-90ad-4add-b9c2-1c2d3e4f5a6b",
    region="eu-central-1",
    cluster="kiosks",
    venue_id="harbour-hall",
    fingerprints=(KEY,),
    host_id="e" * 64,
)
ATTRIBUTES = {"kiosk.venue": "harbour-hall", "kiosk.name": "till-1", "kiosk.host": "e" * 64}
INSTANCE = ContainerInstanceSeen("kiosks", "ACTIVE", connected=True, attributes=ATTRIBUTES)
BARE = Observed(missing_packages=("gpg",))
SELLS = Observed(
    kiosk_id="till-1",
    installer=InstallerSeen("a" * 64, KEY),
    configured_for={"cluster": "kiosks", **ATTRIBUTES},
    docker_limits_logs=True,
    instance_id="mi-0a1b2c3d4e5f60718",
    registered_region="eu-central-1",
    ssm_online=True,
    container_instance=INSTANCE,
    units_running=True,
    settings_for="till-1",
    fleet_knows=True,
    tickets=40,
    sells=True,
)


def steps(observed: Observed) -> list[Step]:
    return [one.step for one in plan(WANTED, observed)]


def but(**changes: Any) -> list[Step]:
    """Return the steps of a kiosk that sells, but for something; without the preflight."""
    first, *others = steps(replace(SELLS, **changes))
    assert first is Step.PREFLIGHT
    return others


def test_bare_hardware_needs_every_step_in_order() -> None:
    assert steps(BARE) == [
        Step.PREFLIGHT,
        Step.NAME,
        Step.PACKAGES,
        Step.FETCH,
        Step.VERIFY,
        Step.CONFIGURE,
        Step.REGISTER,
        Step.CONFIRM,
        Step.UNITS,
        Step.HEARTBEAT,
        Step.STOCK,
        Step.SELLING,
    ]
    assert steps(BARE) == [*Step]


def test_what_nobody_says_is_not_taken_for_what_aws_says() -> None:
    unknown = replace(INSTANCE, status="unknown", connected=False, attributes={})
    seen = replace(
        SELLS, ssm_online=False, container_instance=unknown, why_no_evidence="Not now. Busy."
    )
    [_, confirm] = plan(WANTED, seen)
    assert confirm.step is Step.CONFIRM
    assert confirm.why == "nobody says what AWS knows: Not now. Busy."


def test_a_half_installed_package_is_finished_before_anything_is_installed() -> None:
    [first, *_] = plan(WANTED, replace(BARE, half_installed=True))[2:]
    assert (first.step, first.why) == (Step.PACKAGES, "a package is half installed")
    assert but(half_installed=True) == [Step.PACKAGES]


def test_a_kiosk_that_sells_needs_none() -> None:
    assert plan(WANTED, SELLS) == ()


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"missing_packages": ("gpg", "docker.io")}, [Step.PACKAGES]),
        ({"docker_limits_logs": False}, [Step.CONFIGURE]),
        ({"configured_for": None}, [Step.CONFIGURE]),
        ({"configured_for": {"cluster": "other", **ATTRIBUTES}}, [Step.CONFIGURE]),
        ({"configured_for": {"cluster": "kiosks"}}, [Step.CONFIGURE]),
        ({"ssm_online": False}, [Step.CONFIRM]),
        ({"container_instance": replace(INSTANCE, cluster="other")}, [Step.CONFIRM]),
        ({"container_instance": replace(INSTANCE, status="DRAINING")}, [Step.CONFIRM]),
        ({"container_instance": replace(INSTANCE, connected=False)}, [Step.CONFIRM]),
        ({"container_instance": replace(INSTANCE, attributes={})}, [Step.CONFIRM]),
        (
            {"container_instance": replace(INSTANCE, attributes={**ATTRIBUTES, "kiosk.name": "x"})},
            [Step.CONFIRM],
        ),
        ({"container_instance": None}, [Step.REGISTER, Step.CONFIRM]),
        (
            {"container_instance": None, "installer": None},
            [Step.FETCH, Step.VERIFY, Step.REGISTER, Step.CONFIRM],
        ),
        (
            {"container_instance": None, "installer": InstallerSeen("b" * 64, None)},
            [Step.FETCH, Step.VERIFY, Step.REGISTER, Step.CONFIRM],
        ),
        (
            {"container_instance": None, "installer": InstallerSeen("b" * 64, OTHER_KEY)},
            [Step.FETCH, Step.VERIFY, Step.REGISTER, Step.CONFIRM],
        ),
        ({"units_running": False}, [Step.UNITS]),
        ({"settings_for": "till-2"}, [Step.UNITS]),
        ({"fleet_knows": False}, [Step.HEARTBEAT]),
        ({"tickets": 0}, [Step.STOCK]),
        ({"sells": False}, [Step.SELLING]),
    ],
)
def test_what_is_not_as_wanted_is_what_is_done(changes: dict[str, Any], needed: list[Step]) -> None:
    assert but(**changes) == needed


def test_an_installer_that_is_not_needed_any_more_is_not_fetched_again() -> None:
    assert plan(WANTED, replace(SELLS, installer=None)) == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"registered_region": "us-east-1"}, "in us-east-1, and the bundle is for eu-central-1"),
        ({"kiosk_id": None}, "was granted no kiosk's name"),
    ],
)
def test_a_host_that_is_something_else_is_left_alone(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ElsewhereError, match=why):
        plan(WANTED, replace(SELLS, **changes))


_TEXTS = st.sampled_from(["kiosks", "other"])
_SEEN = st.builds(
    ContainerInstanceSeen,
    _TEXTS,
    st.sampled_from(["ACTIVE", "DRAINING"]),
    connected=st.booleans(),
    attributes=st.sampled_from([ATTRIBUTES, {}, {**ATTRIBUTES, "kiosk.name": "x"}]),
)
_OBSERVED = st.builds(
    Observed,
    kiosk_id=st.sampled_from([None, "till-1"]),
    missing_packages=st.sampled_from([(), ("gpg",)]),
    installer=st.none()
    | st.builds(InstallerSeen, st.just("a"), st.sampled_from([None, KEY, OTHER_KEY])),
    configured_for=st.sampled_from(
        [None, {"cluster": "kiosks", **ATTRIBUTES}, {"cluster": "other"}]
    ),
    docker_limits_logs=st.booleans(),
    instance_id=st.sampled_from([None, "mi-0a1b2c3d4e5f60718"]),
    registered_region=st.sampled_from([None, "eu-central-1", "us-east-1"]),
    ssm_online=st.booleans(),
    container_instance=st.none() | _SEEN,
    units_running=st.booleans(),
    settings_for=st.sampled_from([None, "till-1", "till-2"]),
    fleet_knows=st.booleans(),
    tickets=st.integers(0, 1),
    sells=st.booleans(),
)


@given(_OBSERVED)
def test_in_every_state_the_steps_are_in_order_and_say_why(observed: Observed) -> None:
    try:
        planned = plan(WANTED, observed)
    except ElsewhereError:
        assert observed.instance_id is not None
        return
    order = [one.step for one in planned]
    assert order == sorted(order, key=[*Step].index)
    assert len(set(order)) == len(order)
    assert all(one.why for one in planned)
    if planned:
        assert order[0] is Step.PREFLIGHT
        assert len(order) > 1
    # Nothing registers that is registered, nothing is run unverified, nothing before a name.
    if observed.instance_id is None:
        assert {Step.REGISTER, Step.CONFIRM} <= set(order)
    if observed.instance_id is not None and observed.container_instance is not None:
        assert Step.REGISTER not in order
    if Step.REGISTER in order:
        trusted = observed.installer is not None and observed.installer.verified_by == KEY
        assert trusted or {Step.FETCH, Step.VERIFY} <= set(order)
        assert observed.kiosk_id is not None or Step.NAME in order
        configured = observed.configured_for == {"cluster": "kiosks", **ATTRIBUTES}
        assert Step.CONFIGURE in order or (configured and observed.docker_limits_logs)


def test_every_step_is_said_in_words() -> None:
    assert set(WORDS) == set(Step)
