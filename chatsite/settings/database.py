from chatsite.settings import env

_database = env.database()
IS_MYSQL = "mysql" in str(_database["ENGINE"])

if IS_MYSQL:
    _database |= {
        "ENGINE": "django_prometheus.db.backends.mysql",
        # One connection per thread is kept; a dead one is noticed before a request uses it.
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "charset": "utf8mb4",
            "isolation_level": "read committed",
            # A database that hangs is an error after this, not a thread lost for ever.
            "connect_timeout": 5,
            "read_timeout": 30,
            "write_timeout": 30,
            "init_command": "SET sql_mode='STRICT_TRANS_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO'",
        },
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_unicode_ci"},
    }
else:
    _database |= {
        "ENGINE": "django_prometheus.db.backends.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # Writers queue instead of failing half-way through a transaction.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;",
        },
        # On a file: an in-memory database is not seen by other threads.
        "TEST": {"NAME": str(env.VAR / "test.sqlite3")},
    }

DATABASES = {"default": _database}
