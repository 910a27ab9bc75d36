"""`kiosk-agent bootstrap` as a process of its own on a bare host, stopped or killed inside a step.

It is forked from a server that has the program loaded; a hundred runs would load it as often.
What a step asks of the host and of others is a point at which it may be killed.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.synchronize import Event
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from kiosk_agent.bootstrap import host as host_module
from kiosk_agent.bootstrap import probing, runner, signatures, web
from kiosk_agent.bootstrap.domain.steps import Step
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.job import Pace
from kiosk_agent.cli import bootstrapping, main
from tests.support.bare_host import RootOfTree

_PATIENCE_S = 0.5
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([__name__])
_ASKS_ONLY = (
    *("systemctl is-active", "systemctl cat", "docker version", "dpkg --audit"),
    *("lsblk", "apt-config"),
)
"""Commands that change nothing: killed there is killed before the next that does."""


@dataclass(frozen=True)
class Order:
    """What one run is to do."""

    host: Host
    words: tuple[str, ...]
    environment: dict[str, str]
    place: Path
    """A folder for what it tells: `out`, `at` (which step it is in), `killed` (where)."""
    pace: Pace
    hasty: Pace | None = None
    """From the step on that it pauses in; then it has little patience for answers, too."""
    kill_in: Step | None = None
    """Killed in this step, at the first point that `killed` does not have."""
    pause_in: Step | None = None
    reached: Event = field(default_factory=SERVER.Event)
    go_on: Event = field(default_factory=SERVER.Event)


@dataclass(frozen=True)
class Ended:
    """How a run ended; `code` is negative for a signal."""

    code: int
    said: str


def began(order: Order) -> Any:
    """Start a run; `ended` waits for its end."""
    process = SERVER.Process(target=_bootstrap, args=(order,))
    process.start()
    return process


def reached(order: Order, process: Any) -> None:
    """Wait until a run pauses in its step."""
    while not order.reached.wait(0.1):
        assert process.is_alive(), (order.place / "out").read_text()


def ended(order: Order, process: Any) -> Ended:
    """Wait for a run's end."""
    process.join(120)
    assert process.exitcode is not None, "it hangs"
    code = int(process.exitcode)
    process.close()
    return Ended(code, (order.place / "out").read_text())


def points(place: Path) -> list[str]:
    """Return where runs were killed."""
    path = place / "killed"
    return path.read_text().splitlines() if path.exists() else []


def _bootstrap(order: Order) -> None:
    os.environ.clear()
    os.environ.update(order.environment)
    out = os.open(order.place / "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number in (1, 2):
        os.dup2(out, number)
    sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123  as long as the process
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1) for number in (1, 2))
    _hook(order)
    sys.exit(main(["bootstrap", *order.words]))


def _hook(order: Order) -> None:
    bootstrapping.Host = lambda: order.host  # type: ignore[assignment,misc]
    bootstrapping.prepare = partial(bootstrapping.prepare, pace=order.pace)  # type: ignore[assignment]
    trap = _Trap(order)
    real_do = runner._do

    def do(job: Any, shows: Any, planned: Any, *numbers: int) -> None:
        trap.enter(planned.step)
        if trap.is_hasty and order.hasty is not None:
            web._TIMEOUT_S = probing._TIMEOUT_S = _PATIENCE_S  # type: ignore[misc,assignment]
            job = replace(job, pace=order.hasty)
        real_do(job, shows, planned, *numbers)
        trap.leave()

    runner._do = do
    _before(trap, Host, "write", lambda _, name, *__: f"write {name}")
    _before(trap, Host, "set_aside", lambda _, name: f"set aside {name}")
    _before(trap, Host, "remove", lambda _, name: f"remove {name}")
    _before(trap, Host, "run", lambda _, *words: f"run {_short(words)}")
    _before(
        trap, web, "_send", lambda request, *_: f"send {request.get_method()} {request.selector}"
    )
    _before(trap, signatures, "_gpg", lambda _, *words: f"gpg {words[0]}")

    class Popen(subprocess.Popen[str]):
        """Tells when the command has begun."""

        def __init__(self, words: Any, **how: Any) -> None:
            super().__init__(words, **how)
            trap.at(f"while {_short(words)} runs")

    known = {**vars(subprocess), "Popen": Popen}
    host_module.subprocess = SimpleNamespace(**known)  # type: ignore[assignment]


def _before(trap: "_Trap", owner: Any, name: str, says: Callable[..., str]) -> None:
    real = getattr(owner, name)

    def hooked(*words: Any, **named: Any) -> Any:
        trap.at(f"before {says(*words)}")
        return real(*words, **named)

    setattr(owner, name, hooked)


def _short(words: Any) -> str:
    return " ".join(Path(word).name if "/" in word else word for word in words[:3])[:60]


class _Trap:
    """Knows which step the run is in; kills or pauses it there."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._step: Step | None = None
        self._made = set(points(order.place))
        self.is_hasty = False

    def enter(self, step: Step) -> None:
        self._step = step
        (self._order.place / "at").write_text(step.value)
        if step is self._order.pause_in:
            self.is_hasty = True
            self._order.reached.set()
            assert self._order.go_on.wait(60)

    def leave(self) -> None:
        self._step = None

    def at(self, point: str) -> None:
        if self._step is None or self._step is not self._order.kill_in or point in self._made:
            return
        if any(one in point for one in _ASKS_ONLY):
            return
        with (self._order.place / "killed").open("a") as told:
            told.write(f"{point}\n")
        os.kill(os.getpid(), signal.SIGKILL)


assert RootOfTree  # It is unpickled here, so it is loaded with the program.
