from csp.constants import NONCE, NONE, SELF

from chatsite.settings import env

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", env.LOCAL_HOSTS)
NAMED_ORIGINS = [origin.lower() for origin in env.words("ALLOWED_ORIGINS", [])]
ALLOWED_ORIGINS = NAMED_ORIGINS or [f"http://127.0.0.1:{env.PORT}", f"http://localhost:{env.PORT}"]
SECRET_KEY = env.secret_key(ALLOWED_HOSTS)
SITE_URL = ALLOWED_ORIGINS[0]
"""Where links in mails lead."""
CSRF_TRUSTED_ORIGINS = ALLOWED_ORIGINS

_https = all(origin.startswith("https://") for origin in ALLOWED_ORIGINS)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SECURE_SSL_REDIRECT = _https
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.switch("TRUST_FORWARDED_PROTO") else None
TRUST_FORWARDED_FOR = env.switch("TRUST_FORWARDED_FOR")
"""The last X-Forwarded-For is the client's address: only behind a proxy that always sets it."""

X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["chat-html"],
    }
}
