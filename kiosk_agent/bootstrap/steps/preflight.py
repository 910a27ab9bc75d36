"""Looks whether this host can become a kiosk, before anything of it is changed."""

from typing import Final

from kiosk_agent.bootstrap.agent_settings import wrong_settings
from kiosk_agent.bootstrap.domain.checking import Level
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.preflight import check_host
from kiosk_agent.bootstrap.refusing import StoppedError

_SIGNS: Final = {Level.GOOD: "✔", Level.LOOK: "▲", Level.BAD: "✖"}


def run(job: Job) -> None:
    """Say every check; raises StoppedError for what must be mended first."""
    said = (job.bundle.agent_settings, *job.bundle.kiosk_settings.values())
    wrong = [why for settings in said for why in wrong_settings(settings)]
    if wrong:
        raise StoppedError(
            f"the bundle's agent settings can't be used: {'; '.join(wrong)}",
            "Tell the operators: kiosk-provision activation create --set NAME=VALUE made them.",
        )
    checks = check_host(job.host, job.bundle)
    for one in checks:
        more = f". {one.found.what_to_do}" if one.found.what_to_do else ""
        job.says.note(f"{_SIGNS[one.found.level]} {one.name}: {one.found.text}{more}")
    bad = [one for one in checks if one.found.level is Level.BAD]
    if bad:
        raise StoppedError(
            "; ".join(f"{one.name}: {one.found.text}" for one in bad),
            " ".join(dict.fromkeys(one.found.what_to_do for one in bad)),
            again=all(one.name in {"endpoints", "clock"} for one in bad),
        )
