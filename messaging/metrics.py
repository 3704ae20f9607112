"""Every metric of ours, named once (Prometheus' rules: unit in the name, no person, room or message in a label)."""

from prometheus_client import Counter, Gauge, Histogram

FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

sockets = Gauge("chat_sockets", "WebSocket connections that are open in this process.")
sockets_closed = Counter("chat_sockets_closed_total", "WebSocket connections closed by us.", ["code"])
frames_received = Counter("chat_frames_received_total", "Client frames by type.", ["type"])
frames_wrong = Counter("chat_frames_wrong_total", "Client frames answered by an error or a rejection.", ["code"])
deliveries = Counter("chat_deliveries_total", "Messages written to sockets that watch their room.")
fanout_window_seconds = Gauge("chat_fanout_window_seconds", "How long changes wait to leave with others; 0 when idle.")
events_received = Counter("chat_layer_events_total", "Events received from the channel layer.")
catch_ups = Counter("chat_catch_ups_total", "Times the database was read for clients that had missed something.")
skipped = Counter("chat_frames_skipped_total", "Frames not written to a reader that was slow; it is resynced.")
holes = Counter("chat_hub_holes_total", "Announcements found missing by rev and made good from the database.")
accept_seconds = Histogram("chat_accept_seconds", "From a send frame to its `accepted`.", buckets=FAST)
log_pending = Gauge("chat_log_pending_records", "Records handed to the log and not yet acknowledged.")
loop_lag_seconds = Gauge("chat_loop_lag_seconds", "How late the event loop runs, worst of the last second.")

applied = Counter("chat_applied_total", "Commands the bridge decided, by outcome.", ["outcome"])
batch_records = Histogram(
    "chat_batch_records", "Records in an applied batch.", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
)
batch_seconds = Histogram("chat_batch_seconds", "Database transaction of a batch.", buckets=FAST)
store_seconds = Histogram("chat_store_seconds", "From a record's append to its commit in the database.", buckets=FAST)
breaker_state = Gauge(
    "chat_breaker_state",
    "0 closed (well), 1 half open (probing), 2 open (away), by what it stands before.",
    ["dependency"],
)
announce_failures = Counter("chat_announce_failures_total", "Batches whose announcement was dropped.")
bridge_lag_records = Gauge("chat_bridge_lag_records", "Records waiting in the partitions of this bridge.")
bridge_lag_seconds = Gauge("chat_bridge_lag_seconds", "Age of the oldest record of the last batch; 0 when none waits.")
bridge_partitions = Gauge("chat_bridge_partitions", "Partitions this bridge owns.")
bridge_halted = Gauge("chat_bridge_halted_partitions", "Partitions stopped until an operator names their start.")
dead_letters = Counter("chat_dead_letters_total", "Records put aside because they can never be applied.")
relayed = Counter("chat_outbox_relayed_total", "Outbox commands relayed to the log.")
spooling = Gauge("chat_spooling", "1 while this process accepts into the spool, because Kafka does not take records.")
spool_switches = Counter("chat_spool_switches_total", "Times this process turned from Kafka to the spool.")
spooled = Counter("chat_spooled_total", "Records accepted into the spool.")
spool_relayed = Counter("chat_spool_relayed_total", "Spooled records that Kafka has taken since.")
events_skipped = Counter("chat_events_skipped_total", "Events that a worker could not handle.", ["worker"])
mails = Counter("chat_mails_total", "Mails about unread mentions, by outcome.", ["outcome"])
previews = Counter("chat_previews_total", "Pages that messages link to, by what was found there.", ["outcome"])
webhook_deliveries = Counter("chat_webhook_deliveries_total", "Tries to tell webhooks, by outcome.", ["outcome"])
pressure = Gauge("chat_pressure", "How much there is to do, 1: as much as can be done well.", ["source"])
shed_level = Gauge("chat_shed_level", "Kinds of work not done at the moment, of seven; at 7 sends are limited.")
shed = Counter("chat_shed_total", "What was not done because there was too much to do.", ["what"])
