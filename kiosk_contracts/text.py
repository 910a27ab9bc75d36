"""Texts that people typed, as they may cross a process."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from kiosk_contracts.plain_text import plain

PlainName = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(plain)]
"""A name on one line: 1 to 120 characters, no control characters."""

PlainText = Annotated[str, StringConstraints(max_length=500), AfterValidator(plain)]
"""A reason or note on one line: up to 500 characters, no control characters."""
