"""`kiosk-agent bootstrap`."""

import argparse
import sys
import syslog

from kiosk_agent import exit_codes, log
from kiosk_agent.bootstrap.asking import NobodyAsks, SystemdAsks, TerminalAsks
from kiosk_agent.bootstrap.finding import NoStickError
from kiosk_agent.bootstrap.host import Host
from kiosk_agent.bootstrap.job import Asks
from kiosk_agent.bootstrap.preparing import Choices, prepare, prepare_again
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_agent.bootstrap.runner import look_and_plan, run
from kiosk_agent.bootstrap.showing import ShowsJson, ShowsLines


def bootstrap(options: argparse.Namespace) -> int:
    """Make this host a kiosk that sells; 1: stopped, 75: stopped, and worth trying again.

    66: unattended, and no stick with a bundle is in yet.
    """
    log.configure("warning")
    shows = ShowsJson() if options.json else ShowsLines()
    choices = Choices(options.bundle, options.key, options.kiosk, options.passphrase_file)
    try:
        if options.again:
            prepare_again(Host(), choices, shows, dry_run=options.dry_run)
            if options.dry_run:
                return exit_codes.OK
        job = prepare(Host(), choices, _asks(options), shows)
        if options.dry_run:
            shows.planned(look_and_plan(job)[1])
        else:
            run(job, shows)
    except StoppedError as stopped:
        sys.stderr.write(f"kiosk-agent: {stopped}\n  {stopped.what_to_do}\n")
        if options.unattended and isinstance(stopped, NoStickError):
            # Its unit writes to the first screen alone.
            syslog.syslog(syslog.LOG_NOTICE, f"{stopped}; it goes on once one is plugged in")
            return exit_codes.NO_BUNDLE
        return exit_codes.TRY_AGAIN if stopped.again else exit_codes.REFUSED
    return exit_codes.OK


def _asks(options: argparse.Namespace) -> Asks:
    if options.unattended:
        return SystemdAsks()
    return TerminalAsks() if sys.stdin.isatty() else NobodyAsks()
