"""Whether a container that ended starts again. Pure.

`amazon-ecs-agent`, `ecs-agent/api/container/restart/restart_tracker.go`: a container that did not
run for its period since it last started stays dead.
"""

from datetime import datetime, timedelta

from local_region.ecs_agent.domain.tasks import Container, Status


def refusal_to_restart(
    container: Container, desired: Status, now: datetime, second: float = 1.0
) -> str | None:
    """Return why a container stays as it is, or None if it is to start again.

    `second` is how long one second of its period lasts.
    """
    policy = container.told.restart_policy
    if not policy.enabled:
        return "restart policy is not enabled"
    if desired is Status.STOPPED:
        return "container's desired status is stopped"
    if container.exit_code is None:
        return "exit code is nil"
    if container.exit_code in policy.ignored_exit_codes:
        return f"exit code {container.exit_code} should be ignored"
    since = container.restarted or container.started
    period = timedelta(seconds=policy.attempt_period * second)
    if since is None or now - since < period:
        return "attempt reset period has not elapsed"
    return None
