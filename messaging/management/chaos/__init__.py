"""Parts are stopped and cut while people talk; afterwards the audit says what was lost. See `manage.py chaos`."""
