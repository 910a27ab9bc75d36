"""What a kiosk's screen says, and how an answer is told from what stood there before."""

import re
from dataclasses import dataclass
from typing import Final

from demo.terminal import Terminal

ACK: Final = re.compile(
    r"✔ #(\d+) "
    r"(sale|void|admission|exit|shift opened|shift paid in|shift paid out|shift closed)"
    r"(?: (\S+))? recorded (online|offline)"
)
_REFUSED: Final = re.compile(
    r"^ [✖▲] [^\n]*(?:\n +(?!ONLINE|OFFLINE|NO AGENT)[^\n]+)*", re.MULTILINE
)
"""A refusal and its details. The gate shows its verdict above; the message line is the last."""
_LINE_STATUS: Final = re.compile(r"(ONLINE|OFFLINE|NO AGENT) since[^\n]*")
_UNSENT: Final = re.compile(r"· (\d+) unsent")
_WAITING: Final = re.compile(r"^ ?(… [^\n]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Ack:
    """`✔ #…`: a transaction that the kiosk says is recorded."""

    text: str
    sequence: int
    kind: str
    subject: str
    """Receipt number, serial or amount; empty for a shift."""
    offline: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """`✖ …` or `▲ …`, with its details."""

    text: str


class RefusedError(Exception):
    """The kiosk refused what the story counts on."""


class Glass:
    """A kiosk's terminal, read as the person before it reads it."""

    def __init__(self, terminal: Terminal, kiosk_id: str) -> None:
        self.terminal = terminal
        self.kiosk_id = kiosk_id
        self.acks: list[Ack] = []
        self.refusals: list[Refusal] = []
        self._standing = ""
        """The last refusal, as long as no act since was recorded: it may still stand there."""

    @property
    def recorded(self) -> int:
        """How many transactions this till has acknowledged."""
        return len(self.acks)

    @property
    def last_message(self) -> str:
        """The answer that stands on the screen; empty if there is none."""
        text = self.terminal.text
        found = ACK.search(text) or _REFUSED.search(text) or _WAITING.search(text)
        return found.group(0).strip().partition("\n")[0] if found else ""

    @property
    def line_status(self) -> str:
        """The line status as the screen shows it now; empty before there is one."""
        found = _LINE_STATUS.search(self.terminal.text)
        return found.group(0).strip() if found else ""

    @property
    def unsent(self) -> int | None:
        """How many transactions the till says are unsent; None where it does not say."""
        found = _UNSENT.search(self.line_status)
        return int(found.group(1)) if found else None

    async def see_line(self, state: str, timeout_s: float = 30) -> None:
        """Wait until the line status begins with `state`: ONLINE, OFFLINE or NO AGENT."""
        await self.terminal.wait_until(
            lambda: self.line_status.startswith(state), f"the line status {state}", timeout_s
        )

    async def see_all_sent(self, timeout_s: float = 60) -> None:
        """Wait until nothing is unsent."""
        await self.terminal.wait_until(
            lambda: self.unsent == 0 and self.line_status.startswith("ONLINE"),
            "ONLINE with 0 unsent",
            timeout_s,
        )

    async def expect(self, kind: str) -> Ack:
        """Wait until the kiosk says that a `kind` is recorded. Raises RefusedError if it is not."""
        answer = await self.answer(kind)
        if isinstance(answer, Refusal):
            raise RefusedError(
                f"{self.kiosk_id} refused a {kind}: {answer.text}\n{self.terminal.text}"
            )
        return answer

    async def answer(self, kind: str) -> Ack | Refusal:
        """Wait for what the kiosk says to a `kind`."""

        def new_answer() -> Ack | Refusal | None:
            return self._new_ack(kind) or self.new_refusal()

        answer: Ack | Refusal = await self.terminal.wait_until(
            new_answer, f"an answer to a {kind}", 60
        )
        self._note(answer)
        return answer

    def forget(self, ack: Ack) -> None:
        """Stop counting an answer that sabotage made untrue: its number comes again."""
        self.acks.remove(ack)

    def _note(self, answer: Ack | Refusal) -> None:
        if isinstance(answer, Ack):
            self.acks.append(answer)
            self._standing = ""
        else:
            self.refusals.append(answer)
            self._standing = answer.text

    def _new_ack(self, kind: str) -> Ack | None:
        newest = max((ack.sequence for ack in self.acks), default=0)
        found = ACK.search(self.terminal.text)
        if found is None or found[2] != kind or int(found[1]) <= newest:
            return None
        return Ack(found[0], int(found[1]), found[2], found[3] or "", found[4] == "offline")

    def new_refusal(self) -> Refusal | None:
        """Return a refusal other than the one that may stand since before the act.

        Its details are compared too, and one that is drawn in part is taken for the whole.
        """
        found = _REFUSED.findall(self.terminal.text)
        if not found:
            return None
        text = " ".join(found[-1].split())
        last = self._standing
        if last and (last.startswith(text) or text.startswith(last)):
            return None
        return Refusal(text)
