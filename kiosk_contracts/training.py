"""Training mode: a second desk of the agent, where nothing is sold, over a socket of its own."""

from typing import Annotated

from pydantic import StringConstraints

from kiosk_contracts.wire import WireModel


class TrainingReady(WireModel):
    """Training answers at a socket beside the one that was asked."""

    socket_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,60}$")]
    """A file's name: the folder may have another path for the UI than for the agent."""
