"""Errors under AWS's own codes."""

from collections.abc import Mapping
from typing import Final

BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403


class AwsError(Exception):
    """A refusal as AWS words it; `code` is AWS's, without the shape's namespace."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = BAD_REQUEST,
        fields: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = dict(fields or {})


class DriftError(Exception):
    """The region itself was about to answer what AWS's model does not know: a mistake of ours."""


# Errors that any operation may answer, whether or not its model names them:
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
COMMON_CODES: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InternalFailure",
        "InternalServerError",
        "InvalidAction",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MalformedQueryString",
        "MissingAction",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SerializationException",
        "ServerException",
        "ServiceUnavailable",
        "SignatureDoesNotMatch",
        "Throttling",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationError",
        "ValidationException",
    }
)
