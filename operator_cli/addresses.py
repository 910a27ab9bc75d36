"""Where a service is, and the token that it is asked with."""

from pathlib import Path
from urllib.parse import urlsplit

from operator_cli.refusing import RefusedError


def checked_url(url: str, otherwise: str) -> str:
    """Return an address that is https, or of this host; raises RefusedError.

    `otherwise`: what can be done on the way in plain http.
    """
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        known = False
    if not known:
        raise RefusedError(f"{url} is no address", "Write e.g. https://fleet.example.com.")
    if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise RefusedError(f"{url} is plain http, in which {otherwise}", "Use https.")
    return url


def token_in(named: str, how: str) -> str:
    """Return the token of a file that nobody else can read; raises RefusedError.

    `how` says where an operator names the file.
    """
    if not named:
        raise RefusedError(
            "the operators' token is missing",
            f"Put it in a file that you alone can read; say {how}.",
        )
    path = Path(named)
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RefusedError(f"{path}: {why}", "Name the file of the operators' token.") from error
    if not token:
        raise RefusedError(f"{path} is empty", "Put the operators' token into it.")
    if path.stat().st_mode & 0o077:
        raise RefusedError(f"{path} can be read by others", f"Run: chmod 600 {path}")
    return token
