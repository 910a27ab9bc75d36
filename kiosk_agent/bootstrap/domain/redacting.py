"""Takes secrets and people out of what is sent to support. Pure.

Better a word too many taken out than one too few: whoever reads it needs times, codes and errors.
"""

import json
import re
from typing import Any, Final

OUT: Final = "[removed]"
_NAMES: Final = frozenset(
    {
        *("buyer", "buyer_name", "name", "by", "note", "reason", "address", "contact", "email"),
        *("staff_id", "cashier_id", "approved_by", "manager_id", "pin", "pin_hash", "token"),
        *("secret", "passphrase", "activation_code", "ciphertext", "signature", "password"),
        *("enrolment_token", "url", "proof", "code", "serial", "ticket_code", "handed_over"),
    }
)
"""Fields of JSON whose values are taken out, whatever they are."""
_KEPT_CODES: Final = re.compile(r"^[a-z][a-z0-9_]{2,40}$")
"""Problem codes are words; ticket and activation codes are not."""
_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",  # access keys of AWS
        r"(?i)(aws_(secret_access_key|session_token)\s*=\s*)\S+",
        r"(?i)X-Amz-(Signature|Security-Token|Credential)=[^&\s\"']+",
        r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",  # JSON web tokens
        r"\$argon2(id|i|d)\$\S+",
        r"\bEP1[0-9A-Z]{20,}\b",  # ticket codes
        r"(//)[^/\s:@\"']+:[^@/\s\"']+(?=@)",  # user and password of an address
        r"[\w.+-]+@[\w-]+\.[\w.-]+",
        r"(?i)(-code[ =])\S+",
        r"(?i)(bearer )\S+",
        r"(?i)(\bpin[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+",
        r"(?i)((password|passphrase|secret|token)[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+",
        r"\b[A-Za-z0-9+/_-]{48,}={0,2}(?![A-Za-z0-9])",  # anything long enough to be a secret
    )
)


_MAYBE_CARD: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])")
"""A card number, as people and terminals write it; which of them are, their check digit tells."""


_PRIVATE_KEY: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL
)


def redact(text: str) -> str:
    """Return text without secrets and people, line by line; JSON lines by their fields."""
    whole = _PRIVATE_KEY.sub(OUT, text)
    return "\n".join(_line(line) for line in whole.split("\n"))


def redact_json(value: Any) -> Any:
    """Return a JSON value without secrets and people."""
    match value:
        case dict():
            return {name: _field(name, value[name]) for name in value}
        case list():
            return [redact_json(one) for one in value]
        case str():
            return _plain(value)
        case _:
            return value


def _line(line: str) -> str:
    start = line.find("{")
    if start >= 0:
        try:
            told = json.loads(line[start:])
        except ValueError:
            return _plain(line)
        return _plain(line[:start]) + json.dumps(redact_json(told), ensure_ascii=False)
    return _plain(line)


def _field(name: str, value: Any) -> Any:
    if name == "code" and isinstance(value, str) and _KEPT_CODES.fullmatch(value):
        return value
    if name in _NAMES and value is not None and value != "" and not isinstance(value, bool):
        return OUT
    return redact_json(value)


def _plain(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(_kept_label, text)
    return _MAYBE_CARD.sub(_no_card, text)


def _no_card(found: re.Match[str]) -> str:
    digits = [int(char) for char in found[0] if char.isdigit()]
    doubled = [2 * one - 9 * (one > 4) for one in digits[-2::-2]]  # noqa: PLR2004  Luhn's rule
    return found[0] if (sum(digits[-1::-2]) + sum(doubled)) % 10 else OUT


def _kept_label(found: re.Match[str]) -> str:
    """Return what stands for a secret; the label before it stays."""
    label = found[1] if found.re.groups and found[1] and found[0] != found[1] else ""
    return f"{label}{OUT}" if found[0].startswith(label) else OUT
