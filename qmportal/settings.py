"""One settings file for all environments, configured by environment variables. Starts no server and contains no secret."""

from datetime import timedelta
from pathlib import Path

import environ
import pghistory
import structlog
from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from qmportal.lib.cache import database_beside
from qmportal.lib.environment import plain_url, read_proxies, read_site, with_password
from qmportal.lib.logs import hidden_secrets, plain_refusals

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Site -----------------------------------------------------------------------------------------------------------
DEBUG = env.bool("QMPORTAL_DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE = read_site(env.str("SITE_URL", default="http://127.0.0.1:8000"))
SITE_URL, HTTPS = SITE.url, SITE.is_https
# Extra hosts and origins are rare: a second name, or a local test.
ALLOWED_HOSTS = [SITE.host, *env.list("ALLOWED_HOSTS", default=[] if HTTPS else ["127.0.0.1", "localhost", "[::1]"])]
CSRF_TRUSTED_ORIGINS = [SITE_URL, *env.list("CSRF_TRUSTED_ORIGINS", default=[])]
# Private networks, such as 10.1.0.0/16, in which the portal may connect to addresses that people entered.
FETCH_NETWORKS = env.list("QMPORTAL_FETCH_NETWORKS", default=[])
DATA_DIR = Path(env.str("QMPORTAL_DATA_DIR", default=str(BASE_DIR / ".data")))
SETUP_TOKEN = env.str("QMPORTAL_SETUP_TOKEN", default="")
ROOT_URLCONF = "qmportal.urls"
WSGI_APPLICATION = "qmportal.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "qmportal",
    "teams",
    "notifications",
    "records",
    "pipeline",
    "defects",
    "testing",
    "incidents",
    "benchmarks",
    "dashboards",
    "integrations",
    "scenarios",
    "library",
    "training",
    "demo",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "qmportal.staticfiles.OnlyWhatIsServed",
    "django.contrib.humanize",
    "django.contrib.admin.apps.SimpleAdminConfig",  # qmportal.admin_urls loads the rest
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.usersessions",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_standardized_errors",
    "template_partials",
    "csp",
    "pgtrigger",
    "pghistory",
]

MIDDLEWARE = [
    "qmportal.health.HealthMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "qmportal.lib.middleware.ForwardedMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "qmportal.lib.bodies.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "qmportal.lib.middleware.SignedOutMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "qmportal.lib.middleware.ViewerZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "qmportal.lib.middleware.ActingMiddleware",
    "teams.sessions.LastSeenMiddleware",
    "qmportal.lib.middleware.PersonalPagesMiddleware",
    "qmportal.lib.middleware.WrongMethodMiddleware",
    "qmportal.errors.OutageMiddleware",
    "qmportal.lib.middleware.PlainInputMiddleware",
]

LOADERS = ["qmportal.lib.templates.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", LOADERS)])],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboards.context.shell",
                "qmportal.lib.references.of_page",
            ],
            "libraries": {
                "face": "qmportal.lib.face",
                "records": "records.tags",
                "tiers": "benchmarks.tags",
                "lucide": "qmportal.lib.icons",
                "markdown": "qmportal.lib.markdown",
                "references": "qmportal.lib.references",
                "scenarios": "scenarios.tags",
                "training": "training.tags",
            },
        },
    }
]
# What search finds beside the dashboards' own: () -> Iterator[qmportal.lib.search.Readable].
READABLES = ["library.catalogue.readables", "scenarios.search.readables"]
# Who has the knowledge checks that a scenario may ask: a scenarios.checks.Source.
SCENARIO_CHECKS = "library.embedding"
# Who judges on an action's page whether it worked.
ACTION_EFFECT = "dashboards.effect.effect_of"
FORM_RENDERER = "qmportal.lib.widgets.Renderer"

# --- Database and broker ----------------------------------------------------------------------------------------------
# For a password with special characters, set PGPASSWORD, which the driver reads, and leave it out of the URL.
DATABASES = {"default": env.db_url_config(plain_url("DATABASE_URL", env.str("DATABASE_URL"), "PGPASSWORD"))}
DATABASES["default"].update(
    ENGINE="django.db.backends.postgresql",
    CONN_MAX_AGE=0,
    CONN_HEALTH_CHECKS=True,
)
DATABASES["default"].setdefault("OPTIONS", {})
if env.bool("QMPORTAL_PGBOUNCER", default=False):
    # Behind a pooler, transactions of one connection use different servers, so no setting may outlast them. Set timeouts on
    # the role.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
