"""The Kafka side: poll, apply, announce, commit. It alone gives numbers to messages and changes members."""
