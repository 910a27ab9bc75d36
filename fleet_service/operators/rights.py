"""Which role each of the operators' routes needs. What is not here, nobody may do. Pure.

A viewer sees how venues and kiosks stand. Who did what from where is for those who operate. An
operator may do whatever loses nothing that was sold: `retire` and `renew` refuse a kiosk that has
not handed over all it has, and `revoke` has to be possible at night. Giving up what is on a disk
(`write-off`) frees tickets that may have been sold, and saying who may operate frees everything:
both are an administrator's. So is a command that is forced, which breaks off who is served
(`fleet_service/commands/routes.py`): one route has both.
"""

from collections.abc import Mapping
from typing import Final

from kiosk_contracts.operators import OperatorRole

OPS_PREFIX: Final = "/v1/ops/"
_VIEWER, _OPERATOR, _ADMIN = OperatorRole.VIEWER, OperatorRole.OPERATOR, OperatorRole.ADMIN

METRICS: Final = "/metrics"
"""Of a task; below it, of the fleet. They name venues, kiosks and what is wrong there."""
TRANSACTIONS: Final = "/v1/transactions"
"""Read by operators; kiosks post there what they did."""
_LISTS: Final = (
    METRICS,
    "/v1/alarms",
    "/v1/audit",
    "/v1/instances",
    "/v1/moves",
    "/v1/releases",
    "/v1/silences",
    "/v1/stream",
    "/v1/venues",
)
"""What people who run venues, and their monitoring, look at, and what is below."""
_BELOW: Final = (OPS_PREFIX, *(f"{one}/" for one in _LISTS))

_BELOW_OPS: Final[Mapping[tuple[str, str], OperatorRole]] = {
    (method, OPS_PREFIX + path): role
    for method, path, role in (
        ("GET", "me", _VIEWER),
        ("POST", "session", _VIEWER),
        ("DELETE", "session", _VIEWER),
        ("GET", "operator-tokens", _ADMIN),
        ("POST", "operator-tokens", _ADMIN),
        ("POST", "operator-tokens/{token_id}/revoke", _ADMIN),
        ("GET", "venues", _VIEWER),
        ("GET", "venues/{venue_id}", _VIEWER),
        ("PUT", "venues/{venue_id}", _OPERATOR),
        ("DELETE", "venues/{venue_id}", _OPERATOR),
        ("GET", "activations", _VIEWER),
        ("POST", "activations", _OPERATOR),
        ("POST", "activations/{activation_id}/revoke", _OPERATOR),
        ("GET", "kiosks/{kiosk_id}", _VIEWER),
        ("POST", "kiosks/{kiosk_id}/revoke", _OPERATOR),
        ("POST", "kiosks/{kiosk_id}/restore", _OPERATOR),
        ("POST", "kiosks/{kiosk_id}/free", _OPERATOR),
        ("POST", "kiosks/{kiosk_id}/leave", _OPERATOR),
        ("POST", "kiosks/{kiosk_id}/retire", _OPERATOR),
        ("POST", "kiosks/{kiosk_id}/renew", _OPERATOR),
        ("POST", "kiosks/{kiosk_id}/write-off", _ADMIN),
        ("GET", "kiosks/{kiosk_id}/commands", _VIEWER),
        ("POST", "kiosks/{kiosk_id}/commands", _OPERATOR),
        ("GET", "kiosks/{kiosk_id}/commands/{command_id}", _VIEWER),
        ("DELETE", "kiosks/{kiosk_id}/commands/{command_id}", _OPERATOR),
        ("GET", "kiosks/{kiosk_id}/commands/{command_id}/content", _OPERATOR),
        ("POST", "releases", _OPERATOR),
        ("POST", "releases/{release_id}/retire", _OPERATOR),
        ("POST", "moves", _OPERATOR),
        ("POST", "moves/{move_id}/pause", _OPERATOR),
        ("POST", "moves/{move_id}/resume", _OPERATOR),
        ("POST", "moves/{move_id}/abort", _OPERATOR),
    )
}
RIGHTS: Final[Mapping[tuple[str, str], OperatorRole]] = {
    **_BELOW_OPS,
    ("GET", METRICS): _VIEWER,
    ("GET", f"{METRICS}/fleet"): _VIEWER,
    ("GET", "/v1/instances"): _VIEWER,
    ("GET", "/v1/instances/{kiosk_id}"): _VIEWER,
    ("GET", "/v1/venues"): _VIEWER,
    ("GET", "/v1/venues/{venue_id}"): _VIEWER,
    ("POST", "/v1/venues/{venue_id}/silence"): _OPERATOR,
    ("GET", "/v1/alarms"): _VIEWER,
    ("POST", "/v1/alarms/{alarm_id}/acknowledge"): _OPERATOR,
    ("POST", "/v1/alarms/{alarm_id}/silence"): _OPERATOR,
    ("GET", "/v1/silences"): _VIEWER,
    ("DELETE", "/v1/silences/{scope}"): _OPERATOR,
    ("GET", "/v1/stream"): _VIEWER,
    ("GET", TRANSACTIONS): _VIEWER,
    ("GET", "/v1/audit"): _OPERATOR,
    ("GET", "/v1/releases"): _VIEWER,
    ("GET", "/v1/releases/{release_id}"): _VIEWER,
    ("GET", "/v1/moves"): _VIEWER,
    ("GET", "/v1/moves/{move_id}"): _VIEWER,
    ("GET", "/v1/moves/{move_id}/decisions"): _VIEWER,
}
OF_ONESELF: Final = frozenset(
    {("POST", f"{OPS_PREFIX}session"), ("DELETE", f"{OPS_PREFIX}session")}
)
"""Changes that every role may make: each opens and ends its own session."""
READING: Final = frozenset({"GET", "HEAD"})


def is_operators(path: str, method: str = "GET") -> bool:
    """Say whether nobody but operators does this at a path, with all escapes undone."""
    if path == TRANSACTIONS:
        return method in READING
    return path.startswith(_BELOW) or path in _LISTS


def role_needed(method: str, route: str) -> OperatorRole | None:
    """Return the least role that a route, by its pattern, needs; None: nobody may."""
    return RIGHTS.get(("GET" if method == "HEAD" else method, route))
