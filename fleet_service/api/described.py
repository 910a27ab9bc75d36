"""What each operation takes and answers, declared where its handler is."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, Field

from kiosk_contracts.problem import ProblemCode

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_H = TypeVar("_H", bound=Handler)
_DECLARED: Final = "declared_operation"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as it is described; who may is said by its route."""

    summary: str
    name: str
    answer: type[BaseModel] | str | None
    """A model of JSON, another media type, or nothing."""
    status: int = 200
    body: type[BaseModel] | None = None
    body_optional: bool = False
    query: Mapping[str, Any] = field(default_factory=dict)
    """Types by names; a list may be said several times."""
    refusals: tuple[ProblemCode, ...] = ()
    """Besides those that every operation has."""
    has_etag: bool = False


def described(  # noqa: PLR0913  an operation has these parts
    answer: type[BaseModel] | str | None,
    *refusals: ProblemCode,
    status: int = 200,
    body: type[BaseModel] | None = None,
    body_optional: bool = False,
    query: Mapping[str, Any] | None = None,
    has_etag: bool = False,
    name: str = "",
    summary: str = "",
) -> Callable[[_H], _H]:
    """Declare a handler's operation; its docstring's first line is the summary if none is said."""

    def declare(handler: _H) -> _H:
        own = getattr(handler, "__name__", "")
        feature = handler.__module__.split(".")[-2]
        words = summary or (handler.__doc__ or "").partition("\n")[0]
        operation = Operation(
            summary=words,
            name=f"{feature}_{name or own}",
            answer=answer,
            status=status,
            body=body,
            body_optional=body_optional,
            query=dict(query or {}),
            refusals=refusals,
            has_etag=has_etag,
        )
        setattr(handler, _DECLARED, operation)
        return handler

    return declare


def operation_of(handler: object) -> Operation | None:
    """Return what was declared of a handler."""
    found: Operation | None = getattr(handler, _DECLARED, None)
    return found


def paged(most: int, **more: Any) -> dict[str, Any]:
    """Return the query of a list that is read page by page."""
    return {**more, "after": str, "limit": Annotated[int, Field(ge=1, le=most)]}
