"""The protocol version, with a dated line for every change.

A peer states its version in the `EventPro-Protocol` header of every request and answer. A server
answers a request of a version it does not speak with the problem `protocol_version_unsupported`.

- 1 (2026-11-23): first version.
- 1 (2026-11-25), before any release: an envelope's hash covers fields that only a newer peer knows;
  a buyer's salted hash covers what was said, not what was left out; amounts are texts of digits,
  never numbers; a sale's line has no longest length; texts are one line in every reader's sense.
  An item of a batch may be any JSON, also a string with the raw text of a journal row; in the
  ledger `quarantined` counts items kept as they came, too.
  A cart says whose it is (`cashier_id`), and is refused as `cart_expired` when its time ran out.
  Flags `sale_never_counted` and `serial_voided`, for the void of a quarantined sale.
- 1 (2026-11-25), still before any release: status and heartbeat tell the disk's room
  (`free_bytes`, `room`), the status `sqlite_version`. A stamp says which manager confirmed the
  clock of its boot (`clock_confirmed_by`, `POST /v1/clock/confirm`); what was recorded by such a
  clock is flagged `clock_confirmed`.
  A journal's head says the kiosk's highest epoch; a journal may begin above sequence 1; a kiosk may
  void what an earlier journal of its own sold; status, stock lines and heartbeats tell of frozen
  tickets and of why the epoch began.
- 1 (2026-11-26), still before any release: the pre-show check (`/v1/pre-show`);
  stock lines say until when they sell (`sells_until`);
  the synced roster (`GET /v1/roster`);
  training mode (`POST /v1/training`, `training` in the status).
- 1 (2026-11-26), still before any release: scanners on the UI socket (`GET /v1/scanner`, `PUT` and
  `DELETE /v1/scanner/layout`, `GET /v1/scans`); the status tells `scanner` and `scanner_layout`.
  Gates: `GET /v1/gates/{event_id}` and `GET /v1/gates/{event_id}/tickets`.
- 1 (2026-11-26), still before any release: refunds at the kiosk (`POST /v1/refunds`, `GET
  /v1/refunds`, `POST /v1/refunds/{txn_id}/given`) and `GET /v1/look-up`. A refund of a ticket that
  was used is refused, `ticket_already_used`. `shift_paid_out` may name the refund whose money it is
  (`refund_txn_id`, `tender`); a shift's report counts a refund where its money was given back, and
  names those that are open. The status tells of refunds that are asked, or to give.
- 1 (2026-11-26), still before any release: a price list has `concessions` and `rules`; a cart's
  wanted line may name a `concession_id`. A sale's line says `concession_id`, `rule_id` and
  `rules_version`, the price list whose concessions and rules it was priced by. Carts, tickets,
  look-up and reports say `reduced_by`; the UI's catalogue offers each type's `concessions`.
- 1 (2026-11-26), still before any release: a report is exported (`POST /v1/shifts/{id}/export`).
- 1 (2026-11-26), still before any release: an admission may say `approved_by` and `reason`, where a
  manager let somebody in whom the gate could not judge (`reason`, `approval_pin` of
  `POST /v1/admissions`; `may_be_let_in` of an amber refusal). A report says `approved_by_name`.
- 1 (2026-11-26), still before any release: a sale that gives tickets away says who agreed
  (`approved_by`, `approval_pin` in the request). A cart is freed by a manager
  (`POST /v1/carts/{txn_id}/free`); a list of carts says each cashier's name. A session says which
  amounts are too large to be meant (`limits`), refused as `amount_not_plausible`.
- 1 (2026-11-26), still before any release: a kiosk may prove itself by its host
  (`POST /v1/session-nonces`, the scheme `caller_identity`; `/v1/proofs` on the admin socket);
  `kiosk_pending`, `kiosk_revoked`.
- 1 (2026-11-26), still before any release: a report and `shift_closed` tell of payments that were
  `cancelled` after money was taken: how many, and what was given back by which way.
- 1 (2026-11-26), still before any release: a transaction of a list says `cashier_name` and
  `handed_over_name`, and as its `total` the cash that was paid in or out; a confirmed clock says
  `confirmed_by_name`, a kept check `kept_by_name`.
- 1 (2026-11-26), still before any release: a host that was enrolled becomes the kiosk when it
  proves itself; `host_not_matched`. A token says which managed instance it was given to (`mi`), and
  counts as long as that is the kiosk's host; a ticket API that does not know the claim passes over
  it. A host may ask what AWS says of it (`/v1/enrolment/evidence`). A sign-in at a kiosk without a
  roster is refused as `roster_missing`.
- 1 (2026-11-26), still before any release: the answer to a heartbeat says `leave` where operators
  take the kiosk out of service, a heartbeat `left` and `why_not_left`; an agent that does not know
  `leave` goes on. Operators ask of one kiosk (`/v1/ops/kiosks/{kiosk_id}`): `kiosk_not_drained`,
  `standing_differs`.
- 1 (2026-11-26), still before any release: a heartbeat says `left_at`; a kiosk that has `left`
  records nothing more (`kiosk_has_left`) until an answer says no `leave`. A kiosk's last report
  tells `fresh` and `left_at`.
- 1 (2026-11-26), still before any release: a host is the kiosk only if ECS has it with the machine
  that was granted the name (the attribute `kiosk.host`); a kiosk's standing says which host was
  `refused` and why, its grant to which machine (`host_id`).
- 1 (2026-11-26), still before any release: a host whose kiosk was taken out of service for good, or
  in whose place another is the kiosk, is refused as `kiosk_retired`, by session and by token; the
  status tells `retired`. An agent that does not know the code takes it as any other refusal.
- 1 (2026-11-26), still before any release: an activation says its bundle's `settings` by kiosk, a
  kiosk's standing those of its last host; a bundle may have `kiosk_settings`.
- 1 (2026-11-26), still before any release: a heartbeat and a kiosk's last report name
  `refunds_to_give`; a kiosk that owes one has not `left`.
- 1 (2026-11-26), still before any release: several screens take turns at one kiosk
  (`PUT` and `DELETE /v1/screens/{screen_id}`, the header `EventPro-Screen`; `screen_elsewhere`,
  `screen_busy`, `screen_unknown`); the status tells which `screen` answers keys.
- 1 (2026-11-27), still before any release: the supervisor tells the agent what it mended on the
  host (`PUT /v1/repairs` on the admin socket); a heartbeat and a kiosk's last report say `repairs`.
- 1 (2026-11-27), still before any release: with the lease of a screen goes the event that its gate
  lets in (`gate_event`).
- 1 (2026-11-27), still before any release: a screen's report says in how long it locks
  (`locks_in_ms`); one that does not say is taken as one that never locks.
- 1 (2026-11-27), still before any release: the answer to a heartbeat says `images_wanted`; a
  heartbeat, a kiosk's last report and its status tell how these `images` stand (`PUT /v1/images` on
  the admin socket).
- 1 (2026-11-27), still before any release: the supervisor tells the agent which kiosk UI is on the
  screen and which images crash (`PUT /v1/ui` on the admin socket); a heartbeat, a kiosk's last
  report and its status say so as `ui`.
- 1 (2026-11-27), still before any release: the role `technician`, who neither sells nor admits
  (`POST /v1/technician` on the admin socket); a roster's member with a role that a kiosk does not
  know is left out there. The console says what it is (`PUT /v1/console` on the admin socket), and
  the answer to a screen's report passes it on (`console`).
- 1 (2026-11-27), still before any release: an update lock (`/v1/update-lock` on both sockets;
  `update_lock_past`, `update_lock_too_long`); a heartbeat, a kiosk's status and last report, and
  `GET /v1/screens` say `update_lock`, a heartbeat also its `screen`.
- 1 (2026-11-27), still before any release: with the lease of a screen goes the way that its gate
  lets people (`gate_out`).
- 1 (2026-11-27), still before any release: operators have tokens with a role and an end
  (`/v1/ops/operator-tokens`, `/v1/ops/me`), also as `Authorization: Bearer`; the dashboard has a
  session (`/v1/ops/session`, the header `EventPro-Csrf-Token`); every change is audited
  (`/v1/ops/audit`).
  `token_revoked`, `session_ended`, `cross_site`, `too_many_requests`, `audit_unwritten`,
  `operator_token_unknown`.
- 1 (2026-11-27), still before any release: operators see all kiosks, venues and alarms
  (`/v1/instances`, `/v1/venues`, `/v1/alarms`, `/v1/silences`; `alarm_unknown`, `silence_refused`);
  a heartbeat says what is left to sell (`stock`).
- 1 (2026-11-27), still before any release: operators make releases and move kiosks to them
  (`/v1/ops/releases`, `/v1/ops/moves`; `release_unknown`, `release_differs`, `release_not_live`,
  `move_unknown`, `move_differs`, `move_runs_already`, `move_ended`, `nothing_to_move`, `ecs_away`);
  a heartbeat says `last_settled_sale`, and of an image that no other try would change `for_good`.
- 1 (2026-11-27), still before any release: releases are retired
  (`/v1/ops/releases/{release_id}/retire`), and say `why` they are not whole; `release_busy`,
  `release_in_use`, `release_retired`.
- 1 (2026-11-27), still before any release: operators are told of changes as they come
  (`/v1/stream`). Releases, moves and the audit are read at `/v1/releases`, `/v1/moves` and
  `/v1/audit`; the API is described at `/v1/openapi.json`. Operators find transactions by receipt,
  serial or kiosk (`GET /v1/transactions`; at the ticket API `GET /v1/ops/transactions`).
- 1 (2026-11-27), still before any release: operators have a kiosk do something once
  (`/v1/ops/kiosks/{kiosk_id}/commands`; `command_unknown`, `command_differs`, `command_ended`,
  `too_many_commands`, `ssm_away`); the answer to a heartbeat carries the `commands`, and
  `PUT /v1/commands/{command_id}/outcome` tells what came of one; an agent that does not know them
  passes over them. The supervisor does some (`/v1/commands/…` on the admin socket).
- 1 (2026-11-27), still before any release: a restart of the host is decided by the agent
  (`/v1/restart` on the admin socket); from then on what is new is refused as `host_restarts`. It
  is the decision of a command, whose `command_id` is said, and which alone takes it back.
  The audit has looks at who bought, with the method `GET`.
- 1 (2026-11-27), still before any release: a kiosk that could not be brought back is moved only
  where the order says so (`without_way_back` of `POST /v1/ops/moves`; `no_way_back`). A move that
  is aborted while ECS is being told of a kiosk is `stopping` until that call has ended.
- 1 (2026-11-27), still before any release: an alarm names the `move_id` and the `release` that
  it is about.
- 1 (2026-11-27), still before any release: `/v1/stream` tells of commands (`command`).
- 1 (2026-11-27), still before any release: `free_bytes` of a heartbeat is told in whole 16 MiB, and
  `reported_ms_ago` of its screen in whole ten seconds.
- 1 (2026-11-28), still before any release: a heartbeat says whether the kiosk is `draining`, and
  whether the `supervisor` of its host is heard; of an agent that does not tell, nothing is claimed.
  A kiosk's state may be `sales_stopped`, a finding's cause `supervisor_silent` or `ecs_inactive`.
- 1 (2026-11-28), still before any release: a `reboot` whose `way` is `ssm` has an `expires_in_s` of
  3600 at most.
"""

from typing import Final

PROTOCOL_VERSION: Final = 1
SUPPORTED_PROTOCOL_VERSIONS: Final = frozenset({1})

PROTOCOL_HEADER: Final = "EventPro-Protocol"
KIOSK_TOKEN_HEADER: Final = "EventPro-Kiosk-Token"  # noqa: S105  a header's name
"""The kiosk's signed token. Not `Authorization`: the fleet service signs that one with SigV4."""
STAFF_TOKEN_HEADER: Final = "EventPro-Staff-Token"  # noqa: S105
OPS_TOKEN_HEADER: Final = "EventPro-Ops-Token"  # noqa: S105
CSRF_HEADER: Final = "EventPro-Csrf-Token"
"""What a change carries that a dashboard's cookie lets in: another site can send no such header."""
ENROLMENT_TOKEN_HEADER: Final = "EventPro-Enrolment-Token"  # noqa: S105
STREAM_POSITION_HEADER: Final = "EventPro-Stream-Position"
"""Of a list: where a stream of changes begins that misses nothing since it was read."""
REQUEST_ID_HEADER: Final = "EventPro-Request-Id"
