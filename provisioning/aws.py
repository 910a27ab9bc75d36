"""AWS, as operators reach it: by the usual chain of credentials."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from operator_cli.refusing import RefusedError


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what AWS and its client refuse into words."""
    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        code, message = told.get("Code", "Unknown"), told.get("Message", "")
        raise RefusedError(
            f"AWS refused {error.operation_name}: {code}: {message}".rstrip(": "),
            _WHAT_TO_DO.get(code, "Nothing was changed by it."),
        ) from error
    except BotoCoreError as error:
        raise RefusedError(
            f"AWS can't be asked: {error}",
            "Check the credentials (aws sts get-caller-identity), the region and the line.",
        ) from error


def client(service: str, region: str | None, profile: str | None) -> Any:
    """Return a client of a service; raises RefusedError."""
    with refusals():
        return boto3.Session(region_name=region, profile_name=profile).client(service)


_WHAT_TO_DO = {
    "AccessDeniedException": "Ask an administrator of the account for this right.",
    "ExpiredTokenException": "Sign in to AWS again.",
    "UnrecognizedClientException": "Check the credentials: aws sts get-caller-identity.",
    "ValidationException": "Check what was asked for; nothing was changed.",
    "ThrottlingException": "Wait a minute and try again.",
}
