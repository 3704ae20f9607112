"""Templates, static files, languages."""

from chatsite.settings import env

VERSION = (env.BASE_DIR / "VERSION").read_text().strip()

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [env.BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

# The prefix carries the version, so that relative imports between modules go on working and files never go stale.
STATIC_URL = f"/static/{VERSION}/"
STATICFILES_DIRS = [env.BASE_DIR / "static"]
STATIC_ROOT = env.VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
# What people upload. Processes on several machines need one folder, or Django's STORAGES with an object store.
MEDIA_ROOT = env.text("MEDIA_ROOT") or env.VAR / "media"

SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = env.DEBUG
SERVESTATIC_ALLOW_ALL_ORIGINS = False
SERVESTATIC_MAX_AGE = 0 if env.DEBUG else 60 * 60 * 24

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [env.BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
