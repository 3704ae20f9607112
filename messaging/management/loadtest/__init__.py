"""Many sockets that talk by a schedule and check every frame they are sent. See `manage.py loadtest`."""
