"""What operators tune of the chat itself; the fixed numbers are in messaging/limits.py."""

from chatsite.settings import env

CHAT_SHARDS = env.integer("CHAT_SHARDS", 16, least=1)
CHAT_SEND_RATE = env.number("CHAT_SEND_RATE", 30, least=0.01)
CHAT_SEND_BURST = env.number("CHAT_SEND_BURST", 300, least=1)
CHAT_CONNECT_RATE = env.number("CHAT_CONNECT_RATE", 50, least=0.1)
CHAT_CONNECT_RATE_PER_ADDRESS = env.number("CHAT_CONNECT_RATE_PER_ADDRESS", 10, least=0.1)
CHAT_HEARTBEAT_S = env.integer("CHAT_HEARTBEAT_S", 20, least=1)
CHAT_STUCK_S = env.number("CHAT_STUCK_S", 300)
CHAT_DRAIN_S = env.number("CHAT_DRAIN_S", 10)
CHAT_FANOUT_WINDOW_MS = env.number("CHAT_FANOUT_WINDOW_MS", 50)
CHAT_DEMO = env.switch("CHAT_DEMO")
CHAT_DIGEST_AFTER_S = env.number("CHAT_DIGEST_AFTER_S", 900)
CHAT_LINK_PREVIEWS = env.switch("CHAT_LINK_PREVIEWS", True)
CHAT_WEBHOOK_ALLOWED = env.words("CHAT_WEBHOOK_ALLOWED", [])
CHAT_WEBHOOK_FAILURES = env.integer("CHAT_WEBHOOK_FAILURES", 12, least=1)
CHAT_HIDE_SCORE = env.number("CHAT_HIDE_SCORE", 3)
CHAT_CASE_TARGET_H = env.number("CHAT_CASE_TARGET_H", 24)
CHAT_FLOW_CONTROL = env.switch("CHAT_FLOW_CONTROL", True)
