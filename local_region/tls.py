"""TLS under AWS's real names, by an authority of the region's own that nobody else trusts.

A client that is pointed at the region's address and given its `ca.pem` (AWS_CA_BUNDLE) may ask for
`sts.eu-central-1.amazonaws.com` as it would in earnest.
"""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

CA_FILE: Final = "ca.pem"
_CA_KEY: Final = "ca-key.pem"
_LIFE: Final = timedelta(days=365)


def names_of(region: str) -> list[str]:
    """Return the names that the certificate is for."""
    services = (
        *("sts", "ssm", "ssmmessages", "ec2messages", "ecs", "ecs-a-1", "ecs-t-1"),
        *("dynamodb", "ecr", "api.ecr", "*.dkr.ecr", "secretsmanager", "s3"),
    )
    return [
        "localhost",
        "sts.amazonaws.com",
        "iam.amazonaws.com",
        "s3.amazonaws.com",
        "*.s3.amazonaws.com",
        # The installer's keys are there.
        "raw.githubusercontent.com",
        f"*.s3.{region}.amazonaws.com",
        *(f"{service}.{region}.amazonaws.com" for service in services),
    ]


def server_context(folder: Path, region: str) -> ssl.SSLContext:
    """Return what a server needs; the authority is in `folder`, made at the first call."""
    key, certificate = _authority(folder)
    own = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in names_of(region)]
    names += [x509.IPAddress(ipaddress.ip_address(one)) for one in ("127.0.0.1", "::1")]
    made = (
        _begun("local_region", certificate.subject, own.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    chain = folder / "server.pem"
    _write(chain, _private(own) + made.public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    return context


def _authority(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / CA_FILE).exists():
        key = load_pem_private_key((folder / _CA_KEY).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise OSError(f"{folder / _CA_KEY} is no key of the region's")
        return key, x509.load_pem_x509_certificate((folder / CA_FILE).read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("local_region, for tests (no AWS)")
    made = (
        _begun("local_region, for tests (no AWS)", name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_signs_certificates(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / _CA_KEY, _private(key))
    _write(folder / CA_FILE, made.public_bytes(Encoding.PEM))
    return key, made


def _begun(
    subject: str, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A kiosk's clock may be a little behind.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
    )


def _signs_certificates() -> x509.KeyUsage:
    nothing_else = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(key_cert_sign=True, **dict.fromkeys(nothing_else, False))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
