"""The problem body (RFC 9457) that every refusal on every hop has."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from kiosk_contracts.wire import WireModel

PROBLEM_CONTENT_TYPE: Final = "application/problem+json"


class ProblemCode(StrEnum):
    """What went wrong, for programs. On the wire `code` is a string: peers may know newer ones."""

    # The request itself
    BODY_NOT_JSON = "body_not_json"
    BODY_TOO_LARGE = "body_too_large"
    BODY_INVALID = "body_invalid"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    PROTOCOL_VERSION_UNSUPPORTED = "protocol_version_unsupported"
    INTERNAL_ERROR = "internal_error"
    TRAINING_NOT_HERE = "training_not_here"
    # Who is asking
    TOKEN_MISSING = "token_missing"  # noqa: S105  a code, not a secret
    TOKEN_INVALID = "token_invalid"  # noqa: S105
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    PROOF_REFUSED = "proof_refused"
    KIOSK_UNKNOWN = "kiosk_unknown"
    PROOF_MISSING = "proof_missing"
    KIOSK_PENDING = "kiosk_pending"
    KIOSK_REVOKED = "kiosk_revoked"
    KIOSK_RETIRED = "kiosk_retired"
    HOST_NOT_MATCHED = "host_not_matched"
    JOURNAL_OF_ANOTHER_KIOSK = "journal_of_another_kiosk"
    NOT_ALLOWED = "not_allowed"
    # Operators
    SEARCH_NOT_SET_UP = "search_not_set_up"
    SESSION_ENDED = "session_ended"
    CROSS_SITE = "cross_site"
    TOO_MANY_REQUESTS = "too_many_requests"
    AUDIT_UNWRITTEN = "audit_unwritten"
    OPERATOR_TOKEN_UNKNOWN = "operator_token_unknown"  # noqa: S105
    # Alarms
    ALARM_UNKNOWN = "alarm_unknown"
    SILENCE_REFUSED = "silence_refused"
    # Staff
    PIN_WRONG = "pin_wrong"
    PIN_LOCKED = "pin_locked"
    PIN_OF_SEVERAL = "pin_of_several"
    ROSTER_MISSING = "roster_missing"
    NOT_SIGNED_IN = "not_signed_in"
    ROLE_TOO_LOW = "role_too_low"
    APPROVAL_NEEDED = "approval_needed"
    SHIFT_NOT_OPEN = "shift_not_open"
    SHIFT_ALREADY_OPEN = "shift_already_open"
    SHIFT_UNKNOWN = "shift_unknown"
    DRAWER_TAKEN = "drawer_taken"
    DRAWER_SHORT = "drawer_short"
    AMOUNT_NOT_PLAUSIBLE = "amount_not_plausible"
    # Selling
    EVENT_UNKNOWN = "event_unknown"
    TICKET_TYPE_UNKNOWN = "ticket_type_unknown"
    CONCESSION_UNKNOWN = "concession_unknown"
    QUANTITY_INVALID = "quantity_invalid"
    PRICE_DIFFERS = "price_differs"
    TENDER_DIFFERS = "tender_differs"
    SOLD_OUT = "sold_out"
    STOCK_USED_UP = "stock_used_up"
    LEASE_ENDED = "lease_ended"
    EVENT_CANCELLED = "event_cancelled"
    CLOCK_BEHIND = "clock_behind"
    CLOCK_DIFFERS = "clock_differs"
    CART_UNKNOWN = "cart_unknown"
    CART_CLOSED = "cart_closed"
    CART_EMPTY = "cart_empty"
    PRINTER_MISSING = "printer_missing"
    NOTHING_TO_PRINT = "nothing_to_print"
    PRINT_UNKNOWN = "print_unknown"
    CART_EXPIRED = "cart_expired"
    PAYMENT_NOT_STARTED = "payment_not_started"
    PAYMENT_STARTED = "payment_started"
    TICKETS_FROZEN = "tickets_frozen"
    DRAINING = "draining"
    KIOSK_HAS_LEFT = "kiosk_has_left"
    HOST_RESTARTS = "host_restarts"
    # Screens
    SCREEN_ELSEWHERE = "screen_elsewhere"
    SCREEN_UNKNOWN = "screen_unknown"
    SCREEN_BUSY = "screen_busy"
    UPDATE_LOCK_PAST = "update_lock_past"
    UPDATE_LOCK_TOO_LONG = "update_lock_too_long"
    # Transactions
    TXN_PAYLOAD_DIFFERS = "txn_payload_differs"
    TXN_UNKNOWN = "txn_unknown"
    SALE_ALREADY_VOIDED = "sale_already_voided"
    SALE_SETTLED = "sale_settled"
    SALE_NOT_OURS = "sale_not_ours"
    TICKET_ALREADY_USED = "ticket_already_used"
    SALE_NOT_SETTLED = "sale_not_settled"
    REFUND_UNDECIDED = "refund_undecided"
    REFUND_TOO_LARGE = "refund_too_large"
    REFUND_REFUSED = "refund_refused"
    REFUND_GIVEN = "refund_given"
    NOT_QUARANTINED = "not_quarantined"
    # Gates
    TICKET_FOREIGN = "ticket_foreign"
    TICKET_TRUNCATED = "ticket_truncated"
    TICKET_CODE_UNREADABLE = "ticket_code_unreadable"
    TICKET_FORGED = "ticket_forged"
    TICKET_KEY_UNKNOWN = "ticket_key_unknown"
    TICKET_WRONG_EVENT = "ticket_wrong_event"
    TICKET_REVOKED = "ticket_revoked"
    ALREADY_ADMITTED = "already_admitted"
    NOT_INSIDE = "not_inside"
    SERIAL_INVALID = "serial_invalid"
    SERIAL_UNKNOWN = "serial_unknown"
    # The ticket API's judgement of an item
    PAYLOAD_UNREADABLE = "payload_unreadable"
    PAYLOAD_HASH_DIFFERS = "payload_hash_differs"
    SERIAL_LEASED_ELSEWHERE = "serial_leased_elsewhere"
    SERIAL_NEVER_ISSUED = "serial_never_issued"
    SERIAL_ALREADY_SOLD = "serial_already_sold"
    SERIAL_NOT_IN_SALE = "serial_not_in_sale"
    SEQUENCE_TAKEN = "sequence_taken"
    SALE_NOT_KNOWN_YET = "sale_not_known_yet"
    SALE_ALREADY_REFUNDED = "sale_already_refunded"
    # The ticket API's operators
    VENUE_UNKNOWN = "venue_unknown"
    EVENT_CHANGE_REFUSED = "event_change_refused"
    PRICE_LIST_VERSION_WRONG = "price_list_version_wrong"
    RISK_NOT_ACCEPTED = "risk_not_accepted"
    KIOSK_TAKEN = "kiosk_taken"
    ACTIVATION_UNKNOWN = "activation_unknown"
    ACTIVATION_ENDED = "activation_ended"
    KIOSK_IN_SERVICE = "kiosk_in_service"
    KIOSK_NOT_DRAINED = "kiosk_not_drained"
    STANDING_DIFFERS = "standing_differs"
    # Releases
    RELEASE_UNKNOWN = "release_unknown"
    RELEASE_DIFFERS = "release_differs"
    RELEASE_NOT_LIVE = "release_not_live"
    RELEASE_BUSY = "release_busy"
    RELEASE_IN_USE = "release_in_use"
    RELEASE_RETIRED = "release_retired"
    MOVE_UNKNOWN = "move_unknown"
    MOVE_DIFFERS = "move_differs"
    MOVE_RUNS_ALREADY = "move_runs_already"
    MOVE_ENDED = "move_ended"
    NOTHING_TO_MOVE = "nothing_to_move"
    NO_WAY_BACK = "no_way_back"
    ECS_AWAY = "ecs_away"
    # Commands
    COMMAND_UNKNOWN = "command_unknown"
    COMMAND_DIFFERS = "command_differs"
    COMMAND_ENDED = "command_ended"
    TOO_MANY_COMMANDS = "too_many_commands"
    SSM_AWAY = "ssm_away"
    # Moving out
    EXPORT_REFUSED = "export_refused"
    RECEIPT_REFUSED = "receipt_refused"
    # The journal and this machine
    JOURNAL_NEWER = "journal_newer"
    JOURNAL_LOCKED = "journal_locked"
    JOURNAL_DAMAGED = "journal_damaged"
    STORAGE_FULL = "storage_full"
    AGENT_STARTING = "agent_starting"
    AGENT_STOPPING = "agent_stopping"
    SOCKET_UNUSABLE = "socket_unusable"
    SETTING_INVALID = "setting_invalid"
    # The line
    LINE_DOWN = "line_down"
    LINE_TIMEOUT = "line_timeout"
    UPSTREAM_BUSY = "upstream_busy"
    UPSTREAM_FAILED = "upstream_failed"
    UPSTREAM_GARBAGE = "upstream_garbage"


class Problem(WireModel):
    """Why a request was refused, in words for the person in front of it, and codes for programs."""

    type: str = "about:blank"
    title: str
    """The refusal in a few words."""
    status: int = Field(ge=100, le=599)
    detail: str = ""
    """What and why, in the field's words."""
    code: str
    retryable: bool = False
    """Whether the same request may succeed later as it is."""
    hint: str = ""
    """What to do now."""


class ProblemError(Exception):
    """A domain refusal on its way to becoming a problem body.

    `extra` joins the body as further members (RFC 9457, section 3.2), e.g. `verdict`, `left`.
    """

    def __init__(  # noqa: PLR0913  a problem body has these members
        self,
        status: int,
        code: str,
        title: str,
        *,
        detail: str = "",
        hint: str = "",
        retryable: bool = False,
        retry_after_s: int | None = None,
        extra: dict[str, object] | None = None,
    ) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.retry_after_s = retry_after_s
        self.problem = Problem.model_validate(
            {
                "title": title,
                "status": status,
                "detail": detail,
                "code": str(code),
                "retryable": retryable,
                "hint": hint,
                **(extra or {}),
            }
        )

    @property
    def code(self) -> str:
        """The problem's code."""
        return self.problem.code
