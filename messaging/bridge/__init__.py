"""The Kafka side: poll, apply, announce, publish. It alone gives numbers to messages and changes members."""
