"""python -m deploy.services.observe: what `make up` starts, with Prometheus beside it; ends with it."""

from __future__ import annotations

import os
import sys

from deploy.services import prometheus, up
from deploy.services.control import root_folder
from deploy.services.processes import ServiceError, free_port, stop


def main() -> int:
    folder = root_folder().resolve() / prometheus.NAME
    folder.mkdir(parents=True, exist_ok=True)
    state = folder / "state.json"
    stop(state)
    ports = {part: free_port() for part in prometheus.PARTS}
    try:
        port = int(os.environ.get("PROMETHEUS_PORT") or free_port())
        prometheus.start(folder, state, port, {part: [f"127.0.0.1:{ports[part]}"] for part in ports})
        # Debian's Prometheus comes with the classic pages alone.
        print(f"Prometheus: http://127.0.0.1:{port}/classic/alerts  (the main curves: /ops/ of the chat, for staff)")
        return up.main(ports)
    except ServiceError as error:
        sys.exit(f"chatsite: {error}")
    except KeyboardInterrupt:  # while it was starting
        return 130
    finally:
        stop(state)


if __name__ == "__main__":
    sys.exit(main())
