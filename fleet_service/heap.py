"""Keeps the process small: what is known of ten thousand kiosks is to fit into a small task."""

import ctypes
from typing import Final, TypeVar

from pydantic import BaseModel

_M = TypeVar("_M", bound=BaseModel)
_M_ARENA_MAX: Final = -8
"""glibc's <malloc.h>."""
_NAMES: Final[dict[frozenset[str], set[str]]] = {}


def use_one_arena() -> None:
    """Let all threads allocate from one heap; does nothing where the C library is not glibc.

    Each thread that reads a large answer would grow a heap of its own otherwise, and keep it. It
    counts for threads that begin later.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def with_shared_names(model: _M) -> _M:
    """Return a frozen model that stays, having it and its parts share their sets of field names.

    Each model has a set of the fields that it was given, which takes more room than their values.
    Nothing changes such a set: a frozen model takes no new values, and a copy gets a set of its
    own.
    """
    given = model.model_fields_set
    object.__setattr__(model, "__pydantic_fields_set__", _NAMES.setdefault(frozenset(given), given))
    for value in model.__dict__.values():
        if isinstance(value, BaseModel):
            with_shared_names(value)
        elif isinstance(value, tuple):
            for each in value:
                if isinstance(each, BaseModel):
                    with_shared_names(each)
    return model
