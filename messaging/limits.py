"""Every number the chat is bounded by, with its unit. What operators tune comes from settings (`CHAT_*`)."""

from typing import Final

BODY_CHARACTERS: Final = 4_000
CLIENT_FRAME_BYTES: Final = 65_536
SERVER_FRAME_BYTES: Final = 65_536
"""A larger server frame carries a single message."""

SOCKET_FRAME_BYTES: Final = 131_072
"""What the WebSocket server itself admits: above our own limit, so that it is we who close with a reason."""

ERRORS_PER_MINUTE: Final = 20
OUTSTANDING_SENDS: Final = 1_000
"""Commands of one socket that the log has not acknowledged yet."""

UNREAD_FRAMES: Final = 20
"""Frames of one socket that wait to be handled; beyond it no more is read from it."""

BACKLOG_BYTES: Final = 1_048_576
"""Unsent bytes of one socket beyond which it is cut off."""

SKIP_BYTES: Final = 262_144
"""Unsent bytes of one socket beyond which its rooms are skipped; it is resynced when it has read."""

DRAINED_BYTES: Final = 65_536
"""Unsent bytes below which a slow socket is written to again."""

SLOW_S: Final = 20.0
"""How long a socket may stay slow before it is cut off."""

SLOW_CHECK_S: Final = 0.25
CATCH_UP_RETRY_S: Final = 2.0
RING_BYTES: Final = 1_048_576
RING_S: Final = 120.0
"""Frames of a room that are kept in memory for those who come back, at most so many and so long."""

PAGE_MESSAGES: Final = 50
PAGE_MESSAGES_MOST: Final = 100
CHANGES_MOST: Final = 1_000
"""A client further behind than this gets the newest page and forgets the rest (`reset`)."""

HELLO_ROOMS_MOST: Final = 1_000
UNFINISHED_MOST: Final = 1_000
WATCHED_ROOMS_MOST: Final = 16

FILTERS_EVERY_S: Final = 5.0
"""How old the word filters of a process may be."""

DRY_RUN_S: Final = 10.0
DRY_RUN_SAMPLES: Final = 20
REPORT_CHARACTERS: Final = 500
REPORTS_AN_HOUR: Final = 20
"""Of one person."""

DIRECT_PEOPLE_MOST: Final = 8
"""In a group of direct messages, oneself among them."""

INVITE_DAYS_MOST: Final = 365
INVITE_USES_MOST: Final = 1_000

REACTIONS_MOST: Final = 20
"""Different emoji on one message."""

ROOM_MENTION_MOST: Final = 200
"""Members up to which `@room` names all of them; in a larger room it names nobody."""

ROOM_NAME_CHARACTERS: Final = 80
TOPIC_CHARACTERS: Final = 250

BATCH_RECORDS: Final = 2_000
BATCH_BYTES: Final = 4 * 1_048_576
ANNOUNCE_S: Final = 1.0
BADGES_EVERY_S: Final = 1.0
READ_MARKERS_EVERY_S: Final = 1.0
REV_CHECK_EVERY_S: Final = 5.0
EFFECT_WAIT_S: Final = 2.0
SESSION_CHECK_EVERY_S: Final = 20.0
"""A sign-out whose announcement was lost closes its sockets at the latest after this and a little."""

CONNECT_WAIT_S: Final = 2.0
"""How long a new socket may be kept waiting for its turn before it is told to come back later."""

ADDRESSES_REMEMBERED: Final = 10_000
REPEATS: Final = 10
"""Re-sends may come this many times as fast as new messages: after an outage everything comes again at once."""

SLOW_MODE_MOST_S: Final = 6 * 3600
TURNS_REMEMBERED: Final = 100_000
TYPING_EVERY_S: Final = 3.0
PRESENCE_EVERY_S: Final = 1.0
OFFLINE_AFTER_S: Final = 20.0
"""After the last socket of a person: a reload, or a tunnel, is no absence."""

LOOKED_AT_MOST: Final = 100
"""People whose presence one socket may ask for."""

PRESENCE_REFRESH_S: Final = 30.0
"""How often a process says who is there with it, should an announcement have been lost."""

PRESENCE_FORGOTTEN_S: Final = 75.0
"""A process that has said nothing for so long is gone, and its people with it."""

PRESENCE_PEOPLE: Final = 5_000
"""In one announcement."""

RECEIPT_ROOM_MOST: Final = 50
"""Members of a room up to which is told who has read what."""

RECEIPTS_CHECK_EVERY_S: Final = 20.0
OUTBOX_POLL_S: Final = 0.2
LEASE_S: Final = 10.0
REPORT_EVERY_S: Final = 2.0
"""How often a bridge says in the database how it is doing."""

SILENT_S: Final = 15.0
"""A bridge or web process that has said nothing for so long is gone or stuck."""

CATCH_UP_RECORDS: Final = 2_000
"""With more than so many records waiting, a bridge tells of its progress."""

PROGRESS_EVERY_S: Final = 5.0
SPOOL_CHECK_S: Final = 2.0
"""How often a bridge looks for spools whose process has died."""


BACKLOG_TARGET_S: Final = 3.0
"""Work that waits for a bridge: longer, people should not have to wait; from here on less is admitted."""

LOOP_LAG_TARGET_S: Final = 0.25
FRAMES_TARGET_S: Final = 0.5
"""Frames that came in should be handled within this; sends that waited are refused, the more the longer, all of them
at four times as long."""

UNHEARD_S: Final = 6 * FRAMES_TARGET_S
"""How long after `retry_after` something may still be handled that was sent before its sender heard of a refusal."""

GENERATIONS_EVERY_S: Final = 1.0
"""How often a bridge looks whether commands stand in more topics, or in fewer that it has to wait for."""

PRESSURE_EVERY_S: Final = 1.0
PRESSURE_FORGOTTEN_S: Final = 5.0
"""What a bridge said longer ago counts no more: it is gone, or waits for something that the log outlasts."""

PRESSURE_FADES: Final = 0.8
"""What is left of it after a second."""

PRESSURE_MOST: Final = 2.0
"""More counts as this much: a process that was stopped for a minute has to let people in again when it goes on."""

SHED_AT: Final = {
    "TYPING": 0.3, "PRESENCE": 0.4, "RECEIPTS": 0.5, "PREVIEWS": 0.6, "SEARCH": 0.7, "CONNECTIONS": 0.8, "SENDS": 1.0,
}  # fmt: skip
"""Pressure from which on each is not done; 1: as much as the chat can do well."""

RATE_OVER_S: Final = 3.0
CALM: Final = 0.5
CALM_S: Final = 5.0
"""With pressure below CALM for so long every send is admitted again."""

SENDS_LEAST: Final = 5.0
"""Sends a second that a process admits at all times."""

BATCH_WINDOW_S: Final = 0.05
"""From the beginning of a batch to the next, at most, while a bridge is not behind."""

BATCH_TARGET_S: Final = 0.5
BATCH_LEAST: Final = 50
"""A batch that takes longer is followed by smaller ones, down to so many records."""

PEOPLE_ASKED_MOST: Final = 100
"""People whose pictures are asked for at once; also in static/js/avatars.js."""

MAX_INTEGER: Final = 2**53 - 1
"""Ids, seq and rev stay exact in JavaScript."""
