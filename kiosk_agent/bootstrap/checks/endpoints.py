"""Every endpoint that a kiosk needs: its name, the way to it, its TLS."""

from collections.abc import Sequence

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.probing import Reached

NAME = "endpoints"


def check(reached: Sequence[Reached]) -> Found:
    """Say which were not reached, and why."""
    lost = [one for one in reached if not one.ok]
    if not lost:
        return good(f"{len(reached)} endpoints answer")
    told = "; ".join(f"{one.host}: {one.why}" for one in lost)
    hints = dict.fromkeys(one.what_to_do for one in lost)
    return bad(told, " ".join(hints))


def needed(region: str, fleet_url: str, installer_url: str) -> dict[str, str]:
    """Return the endpoints that a kiosk of a region needs, by what answers there.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html
    """
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    services = ("ssm", "ssmmessages", "ec2messages", "ecs", "ecs-a-1", "ecs-t-1", "sts", "s3")
    return {
        "fleet service": fleet_url,
        "installer": installer_url,
        **{service: f"https://{service}.{region}.{domain}" for service in services},
        "ecr": f"https://api.ecr.{region}.{domain}",
    }
