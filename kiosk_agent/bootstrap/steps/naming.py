"""Takes one of the venue's free kiosk names: the technician chooses, the fleet service grants."""

from kiosk_agent.bootstrap.checks import journal
from kiosk_agent.bootstrap.checks.cloned import host_id
from kiosk_agent.bootstrap.job import Job
from kiosk_agent.bootstrap.journals import journal_of
from kiosk_agent.bootstrap.refusing import StoppedError
from kiosk_contracts.enrolment import EnrolmentOffer
from kiosk_contracts.problem import ProblemCode, ProblemError

_MOST_TRIES = 10


def run(job: Job) -> None:
    """Have a name granted, and remember it; raises StoppedError, and what the fleet refuses."""
    token = job.secrets().enrolment_token.get_secret_value()
    machine = host_id(job.host)
    wanted, why = job.wanted_kiosk, ""
    job.remembered.keep_bundle(job.bundle_file)
    for _ in range(_MOST_TRIES):
        offer = job.fleet.offer(token, machine)
        kiosk_id = wanted or _chosen(job, offer, why)
        _refuse_foreign_journal(job, kiosk_id)
        try:
            granted = job.fleet.claim(token, kiosk_id, machine)
        except ProblemError as refusal:
            # Somebody at another host was quicker; whoever stands here chooses again.
            if refusal.code != ProblemCode.KIOSK_TAKEN or wanted is not None:
                raise
            why = f"{refusal.problem.title}: {refusal.problem.detail}"
            continue
        job.remembered.keep_kiosk(granted)
        job.says.note(f"this host is {granted.kiosk_id}, kiosk code {granted.kiosk_code}")
        return
    raise StoppedError("no name was granted", "Ask the operators which names are free.", again=True)


def _refuse_foreign_journal(job: Job, kiosk_id: str) -> None:
    """Raise StoppedError where another kiosk's journal lies here: its agent would not start."""
    seen = journal_of(job.host)
    if seen is not None and seen.kiosk_id not in {None, kiosk_id}:
        raise StoppedError(
            f"the journal of {seen.kiosk_id} is on this host, so it can't become {kiosk_id}",
            journal.MOVE_OUT,
        )


def _chosen(job: Job, offer: EnrolmentOffer, why: str) -> str:
    if offer.granted is not None:
        # By the machine's marks; machines of one image may share them, so it is asked.
        mine = [
            one.model_copy(update={"free": True})
            for one in offer.kiosks
            if one.kiosk_id == offer.granted
        ]
        told = f"{why} This machine was granted {offer.granted} before."
        others = [one for one in offer.kiosks if one.kiosk_id != offer.granted]
        return job.asks.kiosk([*mine, *others], told.strip())
    free = [one for one in offer.kiosks if one.free]
    if not free:
        raise StoppedError(
            "none of this bundle's kiosk names is free",
            "Ask the operators: kiosk-provision kiosk list says which host has which; one that was "
            "granted by mistake is freed with kiosk-provision kiosk free.",
        )
    return job.asks.kiosk(offer.kiosks, why)
