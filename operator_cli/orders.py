"""What an operator asks for, checked before anybody is asked."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from operator_cli.refusing import RefusedError

M = TypeVar("M", bound=BaseModel)


def order(model: type[M], otherwise: str = "Nothing was asked.", **said: object) -> M:
    """Return what was said as a model; raises RefusedError in words.

    `otherwise` is what came of it where it can't be used.
    """
    try:
        return model.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        words = first["msg"].removeprefix("Value error, ")
        raise RefusedError(f"{where}: {words}" if where else words, otherwise) from error
