"""`python -m demo`: run the main job by itself, or bring the stack up for a person."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from demo import line_control
from demo.evening.plan import FEWEST_SALES
from demo.evening.run import run_evening, spoil_copy
from demo.evening.spoil import Removal
from demo.layout import Layout
from demo.releases.run import run_releases
from demo.releases.up import operators_up, show_screen
from demo.run import run
from demo.stack import Sabotage
from demo.up import up

_Add: TypeAlias = Callable[..., argparse.ArgumentParser]
"""Adds a command."""
_EXAMPLES = """\
examples:
  python -m demo run                      play the main job in .demo, then: python -m verifier .demo
  python -m demo run --seed 7             other baskets, kill points and outage
  python -m demo run --break lose         sabotage a sale, for the verifier to find
  python -m demo evening --sales 60       a shorter evening in .evening
  python -m demo spoil cash --dir .evening-cash
                                          remove a sale with cash from a copy of .evening
  python -m demo releases                 releases on two hosts, in .demo-releases (as root)
  python -m demo operators                the stack and its dashboard, until Ctrl+C, in .up
  python -m demo screen hb-till-1         in a second terminal: the screen of one of its kiosks
  python -m demo up                       the same stack, and a kiosk in this terminal
  python -m demo up --web                 the same kiosk in a browser
  python -m demo line cut                 in a second terminal: cut the line of `up`
  python -m demo line restore             and restore it
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="Real processes, real terminals, and a line to the cloud that can be cut.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_stories(commands.add_parser)
    _add_releases(commands.add_parser)
    _add_stacks(commands.add_parser)
    return parser


def _add_stories(add: _Add) -> None:
    playing = add("run", help="play the main job by itself")
    playing.add_argument("--seed", type=int, default=1, help="varies the run (default 1)")
    playing.add_argument(
        "--break",
        dest="sabotage",
        type=Sabotage,
        choices=list(Sabotage),
        help="break it on purpose",
    )
    playing.add_argument("--dir", type=Path, default=Path(".demo"), help="folder, emptied first")
    evening = add("evening", help="play a whole evening at two tills and a gate")
    evening.add_argument("--seed", type=int, default=1, help="varies the evening (default 1)")
    evening.add_argument(
        "--sales", type=_sales, default=300, help="how many; twice as many scans (default 300)"
    )
    evening.add_argument("--dir", type=Path, default=Path(".evening"), help="folder, emptied first")
    evening.add_argument(
        "--break",
        dest="removal",
        type=Removal,
        choices=list(Removal),
        help="remove a sale with cash afterwards, at the ticket API or in a journal",
    )
    spoiling = add("spoil", help="remove a sale with cash from a copy of a run")
    spoiling.add_argument("removal", type=Removal, choices=list(Removal))
    spoiling.add_argument("--seed", type=int, default=1, help="varies the sale (default 1)")
    spoiling.add_argument("--of", type=Path, default=Path(".evening"), help="the finished run")
    spoiling.add_argument("--dir", type=Path, required=True, help="folder of the copy")


def _add_releases(add: _Add) -> None:
    releases = add("releases", help="move two kiosks to releases, in real containers")
    releases.add_argument("--seed", type=int, default=1, help="varies shows, prices and PINs")
    releases.add_argument(
        "--dir", type=Path, default=Path(".demo-releases"), help="folder, emptied first"
    )
    releases.add_argument(
        "--break",
        dest="sabotaged",
        action="store_true",
        help="tell the bad release to the other kiosk, too",
    )
    operators = add("operators", help="bring the stack up for operators")
    operators.add_argument("--seed", type=int, default=1, help="varies shows, prices and PINs")
    operators.add_argument("--dir", type=Path, default=Path(".up"), help="folder, emptied first")
    operators.add_argument(
        "--no-containers",
        dest="contained",
        action="store_false",
        help="without kiosk UIs in containers",
    )
    screen = add("screen", help="show a kiosk's screen of `operators`")
    screen.add_argument("kiosk_id", metavar="KIOSK")
    screen.add_argument("--dir", type=Path, default=Path(".up"), help="the stack's folder")


def _add_stacks(add: _Add) -> None:
    person = add("up", help="bring the stack up for a person")
    person.add_argument("--seed", type=int, default=1, help="varies shows, prices and PINs")
    person.add_argument("--dir", type=Path, default=Path(".kiosk"), help="folder, emptied first")
    person.add_argument("--web", action="store_true", help="serve the kiosk to a browser instead")
    person.add_argument("--port", type=int, default=8300, help="port of --web (default 8300)")
    line = add("line", help="cut or restore the line of a stack that is up")
    line.add_argument("what", choices=("cut", "restore", "status"))
    line.add_argument("--dir", type=Path, default=Path(".kiosk"), help="the stack's folder")


def _sales(text: str) -> int:
    sales = int(text)
    if sales < FEWEST_SALES:
        raise argparse.ArgumentTypeError(f"an evening has at least {FEWEST_SALES} sales")
    return sales


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = _parser().parse_args(words)
    layout = Layout(options.dir)
    match options.command:
        case "run":
            status = run(layout, options.seed, options.sabotage)
        case "evening":
            status = run_evening(layout, options.seed, options.sales, options.removal)
        case "spoil":
            status = spoil_copy(options.of, layout, options.seed, options.removal)
        case "releases":
            status = run_releases(layout, options.seed, sabotaged=options.sabotaged)
        case "operators":
            status = operators_up(layout, options.seed, contained=options.contained)
        case "screen":
            status = show_screen(layout, options.kiosk_id)
        case "up":
            status = up(layout, options.seed, options.port if options.web else None)
        case _:
            what = {"restore": "up"}.get(options.what, options.what)
            status = line_control.main([str(layout.line_socket), what])
    return status


if __name__ == "__main__":
    sys.exit(main())
