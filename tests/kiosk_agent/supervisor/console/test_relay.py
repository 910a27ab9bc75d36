"""How the console asks Docker for a kiosk UI's terminal."""

from types import SimpleNamespace
from typing import Any, Self

import pytest

from kiosk_agent.supervisor.console.pane import Pane
from kiosk_agent.supervisor.console.relay import relay


class Refused:
    """A stream that can't be attached to."""

    async def __aenter__(self) -> Self:
        return self

    async def _init(self) -> None:
        raise OSError("it has ended")

    async def close(self) -> None:
        """Do nothing."""


async def test_no_key_of_the_kiosk_s_leaves_its_terminal() -> None:
    asked: list[dict[str, Any]] = []

    def attach(**said: Any) -> Refused:
        asked.append(said)
        return Refused()

    container = SimpleNamespace(attach=attach)
    docker = SimpleNamespace(containers=SimpleNamespace(container=lambda _: container))
    terminal = SimpleNamespace(size=(80, 24))
    with pytest.raises(OSError, match="it has ended"):
        await relay(docker, "a" * 64, Pane(terminal))  # type: ignore[arg-type]
    [said] = asked
    keys = said["detach_keys"].split(",")
    # Empty would be Docker's own, Ctrl+P and Ctrl+Q. A scanner may type Ctrl+] (GS1's separator).
    assert set(keys) <= {"ctrl-@", "ctrl-_", "ctrl-^"}
    assert len(keys) > 8
