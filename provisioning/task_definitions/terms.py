"""What an operator says of the kiosk UI's task on a command line."""

from pydantic import ValidationError

from kiosk_contracts.ui_task_terms import UiTaskTerms
from provisioning.refusing import RefusedError


def read_terms(**said: object) -> UiTaskTerms:
    """Return the terms of what was said; raises RefusedError in words."""
    try:
        return UiTaskTerms.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        words = first["msg"].removeprefix("Value error, ")
        raise RefusedError(f"{where}: {words}" if where else words, "Nothing was made.") from error
