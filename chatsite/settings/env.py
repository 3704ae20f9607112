"""The only reader of the environment. Every name here stands in .env.example and docs/settings.md (tests say so)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOCAL_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

_env = environ.Env()


def text(name: str, default: str = "") -> str:
    return str(_env.str(name, default=default)).strip()


def number(name: str, default: float, *, least: float = 0) -> float:
    """Raises ImproperlyConfigured in one sentence for anything that is not a number of at least `least`."""
    raw = text(name, str(default))
    try:
        value = float(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}, but has to be a number.") from None
    if value < least:
        raise ImproperlyConfigured(f"{name} is {raw}, but has to be at least {least:g}.")
    return value


def integer(name: str, default: int, *, least: int = 0) -> int:
    value = number(name, default, least=least)
    if value != int(value):
        raise ImproperlyConfigured(f"{name} is {value:g}, but has to be a whole number.")
    return int(value)


def switch(name: str, default: bool = False) -> bool:
    raw = text(name, "1" if default else "0").lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"", "0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {raw!r}, but has to be 1 or 0.")


def words(name: str, default: list[str]) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name).split(",") if word.strip()] or default


def chosen(name: str, pairs: list[str], allowed: dict[str, list[str]]) -> dict[str, str]:
    """`what=choice` pairs; what is not named has the first choice that it allows."""
    found = {what: choices[0] for what, choices in allowed.items()}
    for pair in pairs:
        what, _, choice = (part.strip() for part in pair.partition("="))
        if what not in allowed:
            raise ImproperlyConfigured(f"{name} names {what!r}, but there are only {', '.join(allowed)}.")
        if choice not in allowed[what]:
            raise ImproperlyConfigured(f"{name} has {pair!r}, but {what} can be {' or '.join(allowed[what])}.")
        found[what] = choice
    return found


def database() -> dict[str, object]:
    """DATABASE_URL as Django wants it. Raises ImproperlyConfigured for a scheme that is not served."""
    url = text("DATABASE_URL") or f"sqlite:///{VAR / 'chat.sqlite3'}"
    scheme = urlsplit(url).scheme
    if scheme not in {"sqlite", "mysql"}:
        raise ImproperlyConfigured(f"DATABASE_URL starts with {scheme!r}, but has to start with mysql:// or sqlite://.")
    return dict(environ.Env.db_url_config(url))


def url(name: str, schemes: set[str]) -> str:
    """A URL with one of these schemes, or an empty string."""
    value = text(name)
    if value and urlsplit(value).scheme not in schemes:
        wanted = " or ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ImproperlyConfigured(f"{name} starts with {urlsplit(value).scheme!r}, but has to start with {wanted}.")
    return value


def mail() -> dict[str, object]:
    """EMAIL_URL as Django settings; mails go to the console when it is not set."""
    return dict(environ.Env.email_url_config(text("EMAIL_URL", "consolemail://")))


def secret_key(hosts: list[str]) -> str:
    """SECRET_KEY, or for local use one that is made once and kept under VAR."""
    given = text("SECRET_KEY")
    if given:
        return given
    public = [host for host in hosts if host not in LOCAL_HOSTS]
    if public:
        raise ImproperlyConfigured(
            f"SECRET_KEY has to be set, because ALLOWED_HOSTS names {public[0]}, which is not a local name."
        )
    return _kept_key(VAR / "secret_key")


def _kept_key(path: Path) -> str:
    """Two processes that start at once end up with the same key: linking the finished file decides who was first."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


VAR = Path(text("VAR") or BASE_DIR / "var").resolve()
VAR.mkdir(parents=True, exist_ok=True)

DEBUG = switch("DEBUG")
PORT = integer("PORT", 8000, least=1)
