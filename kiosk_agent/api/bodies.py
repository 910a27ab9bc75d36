"""Reading requests: JSON bodies, ids in paths, figures in queries."""

import json
from typing import Any, Final, NoReturn, TypeVar
from uuid import UUID

from aiohttp import web
from pydantic import SecretStr, TypeAdapter, ValidationError

from kiosk_agent.api.problems import field_invalid
from kiosk_agent.domain import refusals_cart
from kiosk_contracts.ids import ShiftId, TxnId
from kiosk_contracts.kiosk_status import MOST_ROWS, JournalState
from kiosk_contracts.payloads import MAX_TICKETS_PER_LINE, MAX_TICKETS_PER_SALE
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.screens import SCREEN_HEADER, ScreenId
from kiosk_contracts.selling import PutCart
from kiosk_contracts.wire import WireModel
from kiosk_texts import tr

M = TypeVar("M", bound=WireModel)

MAX_BODY_BYTES: Final = 64 * 1024
_DEFAULT_PAGE: Final = 50
_MAX_SEQUENCE: Final = 2**63 - 1
_TXN_ID: TypeAdapter[UUID] = TypeAdapter(TxnId)
_SHIFT_ID: TypeAdapter[UUID] = TypeAdapter(ShiftId)
_SCREEN_ID: TypeAdapter[str] = TypeAdapter(ScreenId)


async def read_body(request: web.Request, model: type[M]) -> M:
    """Return the body as its model; ProblemError `body_not_json`, pydantic's ValidationError."""
    return model.model_validate(await read_json(request))


async def read_json(request: web.Request) -> Any:
    """Return the body's JSON; ProblemError `body_not_json`."""
    try:
        raw = await request.read()
        return json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError, web.RequestPayloadError) as error:
        raise ProblemError(
            400,
            ProblemCode.BODY_NOT_JSON,
            tr("The request is not JSON"),
            detail=tr("The body cannot be read as JSON: {error}.", error=error),
            hint=tr("Send JSON in UTF-8; nothing was changed."),
        ) from error


async def read_cart(request: web.Request) -> PutCart:
    """Return what a cart shall hold; ProblemError `quantity_invalid` where a quantity is wrong."""
    value = await read_json(request)
    try:
        return PutCart.model_validate(value)
    except ValidationError as error:
        places = [one["loc"] for one in error.errors(include_context=False)]
        if any(place and place[-1] == "quantity" for place in places) or _too_many(value):
            raise refusals_cart.quantity_invalid(
                MAX_TICKETS_PER_LINE, MAX_TICKETS_PER_SALE
            ) from error
        raise


def typed_pin(pin: SecretStr | None) -> str | None:
    """Return a manager's PIN as it was typed, or None."""
    return None if pin is None else pin.get_secret_value()


def path_txn_id(request: web.Request) -> UUID:
    """Return the txn_id of the address; ProblemError `body_invalid` naming it."""
    try:
        return _TXN_ID.validate_python(request.match_info["txn_id"])
    except ValidationError as error:
        raise field_invalid(
            "txn_id", tr("the address needs a txn_id, a UUID of version 7")
        ) from error


def path_shift_id(request: web.Request) -> UUID:
    """Return the shift that the address names; ProblemError `body_invalid` naming it."""
    try:
        return _SHIFT_ID.validate_python(request.match_info["shift_id"])
    except ValidationError as error:
        raise field_invalid("shift_id", tr("the address needs a shift's id, a UUID")) from error


def path_proof_id(request: web.Request) -> UUID:
    """Return the proof that the address names; ProblemError `body_invalid` naming it."""
    try:
        return UUID(request.match_info["request_id"])
    except ValueError as error:
        raise field_invalid("request_id", tr("the address needs a proof's id, a UUID")) from error


def path_screen_id(request: web.Request) -> str:
    """Return the screen that the address names; ProblemError `body_invalid` naming it."""
    return _screen_id(request.match_info["screen_id"])


def header_screen_id(request: web.Request) -> str:
    """Return which screen asks, empty if none says so; ProblemError `body_invalid`."""
    said = request.headers.get(SCREEN_HEADER, "")
    return _screen_id(said) if said else ""


def _screen_id(text: str) -> str:
    try:
        return _SCREEN_ID.validate_python(text)
    except ValidationError as error:
        words = tr("a screen's name has letters, digits, dots and dashes, at most 64 of them")
        raise field_invalid("screen_id", words) from error


def figure(
    request: web.Request, name: str, least: int, default: int, most: int = _MAX_SEQUENCE
) -> int:
    """Return a whole number of the query; ProblemError `body_invalid` if it is out of bounds."""
    found = _figure(request, name, least, most, default)
    return default if found is None else found


def page_query(request: web.Request) -> tuple[int | None, int, list[JournalState]]:
    """Return (before, limit, states) of a list's query."""
    return (
        _figure(request, "before", 1, _MAX_SEQUENCE, None),
        _figure(request, "limit", 1, MOST_ROWS, _DEFAULT_PAGE) or _DEFAULT_PAGE,
        [_state(text) for text in request.query.getall("state", [])],
    )


def _figure(
    request: web.Request, name: str, least: int, most: int, default: int | None
) -> int | None:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most))):
        _refuse_figure(name, least, most)
    if not least <= int(text) <= most:
        _refuse_figure(name, least, most)
    return int(text)


def _refuse_figure(name: str, least: int, most: int) -> NoReturn:
    raise field_invalid(
        name,
        tr("{name} is a whole number from {least} to {most}", name=name, least=least, most=most),
    )


def _state(text: str) -> JournalState:
    try:
        return JournalState(text)
    except ValueError as error:
        known = ", ".join(JournalState)
        raise field_invalid("state", tr("state is one of {known}", known=known)) from error


def _too_many(value: Any) -> bool:
    lines = value.get("lines") if isinstance(value, dict) else None
    quantities = [line.get("quantity") for line in lines or () if isinstance(line, dict)]
    return sum(one for one in quantities if isinstance(one, int)) > MAX_TICKETS_PER_SALE


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is not JSON"
    raise ValueError(msg)
