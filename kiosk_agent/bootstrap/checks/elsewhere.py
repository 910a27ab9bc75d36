"""Not an EC2 instance: there ECS has instances of its own kind, and a kiosk proves nothing.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html
"""

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.host import Host

NAME = "not EC2"


def check(host: Host) -> Found:
    """Say whether the hypervisor calls this an EC2 instance."""
    maker = (host.read("/sys/class/dmi/id/sys_vendor") or "").strip()
    uuid = (host.read("/sys/hypervisor/uuid") or "").strip()
    if maker == "Amazon EC2" or uuid.lower().startswith("ec2"):
        return bad("this is an EC2 instance", "Use a host of the venue's own.")
    return good("this is no EC2 instance")
