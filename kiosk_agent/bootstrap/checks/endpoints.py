"""Every endpoint that a kiosk needs: its name, the way to it, its TLS."""

from collections.abc import Sequence

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.probing import Reached
from kiosk_contracts.enrolment import BundleBody

NAME = "endpoints"


def check(reached: Sequence[Reached]) -> Found:
    """Say which were not reached, and why."""
    lost = [one for one in reached if not one.ok]
    if not lost:
        return good(f"{len(reached)} endpoints answer")
    told = dict.fromkeys(f"{one.host}: {one.why}" for one in lost)
    hints = dict.fromkeys(one.what_to_do for one in lost)
    return bad("; ".join(told), " ".join(hints))


def needed(bundle: BundleBody, *, installs: bool) -> dict[str, str]:
    """Return the endpoints that a kiosk needs, by what answers there; a bundle may name others.

    `installs`: the installer of ECS Anywhere is still to be run. Images come from three places: ECR
    says who may pull, the account's registry has the manifest, and a bucket of S3 the layers.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
    """
    region = bundle.region
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    services = ("ssm", "ssmmessages", "ec2messages", "ecs", "ecs-a-1", "ecs-t-1", "sts", "s3")
    usual = {
        "fleet-service": str(bundle.fleet_url),
        **{service: f"https://{service}.{region}.{domain}" for service in services},
        "ecr": f"https://api.ecr.{region}.{domain}",
        "ecr-registry": f"https://{bundle.account}.dkr.ecr.{region}.{domain}",
        "ecr-layers": f"https://prod-{region}-starport-layer-bucket.s3.{region}.{domain}",
        **(_of_installer(bundle) if installs else {}),
    }
    return {name: str(bundle.endpoints.get(name, usual[name])) for name in usual}


def _of_installer(bundle: BundleBody) -> dict[str, str]:
    """Return what the installer takes; the agents themselves are in S3, with the region's name.

    It fetches the keys of both agents' packages without being asked:
    https://github.com/aws/amazon-ecs-agent/blob/master/scripts/ecs-anywhere-install.sh
    """
    return {
        "installer": str(bundle.installer.url),
        "installer-signature": str(bundle.installer.signature_url),
        "installer-keys": "https://raw.githubusercontent.com",
    }
