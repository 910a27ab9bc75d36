"""What `kiosk-agent supervise`, `console`, `bootstrap` and `doctor` understand."""

from pathlib import Path
from typing import Any

from kiosk_agent.cli.later import LaterCommand


def add_supervisor(commands: Any) -> None:
    """Add it and the console."""
    for name, command, words in (
        (
            "supervise",
            "supervising.supervise",
            "run the supervisor, root's half, in the foreground until SIGTERM",
        ),
        (
            "console",
            "supervising.console",
            "show the kiosk UI that has the screen on this terminal until SIGTERM",
        ),
    ):
        parser = commands.add_parser(name, help=words)
        parser.add_argument(
            "--config",
            type=Path,
            metavar="FILE",
            help="settings of the supervisor; /etc/eventpro/supervisor.toml if it is there",
        )
        parser.set_defaults(command=LaterCommand(command))
    lend = commands.add_parser(
        "lend-terminal",
        help="lend this terminal to root's console; kiosk-console@ runs it on a display",
    )
    lend.add_argument("socket", type=Path, metavar="SOCKET", help="where the console takes it")
    lend.set_defaults(command=LaterCommand("lending.lend_terminal"))


def add_bootstrap(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "bootstrap",
        help="make this host one of its venue's kiosks, from an enrolment bundle",
        description="Make this host one of its venue's kiosks, from an enrolment bundle. What is "
        "to be done is shown first. Whatever stops it: the same command goes on from there.",
    )
    parser.add_argument(
        "--bundle", type=Path, metavar="FILE", help="the bundle; the one on a USB stick"
    )
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE.pem",
        help="a key that verifies bundles; those in /etc/eventpro/bundle-keys.d count as well",
    )
    parser.add_argument("--kiosk", metavar="NAME", help="which kiosk this host becomes; else asked")
    parser.add_argument(
        "--passphrase-file", type=Path, metavar="FILE", help="the bundle's passphrase; else asked"
    )
    parser.add_argument(
        "--unattended", action="store_true", help="ask through systemd-ask-password"
    )
    parser.add_argument(
        "--again",
        action="store_true",
        help="take off this host what it was, first: a kiosk no more, or never the one as which it "
        "registered, and with a journal that is drained",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done; do nothing")
    parser.add_argument("--json", action="store_true", help="tell it in JSON lines")
    parser.set_defaults(command=LaterCommand("bootstrapping.bootstrap"))


def add_doctor(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "doctor",
        help="examine this host, and mend it",
        description="Examine this host, whether it is a kiosk or is to become one. Exit 0 if all "
        "is good.",
    )
    parser.add_argument(
        "--fix",
        nargs="*",
        metavar="NAME",
        help="mend these, or all that can be mended; `identity` only where it is named",
    )
    parser.add_argument(
        "--support",
        type=Path,
        metavar="FILE.tar.gz",
        help="write what support needs to a new file, without secrets and people",
    )
    parser.add_argument("--json", action="store_true", help="answer JSON, for programs")
    parser.set_defaults(command=LaterCommand("doctor.doctor"))
