"""What of Run Command the fleet service's role may, and nothing beside it. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from collections.abc import Sequence
from typing import Any

from kiosk_contracts.host_document import HOST_DOCUMENT


def run_command_policy(account: str, regions: Sequence[str]) -> dict[str, Any]:
    """Return it: our document, at managed instances of the account in these regions, no tags."""
    send = [f"arn:aws:ssm:{one}:{account}:document/{HOST_DOCUMENT}" for one in regions]
    hosts = [f"arn:aws:ssm:{one}:{account}:managed-instance/mi-*" for one in regions]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OurDocumentAtKiosks",
                "Effect": "Allow",
                "Action": "ssm:SendCommand",
                "Resource": [*send, *hosts],
            },
            {
                "Sid": "WhatCameOfIt",
                "Effect": "Allow",
                # AWS has no narrower resource for it.
                "Action": "ssm:GetCommandInvocation",
                "Resource": "*",
            },
        ],
    }
