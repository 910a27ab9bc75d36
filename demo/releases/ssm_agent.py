"""A stand-in for the SSM agent of a venue host: it registers, keeps root's credentials, pings.

As amazon-ssm-agent does it (`agent/ssm/rsaauth`): SigV4 whose last step is RSA-PSS with the
instance's own key. `local_region` has one for real hosts, in bash; this one needs nothing but us.
"""

import argparse
import base64
import hashlib
import json
import os
import signal
import sys
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_PING_S: Final = 20
_LIMIT_S: Final = 10


class SsmAgent:
    """One host's; `url` has no slash at its end."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._fingerprint = str(uuid.uuid4())
        self.instance_id = ""

    def register(self, activation_id: str, code: str) -> None:
        """Register the host; it is `instance_id` from then on."""
        public = self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        told = self._call(
            "RegisterManagedInstance",
            {
                "ActivationId": activation_id,
                "ActivationCode": code,
                "PublicKey": base64.b64encode(public).decode(),
                "PublicKeyType": "Rsa",
                "Fingerprint": self._fingerprint,
            },
        )
        self.instance_id = told["InstanceId"]

    def role_token(self) -> Credentials:
        """Return fresh credentials of the host's role."""
        told = self._call("RequestManagedInstanceRoleToken", {"Fingerprint": self._fingerprint})
        return Credentials(told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"])

    def ping(self, credentials: Credentials) -> None:
        """Say that it is there."""
        body = {
            "InstanceId": self.instance_id,
            "AgentName": "amazon-ssm-agent",
            "AgentStatus": "Active",
            "AgentVersion": "3.3.2299.0",
            "PlatformType": "Linux",
            "PlatformName": "Debian GNU/Linux",
            "PlatformVersion": "12",
            "ComputerName": os.uname().nodename,
        }
        data, headers = json.dumps(body), _headers("UpdateInstanceInformation")
        request = AWSRequest(method="POST", url=f"{self._url}/", data=data, headers=headers)
        SigV4Auth(credentials, "ssm", self._region).add_auth(request)
        self._send(dict(request.headers.items()), data.encode())

    def _call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        headers, body = _headers(operation), json.dumps(params).encode()
        if self.instance_id:
            headers |= self._signature(headers, body)
        return self._send(headers, body)

    def _signature(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        scope = f"{date[:8]}/{self._region}/ssm/aws4_request"
        given = {**headers, "X-Amz-Date": date, "Host": self._url.partition("://")[2]}
        signed = {name.lower(): value for name, value in given.items()}
        names = ";".join(sorted(signed))
        lines = [f"{name}:{signed[name]}" for name in sorted(signed)]
        canonical = "\n".join(["POST", "/", "", *lines, "", names, _digest(body)])
        to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope, _digest(canonical.encode())])
        padding = PSS(mgf=MGF1(hashes.SHA256()), salt_length=32)
        signature = self._key.sign(to_sign.encode(), padding, hashes.SHA256())
        return {
            "X-Amz-Date": date,
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={self.instance_id}/{scope}, SignedHeaders={names}, "
                f"Signature={base64.b64encode(signature).decode()}"
            ),
        }

    def _send(self, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        request = Request(f"{self._url}/", body, headers, method="POST")  # noqa: S310  http, loopback
        with urlopen(request, timeout=_LIMIT_S) as answer:  # noqa: S310  the same
            told: dict[str, Any] = json.loads(answer.read() or b"{}")
        return told


def _headers(operation: str) -> dict[str, str]:
    return {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AmazonSSM.{operation}",
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _share(credentials: Credentials, path: Path) -> None:
    """Put them where the ECS agent and the supervisor read them, whole at every moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(
            "[default]\n"
            f"aws_access_key_id = {credentials.access_key}\n"
            f"aws_secret_access_key = {credentials.secret_key}\n"
            f"aws_session_token = {credentials.token}\n"
        )
    new.replace(path)


def main() -> int:
    """Register with an activation, and stay until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m demo.releases.ssm_agent", description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--activation", type=Path, required=True, help="ID and CODE, as JSON")
    parser.add_argument("--credentials", type=Path, required=True)
    given = parser.parse_args()
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    agent = SsmAgent(given.endpoint, given.region)
    activation = json.loads(given.activation.read_text())
    agent.register(activation["id"], activation["code"])
    credentials = agent.role_token()
    _share(credentials, given.credentials)
    print(json.dumps({"event": "registered", "instance_id": agent.instance_id}), flush=True)
    while True:
        try:
            agent.ping(credentials)
        except OSError as error:
            # The line may be cut: the next ping tells.
            print(f"ping: {error}", file=sys.stderr, flush=True)
        if over.wait(_PING_S):
            return 0


if __name__ == "__main__":
    sys.exit(main())
