"""What hangs is ended, and its stacks are printed; what goes on, be it slowly, and what is over are left alone."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from messaging.watchdog import STUCK_CODE
from tests.stack.stack import EmbeddedStack

UNIT = """
    import time
    from messaging.watchdog import Watchdog

    rounds = 0
    with Watchdog("it", lambda: rounds, {stuck_s}):
        for _ in range(5):
            rounds += 1
            time.sleep({round_s})
    time.sleep({after_s})
"""


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=environment or None, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stuck_s", "round_s", "after_s", "code"),
    [(1.5, 6, 0, STUCK_CODE), (3, 0.5, 0, 0), (1.5, 0.1, 4, 0), (0, 1, 0, 0)],
    ids=["stuck", "slow", "over", "off"],
)
def test_only_what_hangs_is_ended(stuck_s: float, round_s: float, after_s: float, code: int) -> None:
    ended = run(UNIT.format(stuck_s=stuck_s, round_s=round_s, after_s=after_s))
    assert ended.returncode == code, ended.stderr
    assert ("it is stuck" in ended.stderr) == bool(code)
    assert ("<string>" in ended.stderr) == bool(code), "the stacks"


HUNG_LOOP = """
    import time
    from threading import Timer
    from django.core.management import execute_from_command_line

    def hang():
        from twisted.internet import reactor
        reactor.callFromThread(time.sleep, 60)

    Timer(6, hang).start()
    execute_from_command_line(["manage.py", "serve", "--port", "{port}"])
"""


HUNG_BRIDGE = """
    import time
    from threading import Timer
    from django.core.management import execute_from_command_line

    def hang():
        from messaging.bridge.bridge import Bridge
        Bridge.step = lambda self: time.sleep(60)

    Timer(6, hang).start()
    execute_from_command_line(["manage.py", "serve", "--port", "{port}"])
"""


def test_a_chat_whose_own_bridge_hangs_ends(embedded_stack: EmbeddedStack) -> None:
    embedded_stack.web.kill()
    ended = run(HUNG_BRIDGE.format(port=embedded_stack.port), **embedded_stack.environment, CHAT_STUCK_S="3",
                DJANGO_SETTINGS_MODULE="chatsite.settings")  # fmt: skip
    assert ended.returncode == STUCK_CODE, ended.stderr
    assert "the bridge is stuck" in ended.stderr


def test_a_server_whose_loop_hangs_ends(embedded_stack: EmbeddedStack) -> None:
    embedded_stack.web.kill()
    ended = run(HUNG_LOOP.format(port=embedded_stack.port), **embedded_stack.environment, CHAT_STUCK_S="3",
                DJANGO_SETTINGS_MODULE="chatsite.settings")  # fmt: skip
    assert ended.returncode == STUCK_CODE, ended.stderr
    assert "is stuck" in ended.stderr  # its bridge waits for the loop, and may be found first
    assert "run_server" in ended.stderr