else:
    DATABASES["default"]["OPTIONS"]["options"] = (
        f"-c statement_timeout={env.int('QMPORTAL_STATEMENT_TIMEOUT_MS', default=60_000)}"
        " -c lock_timeout=10000 -c idle_in_transaction_session_timeout=120000"
    )
# A pool pays off only in the threaded web process; its size matches gunicorn's threads.
if pool_size := env.int("QMPORTAL_POOL_SIZE", default=0):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": pool_size,
        "timeout": 5,
        "reconnect_timeout": 8,  # short, because the pauses between attempts double until then
    }
# --- History: see qmportal.lib.history --------------------------------------------------------------------------------
# The event of a new row only says that it was added, so its columns are empty. No page looks events up by a column.
PGHISTORY_FIELD = pghistory.Field(null=True)
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
# Not the start of the transaction: changes to several tables in one transaction stay in order.
PGHISTORY_CREATED_AT_FUNCTION = "clock_timestamp()"
HISTORY_KEPT_FOR = timedelta(days=env.int("QMPORTAL_HISTORY_DAYS", default=3 * 365))

REDIS_URL = with_password(
    plain_url("REDIS_URL", env.str("REDIS_URL"), "VALKEY_PASSWORD"), env.str("VALKEY_PASSWORD", default="")
)
# Limits are counted in a database of their own beside the broker's, and every key there expires: Valkey evicts nothing.
CACHES = {
    "default": {
        "BACKEND": "qmportal.lib.cache.ValkeyCache",
        "LOCATION": env.str("CACHE_URL", default=database_beside(REDIS_URL)),
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# --- Celery: rows are the source of truth, tasks wake workers ----------------------------------------------------------
# Seconds until a dead worker is noticed. A living one renews its lease.
WORK_LEASE = timedelta(seconds=env.float("QMPORTAL_WORK_LEASE_SECONDS", default=60))
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
}
ORGANISATION_TIME_ZONE = env.str("QMPORTAL_TIME_ZONE", default="UTC")
CELERY_TIMEZONE = ORGANISATION_TIME_ZONE

# --- People and sign-in ------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "teams.User"
# Emails are unique ignoring case, by a constraint that this check does not know.
# HSTS for subdomains and preload lists bind hosts that are not the portal's, so they are opt-in.
SILENCED_SYSTEM_CHECKS = ["auth.W004", "security.W005", "security.W021"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_ADAPTER = "teams.adapter.InvitationOnlyAdapter"
ACCOUNT_FORMS = {
    "login": "teams.forms.SignInForm",
    "change_password": "teams.forms.PasswordForm",
    "reset_password": "teams.forms.ForgottenForm",
    "reset_password_from_key": "teams.forms.NewPasswordForm",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
# Per network address. Limits per account are in `teams.limits`, where nobody else can use them up.
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "30/m/ip", "reset_password": "20/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = read_proxies(env.int("QMPORTAL_PROXY_COUNT", default=None), SITE)
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- Security ----------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    SECURE_HSTS_SECONDS = env.int("QMPORTAL_HSTS_SECONDS", default=60 * 60 * 24 * 365)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("QMPORTAL_HSTS_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("QMPORTAL_HSTS_PRELOAD", default=False)
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The form of a scenario's texts has one field for each: 200 nodes with five choices are 3,200.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
ANONYMOUS_BODY_MAX_BYTES = 64 * 1024
EXPORTS_AT_ONCE = max(1, env.int("WEB_THREADS", default=8) // 2)
IMPORT_MAX_BYTES = 200 * 1024 * 1024
# Of one person's files, and what their uploads leave free on the disk.
IMPORT_MAX_BYTES_KEPT = 1024 * 1024 * 1024
DISK_KEPT_FREE = env.int("QMPORTAL_DISK_KEPT_FREE_MB", default=512) * 1024 * 1024
TEST_REPORT_MAX_BYTES = 20 * 1024 * 1024
IMPORT_MAX_BYTES_BY_COMMAND = 1024 * 1024 * 1024

# --- Defects -----------------------------------------------------------------------------------------------------------
# Whether forms of defects ask for trigger, type and qualifier (Orthogonal Defect Classification).
ODC = env.bool("QMPORTAL_ODC", default=False)

# --- Training ----------------------------------------------------------------------------------------------------------
SCENARIO_COOLDOWN = timedelta(hours=env.float("QMPORTAL_SCENARIO_COOLDOWN_HOURS", default=24))

# --- Mail --------------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url_config(plain_url("EMAIL_URL", env.str("EMAIL_URL", default="filemail://"), "EMAIL_PASSWORD"))
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_TIMEOUT = 10
EMAIL_HOST = EMAIL_CONFIG.get("EMAIL_HOST", "")
EMAIL_PORT = EMAIL_CONFIG.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = EMAIL_CONFIG.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.str("EMAIL_PASSWORD", default="") or EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="qmportal@localhost")

# --- API ---------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "teams.authentication.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["teams.authentication.ScopedAccess"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["qmportal.lib.formats.PlainJson"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "qmportal.lib.formats.Formats",
    "DEFAULT_PAGINATION_CLASS": "qmportal.lib.api.CursorPages",
    "DEFAULT_FILTER_BACKENDS": ["qmportal.lib.api.DeclaredFilters"],
    "DEFAULT_METADATA_CLASS": None,  # one row in the list of endpoints describes the calls, not every address
    "DEFAULT_SCHEMA_CLASS": "qmportal.lib.openapi.Described",
    "EXCEPTION_HANDLER": "qmportal.lib.api.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
KNOX_TOKEN_MODEL = "teams.AccessToken"  # noqa: S105 - a model, not a secret
# Our token model replaces knox's, whose migrations would still make a table: unused, and in the way of emptying the users'.
MIGRATION_MODULES = {"knox": None}
REST_KNOX = {
    "TOKEN_TTL": None,
    "AUTO_REFRESH": False,
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_MODEL": "teams.AccessToken",
}
SPECTACULAR_SETTINGS = {
    # `check --deploy` would look before qmportal.schema is loaded; a test holds the schema to "valid, without a warning".
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "TITLE": "qmportal API",
    "DESCRIPTION": "Quality measures, defects and incidents of the teams you can see.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ActionKind": "incidents.models.Action.Kind",
        "ActionStatus": "incidents.models.Action.Status",
        "ReviewStatus": "incidents.models.Review.Status",
        "DeploymentKind": "pipeline.models.Deployment.Kind",
        "DeploymentEnvironment": "pipeline.models.Deployment.Environment",
        "IncidentEnvironment": "incidents.models.Incident.Environment",
        "EscapeReason": "pipeline.models.EscapeReason",
        "DefectStatus": "defects.models.Defect.Status",
        "IncidentKind": "incidents.models.Incident.Kind",
        "ImportStatus": "integrations.status.STATUSES",
        "IncidentStatus": "incidents.models.Incident.Status",
        "MeasureState": "benchmarks.api.STATES",
        "Tier": "benchmarks.models.TIER_CHOICES",
        "AdoptionState": "pipeline.models.Adoption.State",
        "AttemptState": "training.api.attempts.ATTEMPT_STATES",
        "StepKind": "training.api.attempts.STEP_KINDS",
    },
}

# --- Language, time, static files --------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_I18N = False  # there is one language, and asking which took a tenth of a page's time
USE_TZ = True
TIME_ZONE = ORGANISATION_TIME_ZONE
STATIC_URL = "/static/"
STATIC_ROOT = env.str("QMPORTAL_STATIC_ROOT", default=str(DATA_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": env.str("QMPORTAL_STATICFILES", default="qmportal.staticfiles.HashedCompressed")},
}
MEDIA_ROOT = str(DATA_DIR / "files")

# --- Logs: one JSON object a line, with the request's id ---------------------------------------------------------------
shared_processors: list = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    plain_refusals,
    hidden_secrets,
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[*shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": shared_processors,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
