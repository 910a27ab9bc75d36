"""No stray AWS credentials: with some, the agents would use them, and registration breaks.

https://github.com/aws/amazon-ecs-agent/issues/3604
"""

import os
from typing import Final

from kiosk_agent.bootstrap.domain.checking import Found, bad, good
from kiosk_agent.bootstrap.host import Host

NAME = "credentials"
_VARIABLES: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES: Final = ("/root/.aws/credentials", "/root/.aws/config")
_SSM_STORE: Final = "/var/lib/amazon/ssm/Vault/Store/RegistrationKey"


def check(host: Host) -> Found:
    """Say whether there are credentials that are not the SSM agent's own."""
    said = [name for name in _VARIABLES if os.environ.get(name)]
    if said:
        return bad(f"{said[0]} is set", "Unset it, and remove it from /etc/environment.")
    for name in ("/etc/environment", "/etc/ecs/ecs.config"):
        if "AWS_ACCESS_KEY_ID" in (host.read(name) or ""):
            return bad(f"{name} has AWS credentials", "Remove them from it.")
    # On a registered host the file is the SSM agent's own.
    if not host.has(_SSM_STORE):
        stray = [name for name in _FILES if host.has(name)]
        if stray:
            return bad(f"{stray[0]} is there", "Remove it: a kiosk has no AWS credentials.")
    return good("there are no stray AWS credentials")
