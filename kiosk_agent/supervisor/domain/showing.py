"""Which container's terminal belongs on the venue host's console. No I/O."""

from kiosk_agent.supervisor.domain.host import Host


def on_the_screen(host: Host, before: str) -> str:
    """Return the container whose UI answers keys; empty if no kiosk UI runs.

    What could not be seen changes nothing: the one `before` stays, as long as it is known to run.
    Which one answers keys the agent says, also while Docker does not answer.
    """
    running = host.running
    for one in running:
        if one.screen_id == (host.holder or host.awaited):
            return one.container_id
    if host.docker_away:
        return before
    if any(one.container_id == before for one in running):
        return before
    return running[0].container_id if running else ""
