"""Commands: what operators have one kiosk do, once, until a time; and what came of it."""

import base64
import binascii
from enum import StrEnum
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from kiosk_contracts.ids import KioskId
from kiosk_contracts.plain_text import made_plain
from kiosk_contracts.text import PlainText
from kiosk_contracts.wire import WireModel

CommandId = UUID
"""One command: made once by who asks for it, so that asking again is no second command."""
USUAL_LIFE_S: Final = 900
SHORTEST_LIFE_S: Final = 60
LONGEST_LIFE_S: Final = 7 * 86_400
MOST_LINES: Final = 2000
MOST_WHY: Final = 500
MOST_CONTENT: Final = 2_000_000
"""Bytes of what a command brings back."""
MOST_TEXT: Final = 256 * 1024
"""Bytes of what it brings back as text."""
MOST_OUTCOME_BYTES: Final = MOST_CONTENT // 3 * 4 + 4096
"""Of an outcome as JSON."""


class CommandKind(StrEnum):
    """What a kiosk is to do."""

    DRAIN = "drain"
    """Open no new carts and give unsold tickets back, until that is ended."""
    END_DRAIN = "end_drain"
    RESTART_UI = "restart_ui"
    """End the kiosk UI that has the screen; ECS, or the standby, puts one there again."""
    REBOOT = "reboot"
    LOGS = "logs"
    SUPPORT_BUNDLE = "support_bundle"
    DOCTOR = "doctor"


class LogSource(StrEnum):
    """Whose log."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    CONSOLE = "console"
    BOOTSTRAP = "bootstrap"
    ECS = "ecs"
    SSM = "ssm"
    DOCKER = "docker"


AgeRecipient = Annotated[str, StringConstraints(pattern=r"^(age1[02-9ac-hj-np-z]{58})?$")]
"""A public key of age (X25519); empty: none."""
_MAY_BE_FORCED: Final = frozenset({CommandKind.RESTART_UI, CommandKind.REBOOT})


class CommandTerms(WireModel):
    """What is to be done, and how."""

    kind: CommandKind
    forced: bool = False
    """`reboot`: also while somebody is served. `restart_ui`: at once, without the two minutes in
    which it may finish a sale."""
    source: LogSource = LogSource.AGENT
    """`logs`: whose."""
    lines: int = Field(default=200, ge=1, le=MOST_LINES)
    """`logs`: how many of the newest."""
    recipient: AgeRecipient = ""
    """`support_bundle`: to whom it is sealed; nobody else reads it, the fleet service neither."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        if self.forced and self.kind not in _MAY_BE_FORCED:
            msg = f"forced: a command {self.kind} can't be forced"
            raise ValueError(msg)
        if (self.kind is CommandKind.SUPPORT_BUNDLE) is not bool(self.recipient):
            msg = "recipient: a support_bundle, and nothing else, names whose age key may open it"
            raise ValueError(msg)
        return self


class CommandWay(StrEnum):
    """How a command gets to its host."""

    AGENT = "agent"
    """The kiosk's agent fetches it with its heartbeat."""
    SSM = "ssm"
    """Systems Manager runs our own document, where the agent does not answer."""


class NewCommand(CommandTerms):
    """Have a kiosk do something."""

    command_id: CommandId
    reason: PlainText = ""
    expires_in_s: int = Field(default=USUAL_LIFE_S, ge=SHORTEST_LIFE_S, le=LONGEST_LIFE_S)
    """Whoever comes later than that does not do it any more. A `reboot` by Systems Manager has 3600
    at most."""
    way: CommandWay = CommandWay.AGENT


class CommandToRun(CommandTerms):
    """A command as the answer to a heartbeat carries it."""

    command_id: CommandId
    expires_at: AwareDatetime
    """By the fleet service's clock; the same answer says what that shows."""


class CommandEnd(StrEnum):
    """How a command ended at its kiosk."""

    DONE = "done"
    REFUSED = "refused"
    """Nothing was done."""
    FAILED = "failed"
    """It was begun; how far it came, the words say."""


class CommandOutcome(WireModel):
    """What came of a command, as the kiosk tells it."""

    end: CommandEnd
    why: Annotated[str, Field(max_length=MOST_WHY)] = ""
    """In words: what was done, or why not."""
    content_type: str = Field(default="", max_length=64)
    """Of what it brings back: `text/plain`, `application/json`, or `application/age` for a sealed
    support bundle; empty: nothing."""
    content: str = Field(default="", max_length=MOST_CONTENT // 3 * 4 + 4)
    """That, in base64."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        try:
            size = len(self.raw)
        except binascii.Error:
            msg = "content: it is no base64"
            raise ValueError(msg) from None
        if size > MOST_CONTENT:
            msg = f"content: at most {MOST_CONTENT} bytes"
            raise ValueError(msg)
        return self

    @property
    def raw(self) -> bytes:
        """What it brings back."""
        return base64.b64decode(self.content, validate=True)


def outcome(
    end: CommandEnd, why: str = "", *, content: bytes = b"", content_type: str = ""
) -> CommandOutcome:
    """Return an outcome; its words on one line, cut to what fits."""
    return CommandOutcome(
        end=end,
        why=made_plain(why)[:MOST_WHY],
        content_type=content_type,
        content=base64.b64encode(content).decode(),
    )


class CommandState(StrEnum):
    """How a command stands."""

    WAITING = "waiting"
    """The kiosk has not fetched it."""
    FETCHED = "fetched"
    """The kiosk was told, or Systems Manager has it; no outcome has come."""
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    """Its time ran out without an outcome; one that comes all the same counts."""
    WITHDRAWN = "withdrawn"
    """It is told no more; one that was fetched before may have been done, and says so then."""


class CommandStanding(CommandTerms):
    """A command as operators see it."""

    command_id: CommandId
    kiosk_id: KioskId
    way: CommandWay
    reason: str
    by: str
    made_at: AwareDatetime
    expires_at: AwareDatetime
    state: CommandState
    why: str
    """What came of it, or what it waits for, in words."""
    fetched_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    """When the outcome came, by the fleet service's clock."""
    withdrawn_at: AwareDatetime | None = None
    withdrawn_by: str = ""
    content_type: str = ""
    """Of what it brought back, as long as that is kept; empty: nothing."""
    content_bytes: int = 0


class CommandPage(WireModel):
    """Commands of a kiosk, the newest first."""

    commands: tuple[CommandStanding, ...]
    next_after: str | None
    """What to ask behind for older ones; None at the end."""
