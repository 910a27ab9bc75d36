"""What the SSM agent does with SSM, in Python: register, ask for credentials, ping.

Written from amazon-ssm-agent (`agent/ssm/rsaauth`, `agent/managedInstances/auth`), over real
sockets and independent of the region's own code.
"""

import base64
import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.http import ask

TARGET = "AmazonSSM"


class AgentError(Exception):
    """SSM refused; `code` is its `__type`."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.code = body["__type"]


def new_key() -> rsa.RSAPrivateKey:
    """Make a key as the agent does."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_text(key: rsa.RSAPrivateKey) -> str:
    """Return the public key as the agent sends it."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@dataclass
class SsmAgent:
    """One host's agent. `ahead` is how far its clock is off."""

    url: str
    region: str = "eu-central-1"
    key: rsa.RSAPrivateKey = field(default_factory=new_key)
    fingerprint: str = "00000000-0000-4000-8000-000000000001"
    instance_id: str | None = None
    ahead: timedelta = timedelta()

    def register(self, activation: dict[str, Any], **more: Any) -> str:
        """Register with what CreateActivation answered; return the `mi-` id."""
        answer = self.send(
            "RegisterManagedInstance",
            {
                "ActivationId": activation["ActivationId"],
                "ActivationCode": activation["ActivationCode"],
                "PublicKey": public_text(self.key),
                "PublicKeyType": "Rsa",
                "Fingerprint": self.fingerprint,
                **more,
            },
        )
        self.instance_id = answer["InstanceId"]
        return self.instance_id

    def role_token(self) -> dict[str, Any]:
        """Ask for the role's credentials, in the form of `RunningRegion.issue`."""
        answer = self.send_signed(
            "RequestManagedInstanceRoleToken", {"Fingerprint": self.fingerprint}
        )
        return {
            "access_key_id": answer["AccessKeyId"],
            "secret_access_key": answer["SecretAccessKey"],
            "session_token": answer["SessionToken"],
            "expires": answer["TokenExpirationDate"],
        }

    def ping(self, issued: dict[str, Any], **told: Any) -> None:
        """Report, with the role's credentials."""
        body = json.dumps(
            {
                "InstanceId": self.instance_id,
                "AgentName": "amazon-ssm-agent",
                "AgentStatus": "Active",
                "AgentVersion": "3.3.2299.0",
                "PlatformType": "Linux",
                "PlatformName": "Debian GNU/Linux",
                "PlatformVersion": "12",
                "IPAddress": "192.0.2.7",
                "ComputerName": "till-1",
                **told,
            }
        )
        headers = _headers("UpdateInstanceInformation")
        request = AWSRequest(method="POST", url=f"{self.url}/", data=body, headers=headers)
        credentials = Credentials(
            issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
        )
        signer = SigV4Auth(credentials, "ssm", self.region)
        with _time_moved(self.ahead):
            signer.add_auth(request)
        _ask(self.url, dict(request.headers.items()), body.encode())

    def send(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call without a signature."""
        return _ask(self.url, _headers(operation), json.dumps(params).encode())

    def send_signed(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Call with the signature of the instance's own key."""
        body = json.dumps(params).encode()
        headers = _headers(operation)
        headers["X-Amz-Date"] = (datetime.now(UTC) + self.ahead).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{headers['X-Amz-Date'][:8]}/{self.region}/ssm/aws4_request"
        host = self.url.removeprefix("http://")
        signed = {**{name.lower(): value for name, value in headers.items()}, "host": host}
        names = ";".join(sorted(signed))
        canonical = "\n".join(
            [
                *("POST", "/", ""),
                *(f"{name}:{signed[name]}" for name in sorted(signed)),
                *("", names, hashlib.sha256(body).hexdigest()),
            ]
        )
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{headers['X-Amz-Date']}\n{scope}\n{digest}"
        signature = self.key.sign(
            to_sign.encode(), PSS(mgf=MGF1(hashes.SHA256()), salt_length=32), hashes.SHA256()
        )
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.instance_id}/{scope}, SignedHeaders={names}, "
            f"Signature={base64.b64encode(signature).decode()}"
        )
        return _ask(self.url, headers, body)


@contextlib.contextmanager
def _time_moved(ahead: timedelta) -> Iterator[None]:
    """Let botocore sign as at another time."""
    moved = datetime.now(UTC).replace(tzinfo=None) + ahead
    with mock.patch("botocore.auth.get_current_datetime", return_value=moved):
        yield


def _headers(operation: str) -> dict[str, str]:
    return {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{TARGET}.{operation}",
    }


def _ask(url: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    answer = ask(f"{url}/", method="POST", headers=headers.items(), body=body)
    told: dict[str, Any] = json.loads(answer.body)
    if answer.status != HTTPStatus.OK:
        raise AgentError(answer.status, told)
    return told
