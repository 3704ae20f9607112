"""Where a web process' records go while Kafka does not take them: a table, and from there to Kafka, in order."""

from messaging.log.spool.appender import SpoolingAppender
from messaging.log.spool.relay import relay_the_dead

__all__ = ["SpoolingAppender", "relay_the_dead"]
