"""The command line of the simulator, and what it refuses."""

import argparse
import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

from fleet_simulator.kiosk import Pace
from fleet_simulator.run import Wishes
from fleet_simulator.scenario import Trouble
from fleet_simulator.verifying import EXIT_CODES

CALLED_WRONGLY: Final = 64
_MOST_KIOSKS: Final = 50_000
_WAYS: Final = "\n".join(f"  {code:<3} {words}" for code, words in EXIT_CODES.items())
_EXAMPLES: Final = f"""\
examples:
  python -m fleet_simulator --kiosks 1000 --seconds 120
  python -m fleet_simulator --kiosks 200 --outage 25 --venue-down --json
  python -m fleet_simulator --kiosks 500 --storm --sts-per-second 100
  python -m fleet_simulator --kiosks 50 --seconds 20 --break lose      (must end with 2)
  python -m fleet_simulator --fleet-url http://127.0.0.1:8400 --kiosks-file kiosks.json

Without --fleet-url it starts a cloud of its own on this machine (region, ticket API, fleet service)
in a folder that is emptied first. With it, --kiosks-file names kiosks that the fleet service knows,
{{"kiosks": [{{"kiosk_id": "…", "secret": "…"}}]}}: they sell real stock there, for good.

exit status:
{_WAYS}
"""


class WrongCallError(Exception):
    """The command line can't be meant; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    kiosks: int
    selling: float
    wishes: Wishes
    sts_per_second: float
    folder: Path
    fleet_url: str
    kiosks_file: Path | None
    as_json: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        # argparse's own status is 2, which here says that a sale was lost.
        self.print_usage()
        self.exit(CALLED_WRONGLY, f"{self.prog}: {message}\n")


def read_options(words: list[str] | None) -> Options:
    """Return what was asked for; raises WrongCallError, or SystemExit 64 as argparse does."""
    told = _parser().parse_args(words)
    if bool(told.fleet_url) != bool(told.kiosks_file):
        raise WrongCallError("--fleet-url and --kiosks-file belong together; give both or none")
    if told.fleet_url:
        _refuse_elsewhere(told.fleet_url, knows=told.i_know)
    if told.breaks and told.fleet_url:
        raise WrongCallError("--break is for a cloud of its own; leave --fleet-url out")
    return Options(
        kiosks=told.kiosks,
        selling=told.selling / 100,
        wishes=_wishes(told),
        sts_per_second=told.sts_per_second,
        folder=told.dir,
        fleet_url=told.fleet_url,
        kiosks_file=told.kiosks_file,
        as_json=told.json,
    )


def _wishes(told: argparse.Namespace) -> Wishes:
    return Wishes(
        seconds=told.seconds,
        drain_s=told.drain_s,
        spread_s=min(told.heartbeat_s, told.seconds / 3),
        stock=told.stock,
        connections=told.connections,
        pace=Pace(heartbeat_s=told.heartbeat_s, sale_every_s=told.sale_every_s),
        trouble=Trouble(outage=told.outage / 100, venue_down=told.venue_down, storm=told.storm),
        breaks=told.breaks is not None,
        seed=told.seed,
    )


def _refuse_elsewhere(url: str, *, knows: bool) -> None:
    host = urlsplit(url).hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if not is_here and not knows:
        raise WrongCallError(
            f"{url} is not on this machine. Simulated kiosks sell its stock for good and load it "
            "as a fleet does; if that is what you want, say --i-know"
        )


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m fleet_simulator",
        description="Many kiosks in one process, on the real protocol; every sale is verified.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--kiosks", type=_count, default=100, metavar="N", help="default: %(default)s")
    add("--selling", type=_percent, default=10.0, metavar="%", help="how many of a hundred sell")
    add("--seconds", type=_seconds, default=60.0, metavar="S", help="default: %(default)g")
    add("--heartbeat-s", type=_seconds, default=15.0, metavar="S", help="default: %(default)g")
    add("--sale-every-s", type=_seconds, default=20.0, metavar="S", help="default: %(default)g")
    add("--stock", type=_stock, default=100, metavar="N", help="tickets that a kiosk leases")
    add("--drain-s", type=_seconds, default=120.0, metavar="S", help="to settle what is left")
    add(
        "--outage",
        type=_percent,
        default=0.0,
        metavar="%",
        help="so many of a hundred lose their lines in the middle third",
    )
    add("--venue-down", action="store_true", help="one venue does, all of it")
    add("--storm", action="store_true", help="all do, and come back within ten seconds")
    add(
        "--sts-per-second",
        type=_rate,
        default=600.0,
        metavar="N",
        help="proofs of identity that AWS judges (default: %(default)g)",
    )
    add(
        "--connections",
        type=_count,
        default=256,
        metavar="N",
        help="to the fleet service, shared as behind a load balancer (default: %(default)s)",
    )
    add("--seed", type=int, default=1, metavar="N", help="the same fleet and troubles again")
    add("--dir", type=Path, default=Path(".simulate"), help="default: %(default)s")
    add("--json", action="store_true", help="the result alone, for programs")
    add("--break", dest="breaks", choices=("lose",), help="break something; it must be found")
    add("--fleet-url", default="", metavar="URL", help="a fleet service that runs already")
    add("--kiosks-file", type=Path, metavar="FILE", help="its kiosks and their secrets")
    add("--i-know", action="store_true", help="it may be on another machine")
    return parser


def _number(text: str, low: float, high: float, words: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text}: {words}")
    return number


def _count(text: str) -> int:
    words = f"give a whole number from 1 to {_MOST_KIOSKS:,}"
    return int(_number(text if text.isdigit() else "", 1, _MOST_KIOSKS, words))


def _stock(text: str) -> int:
    words = "a kiosk leases 1 to 500 tickets at once"
    return int(_number(text if text.isdigit() else "", 1, 500, words))


def _percent(text: str) -> float:
    return _number(text, 0, 100, "give 0 to 100, of a hundred")


def _seconds(text: str) -> float:
    return _number(text, 0.1, 86_400, "give 0.1 to 86400 seconds")


def _rate(text: str) -> float:
    return _number(text, 1, 1_000_000, "give 1 to 1000000 a second")
