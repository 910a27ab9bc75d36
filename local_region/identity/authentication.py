"""Who signed a request? Refusals carry the codes that JSON and query services have for them."""

from typing import Final

from local_region.clock import Clock
from local_region.identity.credentials import Credentials
from local_region.identity.principals import Principal
from local_region.sigv4.claims import Claim, MalformedError, UnsignedError, claim_of
from local_region.sigv4.verify import Expected, Fault, SignatureFaultError, verify
from local_region.wire.errors import BAD_REQUEST, FORBIDDEN, AwsError
from local_region.wire.received import Received
from local_region.wire.service import Protocol, Service

_JSON_CODES: Final = {
    Fault.UNKNOWN_KEY: "UnrecognizedClientException",
    Fault.EXPIRED_TOKEN: "ExpiredTokenException",
    Fault.WRONG_SCOPE: "InvalidSignatureException",
    Fault.SKEWED: "InvalidSignatureException",
    Fault.WRONG_SIGNATURE: "InvalidSignatureException",
}
_QUERY_CODES: Final = {
    Fault.UNKNOWN_KEY: "InvalidClientTokenId",
    Fault.EXPIRED_TOKEN: "ExpiredToken",
    Fault.WRONG_SCOPE: "SignatureDoesNotMatch",
    Fault.SKEWED: "SignatureDoesNotMatch",
    Fault.WRONG_SIGNATURE: "SignatureDoesNotMatch",
}


class Authentication:
    """Verifies signatures by the credentials that the region issued."""

    def __init__(self, credentials: Credentials, region: str, clock: Clock) -> None:
        self._credentials = credentials
        self._region = region
        self._clock = clock

    def claim(self, received: Received, protocol: Protocol) -> Claim:
        """Read a request's signature; raises AwsError if there is none or it can't be read."""
        query = protocol is Protocol.QUERY
        try:
            return claim_of(received)
        except UnsignedError as error:
            if query:
                raise AwsError(
                    "MissingAuthenticationToken",
                    "Request is missing Authentication Token",
                    status=FORBIDDEN,
                ) from error
            raise AwsError(
                "MissingAuthenticationTokenException", "Missing Authentication Token"
            ) from error
        except MalformedError as error:
            code = "IncompleteSignature" if query else "IncompleteSignatureException"
            raise AwsError(code, str(error)) from error

    def principal(self, received: Received, service: Service) -> Principal:
        """Return who signed a call of a service of the region; raises AwsError."""
        claim = self.claim(received, service.protocol)
        expected = Expected(
            service=service.model.signing_name,
            region=self._region_of(claim, service),
            skew=service.skew,
            keeps_expires=False,
        )
        return self.verified(received, claim, expected, service.protocol)

    def verified(
        self, received: Received, claim: Claim, expected: Expected, protocol: Protocol
    ) -> Principal:
        """Return whose signature it is, if it holds; raises AwsError."""
        query = protocol is Protocol.QUERY
        try:
            verify(received, claim, expected, self._credentials.secret_of, self._clock.now())
        except SignatureFaultError as error:
            codes = _QUERY_CODES if query else _JSON_CODES
            status = FORBIDDEN if query else BAD_REQUEST
            raise AwsError(codes[error.fault], error.message, status=status) from error
        return self._credentials.owner_of(claim.access_key_id)

    def _region_of(self, claim: Claim, service: Service) -> str:
        # A service with a global endpoint also takes what is signed for that one's region.
        endpoint = service.model.metadata.get("globalEndpoint")
        return "us-east-1" if endpoint and claim.region == "us-east-1" else self._region
