"""What the supervisor may do about the kiosk's screen; each step says why."""

from dataclasses import dataclass

from kiosk_agent.supervisor.domain.host import UiTask
from kiosk_agent.supervisor.domain.memory import Promise


@dataclass(frozen=True, slots=True)
class StartStandby:
    """Run the kiosk UI from the task that ran well last."""

    task: UiTask
    why: str


@dataclass(frozen=True, slots=True)
class GiveScreen:
    """Let another kiosk UI answer keys; the agent refuses while somebody is busy."""

    screen_id: str
    why: str
    ended: str = ""
    """The screen that the agent waits for, and that is known to have ended; empty: none."""


@dataclass(frozen=True, slots=True)
class StopContainer:
    """End a kiosk UI: SIGTERM, and SIGKILL after what its task allows."""

    container_id: str
    why: str
    hangs: bool = False
    """It does not hear SIGTERM, and somebody waits in front of it: SIGKILL follows at once."""
    fails: bool = False
    """Its end counts as its image's failure."""


@dataclass(frozen=True, slots=True)
class RemoveContainer:
    """Remove a standby that ended."""

    container_id: str
    why: str


@dataclass(frozen=True, slots=True)
class KeepTask:
    """Remember a task as the one that ran well last."""

    task: UiTask
    why: str


@dataclass(frozen=True, slots=True)
class KeepPromise:
    """Remember which image an update lock keeps, also over the supervisor's restart; None: none."""

    promise: Promise | None
    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing now."""

    why: str


Step = StartStandby | GiveScreen | StopContainer | RemoveContainer | KeepTask | KeepPromise | Wait
