"""Settings, read once from the environment. `.env.example` lists every variable."""

import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import pghistory
import psycopg
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from config.environment import Environment

django_stubs_ext.monkeypatch()  # lets generic Django classes be written with their types

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = env.boolean("DEBUG", default=False)
PORT = env.integer("PORT", default=8000, least=1, most=65535)
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / ".data"))).absolute()
PUBLIC_URL = env.web_address("PUBLIC_URL", f"http://127.0.0.1:{PORT}")


def kept_secret() -> str:
    """A key made on first use and kept in the data folder, so that sessions outlive restarts."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret_key.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            path.hardlink_to(draft)  # the first of several starters wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def database(url: str) -> dict[str, Any]:
    """The database entry for a libpq address, or for the embedded server when there is none."""
    entry: dict[str, Any] = {
        "ENGINE": "config.postgres",
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        "TEST": {"NAME": None},
    }
    # One transaction waits at most three seconds for another; a lock that does not come in
    # time is answered with 503 and `Retry-After`, never with a hanging page. The site's own
    # statements are bounded as well (`config.wsgi`); a migration may take as long as it needs.
    longest = env.integer("STATEMENT_TIMEOUT", default=0, least=0, most=3600) * 1000
    options: dict[str, Any] = {
        "options": f"-c lock_timeout=3000 -c statement_timeout={longest}"
        " -c idle_in_transaction_session_timeout=60000"
        # Prepared statements (only `businesses.statements` has any) are planned once. PostgreSQL
        # would plan some anew each time, which takes longer than running them.
        " -c plan_cache_mode=force_generic_plan",
        "prepare_threshold": 2,
        "pool": {
            "min_size": 1,
            "max_size": env.integer("DATABASE_POOL", default=10, least=1, most=200),
            "timeout": 10,
        },
    }
    if not url or url.rstrip(":/") == "embedded":
        return {
            **entry,
            "NAME": "stilldesk",
            "EMBEDDED": str(DATA_DIR / "postgres"),
            "EMBEDDED_ACCOUNT": env.text("EMBEDDED_ACCOUNT"),
            "OPTIONS": options,
        }
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ImproperlyConfigured(
            "DATABASE_URL can't be read; write postgresql://user:password@host:5432/name."
        ) from error
    if not given.get("dbname"):
        raise ImproperlyConfigured("DATABASE_URL names no database; end it with /name.")
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    entry |= {names[word]: value for word, value in given.items() if word in names}
    entry["PORT"] = str(given.get("port") or "")
    rest = {word: value for word, value in given.items() if word not in {*names, "port"}}
    return {**entry, "OPTIONS": options | rest}


SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
DATABASE_URL = env.text("DATABASE_URL")

if DEBUG:
    SECRET_KEY = SECRET_KEY or kept_secret()
    ALLOWED_HOSTS = ALLOWED_HOSTS or ["127.0.0.1", "localhost", "[::1]", "testserver"]
else:
    missing = [
        name
        for name, value in {
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": ALLOWED_HOSTS,
            "DATABASE_URL": DATABASE_URL,
        }.items()
        if not value
    ]
    if missing:
        raise ImproperlyConfigured(
            f"With DEBUG off, set {' and '.join(missing)}."
            " SECRET_KEY is a long random text, ALLOWED_HOSTS the host names of the site,"
            " DATABASE_URL a PostgreSQL address, or `embedded` to use the built-in server."
        )
    if len(SECRET_KEY) < 32:
        raise ImproperlyConfigured("SECRET_KEY is too short; write 32 random characters or more.")

DATABASES = {"default": database(DATABASE_URL)}

INSTALLED_APPS = [
    "config.admin_site.StilldeskAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "pgtrigger",
    "pghistory",
    "axes",
    "csp",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "businesses",
    "staff",
    "patients",
    "appointments",
    "config",
]

MIDDLEWARE = [
    "config.middleware.RequestId",
    "config.middleware.ApiEnvelope",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.Language",
    "config.middleware.ContentPolicy",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.History",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.product",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- People and passwords -------------------------------------------------------------------

AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "login"
# Ten wrong passwords for one e-mail from one address lock that pair for a quarter of an hour.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"  # else counted by `email`, a name that no form sends
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
PROXY_COUNT = env.integer("PROXY_COUNT", default=0, least=0, most=5)
AXES_CLIENT_IP_CALLABLE = "config.visitors.address_of"

# --- Language and time ----------------------------------------------------------------------

# Each in its own words: whoever looks for it may read no other.
LANGUAGES = [
    ("en", "English"),
    ("en-us", "English (US)"),
    ("de", "Deutsch"),
    ("es", "Español"),
]
# For visitors whose browser asks for none of these, and for mails to people who have chosen none.
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", default="en", choices=[code for code, _ in LANGUAGES])
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LOCALE_PATHS = [BASE_DIR / "config/locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files ---------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- History --------------------------------------------------------------------------------

# The context is kept in each row: no table that every write of the site would queue for, and
# a row of the history says by itself who did it.
PGHISTORY_DEFAULT_TRACKERS = (
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
)
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(db_index=True)
PGHISTORY_APPEND_ONLY = True

# --- HTTP -----------------------------------------------------------------------------------

HTTPS = urlsplit(PUBLIC_URL).scheme == "https"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "config.views.csrf_failure"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 60 * 60 * 12  # a working day
SECURE_SSL_REDIRECT = HTTPS and not DEBUG
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.boolean("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "config.api.answer_to",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "businesses.api.authentication.KeyAuthentication",
        "businesses.api.authentication.DeskSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["businesses.api.authentication.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["config.api.JsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["config.api.JsonRenderer"],
    "DEFAULT_SCHEMA_CLASS": "businesses.api.schema.Described",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stilldesk",
    "DESCRIPTION": "Appointment booking for clinics.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "PREPROCESSING_HOOKS": ["config.schema.only_v1"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.named_as_on_the_wire",
        "config.schema.closed",
        "config.schema.with_examples",
    ],
    # Two things have a status, each of its own words.
    "ENUM_NAME_OVERRIDES": {
        "StaffStatusEnum": "staff.models.StaffStatus",
        "StatusEnum": "appointments.models.Status",
    },
}

# Requests a minute that a key of the API may make, if its own limit says nothing else.
RATE_LIMIT = env.integer("RATE_LIMIT", default=3000, least=1, most=1_000_000)

# Requests a minute that one address may make to the pages behind patients' links, and that may be
# made to one link.
LINK_RATE_LIMIT = env.integer("LINK_RATE_LIMIT", default=60, least=1, most=1_000_000)

# Whether webhooks may go to this machine and to private networks, and without TLS: so that they
# can be tried with `make serve`.
WEBHOOK_PRIVATE_ADDRESSES = env.boolean("WEBHOOK_PRIVATE_ADDRESSES", default=DEBUG)

# --- Mail and logs --------------------------------------------------------------------------

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", default=25, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Stilldesk <stilldesk@localhost>")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "config.logs.Line",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django's own handlers would say everything a second time.
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},
        "django.server": {"handlers": ["stderr"], "propagate": False},
        "stilldesk": {"level": "INFO"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
