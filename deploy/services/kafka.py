"""A real Kafka broker in KRaft mode: Maven brings the jars once, Java runs them."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from xml.etree import ElementTree

from deploy.services import install
from deploy.services.processes import Running, ServiceError, free_port, spawn, wait_until

NAME = "kafka"
NEEDS = ("java",)

POM = Path(__file__).parent / "kafka_broker" / "pom.xml"
JVM = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
"""A small heap and a quick start: this broker serves one machine."""

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=10485760
"""
LOG4J = """\
<Configuration status="WARN">
<Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
<Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


def version() -> str:
    """The pinned version of the broker, from the pom."""
    name = "{http://maven.apache.org/POM/4.0.0}"
    dependency = ElementTree.parse(POM).getroot().find(f"{name}dependencies/{name}dependency/{name}version")
    if dependency is None or not dependency.text:
        raise ServiceError(f"{POM} names no version of Kafka")
    return dependency.text


def start(folder: Path, state: Path, port: int) -> Running:
    jars = _jars()
    log, properties, logs = folder / "kafka.log", folder / "server.properties", folder / "logs"
    properties.write_text(PROPERTIES.format(port=port, controller=free_port(), logs=logs))
    (folder / "log4j2.xml").write_text(LOG4J)
    java = [install.program("java") or "java", *JVM, f"-Dlog4j2.configurationFile={folder / 'log4j2.xml'}"]
    java += ["-cp", f"{jars}/*"]
    if not (logs / "meta.properties").exists():
        _format(java, properties)
    running = spawn([*java, "kafka.Kafka", str(properties)], log, state, port)
    wait_until(lambda: is_ready(port), running, log, "Kafka")
    return running


def is_ready(port: int) -> bool:
    """Ask for the API versions, as every client does first; an answer to our question means it serves."""
    question = struct.pack(">hhih", 18, 0, 7, -1)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(question)) + question)
            answer = connection.recv(8)
    except OSError:
        return False
    return len(answer) == 8 and struct.unpack(">ii", answer)[1] == 7


def exports(running: Running) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{running.port}"}


def _jars() -> Path:
    """The broker's jars, in a cache shared by all checkouts; complete ones are never fetched again."""
    cache = Path(os.environ.get("CHATSITE_CACHE", Path.home() / ".cache" / "chatsite"))
    jars = cache / f"kafka-{version()}"
    if jars.exists():
        return jars
    install.require("mvn")
    print(f"fetching Kafka {version()}", file=sys.stderr)
    draft = cache / f"kafka-{version()}.{os.getpid()}"
    command = [install.program("mvn") or "mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={draft}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"Maven cannot bring Kafka: {done.stdout[-1000:]}")
    try:
        draft.rename(jars)
    except OSError:  # another call was first
        shutil.rmtree(draft)
    return jars


def _format(java: list[str], properties: Path) -> None:
    # A zero byte in front: an id that starts with "-" is taken for an option, one time in 64.
    cluster = urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
    command = [*java, "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServiceError(f"Kafka cannot format its log folder: {done.stdout[-500:]}{done.stderr[-500:]}")
