"""What every test gets."""

import gc
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from kiosk_texts import ENGLISH, speak

pytest_plugins = ["tests.support.hanging"]

# How long an example takes says how busy the machine is, never whether the code is right.
settings.register_profile("kiosk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kiosk")

# Apps and event loops are made and left by the thousand: at Python's own pace, looking for their
# rings takes a fifth of the suite's time. Here a ring is found later, and is found all the same.
gc.set_threshold(20_000, 10, 10)


def pytest_collection_finish() -> None:
    """Leave what all tests live on alone: thousands of tests and the modules they come from."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Undo how a program that a test ran in this process set up its logs."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def _english_is_spoken() -> Iterator[None]:
    """Speak English again after a program that a test ran in this process spoke otherwise."""
    yield
    speak(ENGLISH)


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """Serve DynamoDB on moto. Only whoever asks for it reads boto3."""
    from tests.support.dynamodb import moto  # noqa: PLC0415

    with moto() as url:
        yield url


@pytest.fixture
def dynamodb(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Lead this process and those that it starts to a DynamoDB; return its address."""
    from tests.support.dynamodb import environment, forget_all  # noqa: PLC0415

    for name, value in environment(moto_url).items():
        monkeypatch.setenv(name, value)
    yield moto_url
    forget_all(moto_url)
