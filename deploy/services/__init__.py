"""Real MariaDB, Redis and Kafka for development and tests: installed when missing, private, on free loopback ports.

Standard library only: it runs before there is an environment.
"""
