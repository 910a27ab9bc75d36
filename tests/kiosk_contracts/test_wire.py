"""What all wire models share, and what every peer states of itself."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

import kiosk_contracts
from kiosk_contracts import version
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.wire import WireModel

for _module in pkgutil.iter_modules(kiosk_contracts.__path__, "kiosk_contracts."):
    importlib.import_module(_module.name)


def _models(model: type[WireModel] = WireModel) -> Iterator[type[WireModel]]:
    for each in model.__subclasses__():
        if each.__module__.startswith("kiosk_contracts."):
            yield each
        yield from _models(each)


@pytest.mark.parametrize("model", sorted(set(_models()), key=lambda each: each.__name__))
def test_every_wire_model_keeps_what_it_does_not_know_and_never_changes(
    model: type[WireModel],
) -> None:
    assert model.model_config.get("extra") == "allow"
    assert model.model_config.get("frozen") is True
    assert model.model_construct(added=1).model_dump()["added"] == 1


def test_a_model_once_read_cannot_be_changed() -> None:
    read = Catalogue(venue_id="hall", venue_name="Hall", version=1, events=())
    with pytest.raises(ValidationError, match="frozen"):
        read.version = 2


def test_the_headers_are_these_for_every_release() -> None:
    assert {name: value for name, value in vars(version).items() if name.endswith("_HEADER")} == {
        "PROTOCOL_HEADER": "EventPro-Protocol",
        "KIOSK_TOKEN_HEADER": "EventPro-Kiosk-Token",
        "STAFF_TOKEN_HEADER": "EventPro-Staff-Token",
        "OPS_TOKEN_HEADER": "EventPro-Ops-Token",
        "CSRF_HEADER": "EventPro-Csrf-Token",
        "ENROLMENT_TOKEN_HEADER": "EventPro-Enrolment-Token",
        "REQUEST_ID_HEADER": "EventPro-Request-Id",
        "STREAM_POSITION_HEADER": "EventPro-Stream-Position",
    }


def test_our_own_version_is_one_that_we_speak_and_has_a_dated_line() -> None:
    assert max(version.SUPPORTED_PROTOCOL_VERSIONS) == version.PROTOCOL_VERSION
    lines = re.findall(r"^- (\d+) \((\d{4}-\d\d-\d\d)\)", version.__doc__ or "", re.MULTILINE)
    assert {int(number) for number, _ in lines} == set(range(1, version.PROTOCOL_VERSION + 1))
    assert lines == sorted(lines)


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(kiosk_contracts.__path__[0]) / "py.typed").exists()
