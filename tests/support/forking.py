"""Forks programs of ours, as `tests.support.forked` asks; run as a module with a program's name.

It reads the program's modules and waits. For each start it is sent what the new process gets: its
words, folder and environment, and four files: standard input, output and error, and a pipe that
tells its pid, and later its exit status. It ends with whoever started it.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NoReturn

PROGRAMS: Final = {
    "kiosk_agent": ("kiosk_agent.runtime",),
    "fleet_service": ("fleet_service.runtime",),
    "core_services.ticket_api": (),
    "tests.support.store_worker": (),
}
"""With what each of them reads only as it runs."""

_LONGEST_REQUEST: Final = 1 << 20
_FILES: Final = 4


def read_ahead(program: str) -> None:
    """Read a program's modules, not yet to be run, and leave them alone when garbage is sought."""
    spec = find_spec(program)
    assert spec is not None
    main = program if spec.submodule_search_locations is None else f"{program}.__main__"
    for name in (main, *PROGRAMS[program]):
        import_module(name)
    # Run as a program it is read anew, as Python does.
    del sys.modules[main]
    gc.collect()
    gc.freeze()


class _Forks:
    """The processes that were forked."""

    def __init__(self, asked: socket.socket) -> None:
        self._asked = asked
        self._told: dict[int, int] = {}
        self._ended, wake = os.pipe()
        os.set_blocking(self._ended, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # Ctrl+C is for the tests, and for what they started.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(wake)
        self._wake = wake

    def serve(self) -> dict[str, Any]:
        """Fork whenever asked; return what was asked for in each of the new processes alone."""
        while True:
            ready, _, _ = select.select([self._asked, self._ended], [], [])
            if self._ended in ready:
                os.read(self._ended, 4096)
                self._tell_ends()
            if self._asked in ready:
                request, files, _, _ = socket.recv_fds(self._asked, _LONGEST_REQUEST, _FILES)
                if not request:
                    os._exit(0)
                if self._fork(files):
                    return dict(json.loads(request))

    def _fork(self, files: list[int]) -> bool:
        *standard, told = files
        # One that comes before the new process heeds it is kept until then: here it is ignored.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        pid = os.fork()
        if pid == 0:
            self._forget(standard, told)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
            return True
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        self._told[pid] = told
        _tell(told, pid)
        for file in standard:
            os.close(file)
        return False

    def _tell_ends(self) -> None:
        while self._told:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            told = self._told.pop(pid)
            _tell(told, os.waitstatus_to_exitcode(status))
            os.close(told)

    def _forget(self, standard: list[int], told: int) -> None:
        """Be as a process that was started anew: with no file but the standard ones."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._asked.close()
        for file in (self._ended, self._wake, told, *self._told.values()):
            os.close(file)
        for number, file in enumerate(standard):
            os.dup2(file, number)
            os.close(file)


def _tell(pipe: int, number: int) -> None:
    try:
        os.write(pipe, b"%d\n" % number)
    except BrokenPipeError:
        # The test that asked is over.
        return


def run(program: str, request: dict[str, Any]) -> NoReturn:
    """Be the program."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    sys.argv[1:] = request["words"]
    runpy.run_module(program, run_name="__main__", alter_sys=True)
    sys.exit()


def main(program: str, asked: int) -> NoReturn:
    """Serve; return nowhere but in a forked process, as the program ends."""
    read_ahead(program)
    request = _Forks(socket.socket(fileno=asked)).serve()
    run(program, request)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
