"""One registry and one build of each image for all tests of a run."""

from collections.abc import Iterator

import pytest

from tests.support.containers.images import Image, built
from tests.support.containers.registry import Registry, registry_in
from tests.support.containers.required import require_containers


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    require_containers()
    with registry_in(tmp_path_factory.mktemp("registry")) as serving:
        yield serving


@pytest.fixture(scope="session")
def kiosk_image(registry: Registry) -> Image:
    return built("kiosk", registry)


@pytest.fixture(scope="session")
def fleet_image(registry: Registry) -> Image:
    return built("fleet", registry)
