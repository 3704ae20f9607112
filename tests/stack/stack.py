"""A deployment of its own: database, topics, Redis names and state folder that nothing else uses."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4
from weakref import WeakValueDictionary

import httpx
import MySQLdb
from kafka.admin import KafkaAdminClient

from deploy.services.processes import free_port
from tests.stack import databases
from tests.stack.processes import MANAGE, ManagePy, run_manage, wait_for

PASSWORD = "demo-password"
SERVICES = ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS")
FAST = {
    "CHAT_SEND_RATE": "100000",
    "CHAT_SEND_BURST": "100000",
    "CHAT_CONNECT_RATE": "100000",
    "CHAT_DRAIN_S": "0.5",
    "CHAT_DEMO": "1",
    "CHAT_LINK_PREVIEWS": "0",
    "SECRET_KEY": "the same for all stacks of the tests, whose databases are copies that hold sessions",
}
DEMO_PEOPLE = {"ada", "bo", "chen", "admin"}
READY_SESSIONS = 8
"""Of each of the demo people in a new deployment: a password is slow on purpose, and most tests mean something else."""


SIGN_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
def sign_in(person, key=None):
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session._session_key = key
    session.save(must_create=key is not None)
    return session.session_key
"""
READY = (
    SIGN_IN
    + """
from accounts.models import User
for person in User.objects.all():
    for n in range({sessions}):
        sign_in(person, f"ready{{person.username}}{{n}}")
"""
)
PEOPLE = (
    SIGN_IN
    + """
import json
from accounts.models import User
from messaging.actions.rooms import create_room
from messaging.models import Membership
owner = User.objects.get(username="ada")
base = Membership.objects.count()
rooms = [create_room(owner, f"crowd {{base}}-{{n}}", kind="public", topic="") for n in range({rooms})]
people = [User(username=f"p{{base}}x{{n}}") for n in range({count})]
for person in people:
    person.set_unusable_password()
User.objects.bulk_create(people)
people = list(User.objects.filter(username__startswith=f"p{{base}}x").order_by("pk"))
found = []
for n, person in enumerate(people):
    room = rooms[n % len(rooms)]
    Membership.objects.create(room=room, user=person)
    found.append([person.pk, person.username, sign_in(person), room.pk])
print(json.dumps(found))
"""
)


class Person(NamedTuple):
    id: int
    name: str
    session: str
    room: int


_stacks: WeakValueDictionary[str, Stack] = WeakValueDictionary()


class Stack:
    """`serve` and what it needs. The people of `seed_demo` are there, room 1 is the lobby."""

    program: Sequence[str] = MANAGE
    """What its commands are run with: that of another version, in another folder, for instance."""

    @staticmethod
    def at(url: str) -> Stack:
        """The one that answers, or will, at this address."""
        return _stacks[url]

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.ports = [self.port]
        self.metrics_port = free_port()
        self.environment = {**FAST, **environment, "VAR": str(folder), "PORT": str(self.port)}
        self.processes: list[ManagePy] = []
        self.clients: list[httpx.Client] = []
        self.web: ManagePy
        self._sign_ins: Counter[str] = Counter()
        _stacks[self.url] = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_web(self, port: int | None = None) -> ManagePy:
        """The web process, on the stack's own port with its metrics, or another one beside it."""
        if port is not None and port != self.port:
            other = self.start("web", ["serve", "--port", str(port)])
            other.wait_until_printed("Ctrl-C ends it")
            return other
        arguments = ["serve", "--port", str(self.port), "--metrics-port", str(self.metrics_port)]
        self.web = self.start("web", arguments)
        self.web.wait_until_printed("Ctrl-C ends it")
        return self.web

    def start_workers(self, count: int) -> ManagePy:
        """So many web processes behind the stack's own port, with their metrics on `metrics_port` and those after it."""
        self.metrics_port = free_port(next_ones=count - 1)
        arguments = ["serve", "--port", str(self.port), "--metrics-port", str(self.metrics_port)]
        self.web = self.start("workers", [*arguments, "--workers", str(count)])
        self.web.wait_until_printed("Ctrl-C ends it")
        return self.web

    def start_uvicorn(self) -> ManagePy:
        """The web process under the other server, on the stack's own port; it has no port for metrics."""
        arguments = ["chatsite.asgi:application", "--ws", "messaging.uvicorn_protocol:ChatProtocol"]
        self.web = self.start("web", [*arguments, "--port", str(self.port)], ("-m", "uvicorn"))
        self.web.wait_until_printed("Uvicorn running on")
        return self.web

    def another_port(self) -> int:
        """For a web process beside the first; its origin is allowed as well."""
        self.ports.append(free_port())
        return self.ports[-1]

    def start(self, name: str, arguments: list[str], program: Sequence[str] = ()) -> ManagePy:
        label = f"{name}-{len(self.processes)}"
        process = ManagePy(label, arguments, self.environment, self.folder, program or self.program)
        self.processes.append(process)
        return process

    def make_demo(self) -> None:
        """In an empty database."""
        self.run("migrate", "--verbosity", "0")
        self.run("seed_demo")
        self.run("shell", "-v", "0", "-c", READY.format(sessions=READY_SESSIONS))

    def run(self, *arguments: str) -> str:
        """A command that ends by itself; returns what it printed."""
        return run_manage(list(arguments), self.environment, self.program)

    def people(self, count: int, rooms: int) -> list[Person]:
        """Signed-in people, spread over public rooms of their own: faster than `count` forms and passwords."""
        script = PEOPLE.format(count=count, rooms=rooms)
        return [Person(*row) for row in json.loads(self.run("shell", "-v", "0", "-c", script))]

    def ready_session(self, username: str) -> str | None:
        """One of those that a new deployment has, each given away once."""
        number = self._sign_ins[username]
        self._sign_ins[username] += 1
        return f"ready{username}{number}" if username in DEMO_PEOPLE and number < READY_SESSIONS else None

    def sign_in(self, username: str) -> httpx.Client:
        """An HTTP client with a session: a ready one, else by the page's own form."""
        client = self.visitor()
        if session := self.ready_session(username):
            client.cookies.set("sessionid", session, domain="127.0.0.1")
            return client
        answer = self.post(client, "/accounts/login/", username=username, password=PASSWORD)
        assert answer.status_code == 302, answer.text
        return client

    def visitor(self) -> httpx.Client:
        """An HTTP client that has seen a form, and its CSRF token."""
        client = httpx.Client(base_url=self.url, timeout=10)
        self.clients.append(client)
        client.get("/accounts/login/")
        return client

    def post(self, client: httpx.Client, path: str, **fields: str) -> httpx.Response:
        token = client.cookies["csrftoken"]
        return client.post(path, data={"csrfmiddlewaretoken": token, **fields}, headers={"Origin": self.url})

    def metric(self, name: str) -> float:
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics").text
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """Read the deployment's database."""
        raise NotImplementedError

    def end(self) -> None:
        """End every process, then fail if one of them did not end by itself."""
        for client in self.clients:
            client.close()
        stubborn = []
        for process in reversed(self.processes):
            try:
                process.end()
            except AssertionError as error:
                stubborn.append(str(error))
        assert stubborn == []

    def tracebacks(self) -> list[str]:
        return [process.name for process in self.processes if "Traceback" in process.printed()]


