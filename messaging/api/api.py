"""The HTTP API under /api/v1/. Errors are `{"code", "message", "fields"?, "retry_after"?}` with the right status."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import SessionAuth

from messaging.api.blocks import router as blocks_router
from messaging.api.invites import router as invites_router
from messaging.api.messages import router as messages_router
from messaging.api.moderation import router as moderation_router
from messaging.api.people import router as people_router
from messaging.api.rooms import router as rooms_router
from messaging.errors import ChatError

api = NinjaAPI(
    title="chatsite",
    version="1",
    urls_namespace="api-v1",
    auth=SessionAuth(csrf=True),
    docs_url=None,
    description="Read and write what the web UI reads and writes.",
)
api.add_router("/rooms", rooms_router)
api.add_router("/rooms", messages_router)
api.add_router("/rooms", invites_router)
api.add_router("/blocks", blocks_router)
api.add_router("/people", people_router)
api.add_router("", moderation_router)


def _answer(request: HttpRequest, status: int, code: str, message: str, **more: Any) -> HttpResponse:
    body = {"code": code, "message": message, **{name: value for name, value in more.items() if value is not None}}
    return api.create_response(request, body, status=status)


@api.exception_handler(ChatError)
def _chat_error(request: HttpRequest, error: ChatError) -> HttpResponse:
    return _answer(request, error.http_status, error.code, error.message, retry_after=error.retry_after)


@api.exception_handler(AuthenticationError)
def _not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return _answer(request, 401, "not_signed_in", "Sign in first.")


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {str(item["loc"][-1]): item["msg"] for item in error.errors}
    return _answer(request, 422, "invalid", "A field is missing or has the wrong type.", fields=fields)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, error.status_code, "forbidden" if error.status_code == 403 else "invalid", str(error))
