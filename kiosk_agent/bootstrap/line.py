"""What stops a step that waits for AWS: the line, or something that a person has to mend."""

from kiosk_agent.bootstrap.checks import endpoints
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.probing import reach
from kiosk_agent.bootstrap.refusing import StoppedError


def stopped_or_cut_off(job: Job, why: str, what_to_do: str, *, again: bool = False) -> StoppedError:
    """Return why a step stops, once what it waited for did not come.

    With the line down nobody can tell whether anything else is wrong: it is named, and the run is
    worth another try. Otherwise `what_to_do` is, and `again` says whether another try is worth it.
    """
    urls = endpoints.needed(job.bundle, installs=False)
    lost = [
        found for name in ("fleet-service", "ssm", "ecs") if not (found := reach(urls[name])).ok
    ]
    if not lost:
        return StoppedError(why, what_to_do, again=again)
    told = dict.fromkeys(f"{one.host}: {one.why}" for one in lost)
    return StoppedError(
        f"{why}; the line is down ({'; '.join(told)})",
        "See that the line is up, then run the same command again; it goes on from here. "
        f"{lost[0].what_to_do}",
        again=True,
    )