class EmbeddedStack(Stack):
    """One process on SQLite."""

    def __init__(self, folder: Path, template: Path | None = None) -> None:
        super().__init__(folder, {"DATABASE_URL": "", "REDIS_URL": "", "KAFKA_BOOTSTRAP_SERVERS": ""})
        if template is not None:
            shutil.copytree(template, folder, dirs_exist_ok=True)
            return
        self.make_demo()

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "chat.sqlite3") as connection:
            return connection.execute(sql).fetchall()


class ServicesStack(Stack):
    """Web and bridge as processes of their own, over MariaDB, Redis and Kafka."""

    def __init__(self, folder: Path, services: Mapping[str, str] | None = None, template: str | None = None) -> None:
        """`services` replaces the addresses of the shared ones, by their variables' names; `template` is a database
        on the same server to copy, with its demo people."""
        self._services = {name: os.environ[name] for name in SERVICES} | dict(services or {})
        self.name = f"chat_{uuid4().hex[:12]}"
        self._server = urlsplit(self._services["DATABASE_URL"])
        with self._connected() as cursor:
            cursor.execute(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
        super().__init__(
            folder,
            self._services
            | {
                "DATABASE_URL": self._server._replace(path=f"/{self.name}").geturl(),
                "REDIS_PREFIX": self.name,
                "KAFKA_TOPIC_PREFIX": f"{self.name}-",
                "KAFKA_PARTITIONS": "8",
            },
        )
        try:
            self._fill(template)
        except BaseException:
            self._forget()  # nobody has this object yet, so nobody else would
            raise

    def _fill(self, template: str | None) -> None:
        if template is not None:
            with self._connected(self.name) as cursor:
                databases.copy(cursor, template, self.name)
            return
        self.make_demo()

    def lose_database(self) -> None:
        """Of all that was in it, only the tables are there again. Nothing may run."""
        with self._connected() as cursor:
            cursor.execute(f"DROP DATABASE {self.name}")
            cursor.execute(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
        self.run("migrate", "-v", "0")

    def start_bridge(self, *arguments: str) -> ManagePy:
        bridge = self.start("bridge", ["kafka_bridge", *arguments])
        bridge.wait_until_printed("bridge: group")
        return bridge

    def wait_for_demo(self) -> None:
        wait_for(lambda: self.rows("SELECT seq FROM messaging_roomhead WHERE room_id = 1")[0][0] == 8, 30, "demo talk")

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        with self._connected(self.name) as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def queries(self) -> int:
        """Statements this database server has answered so far."""
        return self.status("Questions")

    def status(self, name: str) -> int:
        """A counter of the database server."""
        with self._connected() as cursor:
            cursor.execute(f"SHOW GLOBAL STATUS LIKE '{name}'")
            return int(cursor.fetchone()[1])

    def connection(self) -> Any:
        """A connection to the deployment's database, to be in the way of others; closes with its block."""
        return contextlib.closing(self._connect(self.name))

    def end(self) -> None:
        try:
            super().end()
        finally:
            self._forget()

    def _forget(self) -> None:
        """Drop the database and the topics: a broker for development would keep them, and their files, for ever."""
        with self._connected() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {self.name}")
        admin = KafkaAdminClient(bootstrap_servers=self._services["KAFKA_BOOTSTRAP_SERVERS"])
        try:
            mine = [topic for topic in admin.list_topics() if topic.startswith(f"{self.name}-")]
            if mine:
                admin.delete_topics(mine)
        finally:
            admin.close()

    def _connected(self, database: str = "") -> Any:
        return _Cursor(self._connect(database))

    def _connect(self, database: str) -> Any:
        server = self._server
        return MySQLdb.connect(
            host=server.hostname,
            port=server.port,
            user=server.username,
            password=server.password,
            database=database,
            autocommit=True,
        )


class _Cursor:
    """A cursor whose connection ends with it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __enter__(self) -> Any:
        return self._connection.cursor()

    def __exit__(self, *error: object) -> None:
        self._connection.close()
