"""A deployment of its own: database, topics, Redis names and state folder that nothing else uses."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import MySQLdb
from kafka.admin import KafkaAdminClient

from tests.stack.processes import ManagePy, free_port, run_manage, wait_for

PASSWORD = "demo-password"
FAST = {"CHAT_SEND_RATE": "100000", "CHAT_SEND_BURST": "100000", "CHAT_DRAIN_S": "0.5", "CHAT_DEMO": "1"}


class Stack:
    """`serve` and what it needs. The people of `seed_demo` are there, room 1 is the lobby."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.metrics_port = free_port()
        self.environment = {**FAST, **environment, "VAR": str(folder), "PORT": str(self.port)}
        self.processes: list[ManagePy] = []
        self.clients: list[httpx.Client] = []
        self.web: ManagePy

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_web(self) -> ManagePy:
        arguments = ["serve", "--port", str(self.port), "--metrics-port", str(self.metrics_port)]
        self.web = self.start("web", arguments)
        self.web.wait_until_printed("Ctrl-C ends it")
        return self.web

    def start(self, name: str, arguments: list[str]) -> ManagePy:
        process = ManagePy(f"{name}-{len(self.processes)}", arguments, self.environment, self.folder)
        self.processes.append(process)
        return process

    def sign_in(self, username: str) -> httpx.Client:
        """An HTTP client with a session, by the page's own form."""
        client = self.visitor()
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
        run_manage(["migrate", "--verbosity", "0"], self.environment)
        run_manage(["seed_demo"], self.environment)

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        with sqlite3.connect(self.folder / "chat.sqlite3") as connection:
            return connection.execute(sql).fetchall()


class ServicesStack(Stack):
    """Web and bridge as processes of their own, over MariaDB, Redis and Kafka."""

    def __init__(self, folder: Path) -> None:
        self.name = f"chat_{uuid4().hex[:12]}"
        self._server = urlsplit(os.environ["DATABASE_URL"])
        with self._connected() as cursor:
            cursor.execute(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
        super().__init__(
            folder,
            {
                "DATABASE_URL": self._server._replace(path=f"/{self.name}").geturl(),
                "REDIS_PREFIX": self.name,
                "KAFKA_TOPIC_PREFIX": f"{self.name}-",
                "KAFKA_PARTITIONS": "8",
            },
        )
        try:
            run_manage(["migrate", "--verbosity", "0"], self.environment)
            run_manage(["seed_demo"], self.environment)
        except BaseException:
            self._forget()  # nobody has this object yet, so nobody else would
            raise

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

    def end(self) -> None:
        try:
            super().end()
        finally:
            self._forget()

    def _forget(self) -> None:
        """Drop the database and the topics: a broker for development would keep them, and their files, for ever."""
        with self._connected() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {self.name}")
        admin = KafkaAdminClient(bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"])
        try:
            mine = [topic for topic in admin.list_topics() if topic.startswith(f"{self.name}-")]
            if mine:
                admin.delete_topics(mine)
        finally:
            admin.close()

    def _connected(self, database: str = "") -> Any:
        server = self._server
        connection = MySQLdb.connect(
            host=server.hostname,
            port=server.port,
            user=server.username,
            password=server.password,
            database=database,
            autocommit=True,
        )
        return _Cursor(connection)


class _Cursor:
    """A cursor whose connection ends with it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __enter__(self) -> Any:
        return self._connection.cursor()

    def __exit__(self, *error: object) -> None:
        self._connection.close()
