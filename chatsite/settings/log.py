"""The log: Kafka, or embedded in this process. Two backends of one port."""

from typing import Any

from chatsite.settings import env

_servers = env.words("KAFKA_BOOTSTRAP_SERVERS", [])

EMBEDDED = not _servers
CHAT_LOG_GROUP = env.text("KAFKA_GROUP", "chat-bridge")

CHAT_EVENTS_RETENTION_DAYS = env.integer("KAFKA_EVENTS_RETENTION_DAYS", 14)
"""0: for ever."""

_shape = {
    "TOPIC_PREFIX": env.text("KAFKA_TOPIC_PREFIX"),
    "PARTITIONS": env.integer("KAFKA_PARTITIONS", 32, least=1),
    "REPLICATION": env.integer("KAFKA_REPLICATION_FACTOR", 1, least=1),
}
CHAT_STRATEGIES = env.chosen(
    "KAFKA_STRATEGIES",
    env.words("KAFKA_STRATEGIES", []),
    {"chat.commands": ["keyed", "pinned"], "chat.events": ["keyed"], "chat.dead-letters": ["keyed", "round-robin"]},
)
"""How the records of each topic are spread over its partitions. What is read in a room's order is never spread
without regard to it."""

_security = {
    "security_protocol": env.text("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT"),
    "sasl_mechanism": env.text("KAFKA_SASL_MECHANISM"),
    "sasl_plain_username": env.text("KAFKA_SASL_USERNAME"),
    "sasl_plain_password": env.text("KAFKA_SASL_PASSWORD"),
    "ssl_cafile": env.text("KAFKA_SSL_CAFILE"),
    "ssl_certfile": env.text("KAFKA_SSL_CERTFILE"),
    "ssl_keyfile": env.text("KAFKA_SSL_KEYFILE"),
}

CHAT_ROOMS_PINNED = not EMBEDDED and CHAT_STRATEGIES["chat.commands"] == "pinned"

CHAT_LOG: dict[str, Any]
if EMBEDDED:
    CHAT_LOG = {"BACKEND": "messaging.log.embedded.EmbeddedLog", "PATH": env.VAR / "log.sqlite3"}
else:
    CHAT_LOG = {
        "BACKEND": "messaging.log.kafka.KafkaLog",
        "BOOTSTRAP_SERVERS": _servers,
        "SECURITY": {name: value for name, value in _security.items() if value},
        "STRATEGIES": CHAT_STRATEGIES,
        "PLACES": "messaging.selectors.places.place_of",
        "WHERETO": "messaging.bridge.generations.where_to_write",
        **_shape,
    }
