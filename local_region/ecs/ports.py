"""Whom ECS tells of what it decided."""

from typing import Protocol


class Agents(Protocol):
    """The agents on their websockets."""

    def wake(self, instance: str) -> None:
        """Have an instance's agent told what changed for it, if it is connected."""
        ...


class NobodyConnected:
    """Agents, none of which is connected."""

    def wake(self, instance: str) -> None:
        """Do nothing: who connects later is told then."""
