"""Connections to public addresses only. A name is looked up once, every address it has must be public, and the
connection goes to one of those that were looked at: a name that changes its mind in between changes nothing."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection, Iterable
from ipaddress import IPv6Address, ip_address
from typing import Any

import httpcore

PORTS = {80, 443}


class NotPublic(httpcore.ConnectError):
    """The address is not one that everybody could reach, or not one where pages are served."""


class PublicOnly(httpcore.SyncBackend):
    """httpcore's network, without the private part of it, for `seconds` in all: httpcore itself bounds each step, and
    a page could take any number of small ones. `allowed`: what may be reached though it is private, as `host:port`."""

    def __init__(self, seconds: float, allowed: Collection[str] = ()) -> None:
        super().__init__()
        self._allowed = allowed
        self._deadline = time.monotonic() + seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        if f"{host}:{port}" in self._allowed:
            address = host
        elif port not in PORTS:
            raise NotPublic(f"port {port}")
        else:
            address = public_address(host, port)
        return Bounded(super().connect_tcp(address, port, timeout, local_address, socket_options), self._deadline)


class Bounded(httpcore.NetworkStream):
    """A stream that ends at a time of the monotonic clock."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._left(timeout, httpcore.ConnectTimeout)
        return Bounded(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def _left(self, timeout: float | None, error: type[Exception]) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise error("the page takes too long")
        return left if timeout is None else min(left, timeout)


def public_address(host: str, port: int) -> str:
    """An address of this host. Raises NotPublic when any of them is private, ConnectError when there is none."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    for address in found:
        if not is_public(address):
            raise NotPublic(address)
    return found[0]


def is_public(address: str) -> bool:
    """Also of the IPv4 address that an IPv6 one may stand for."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if inner is not None:
            return inner.is_global and not inner.is_multicast
        if found.packed.startswith(NAT64):
            return False
    return found.is_global and not found.is_multicast


NAT64 = bytes.fromhex("0064ff9b")
"""A network's own way to IPv4: what stands behind it cannot be judged."""
