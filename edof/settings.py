"""Django settings. What differs between two machines comes from environment variables."""

import datetime as dt
import os
from pathlib import Path

import pghistory
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from edof import variables
from edof.demande import nom_de_connexion
from edof.seau import DOSSIER, stockage_des_donnees
from edof.suivi import suivre_les_erreurs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("EDOF_VAR", BASE_DIR / "var"))

# On a developer's machine: static files served as they are, a clock that can be moved, a default secret key.
DEVELOPPEMENT = variables.booleen("DEBUG")
# Django's own error pages are shown only on request: they are in English and without our security policy.
DEBUG = DEVELOPPEMENT and variables.booleen("PAGES_DE_DEBOGAGE")
SECRET_KEY = variables.cle_secrete(DEVELOPPEMENT)
# While a key is replaced, what the former one signed (sessions, links of e-mails) is still read.
SECRET_KEY_FALLBACKS = variables.cles_precedentes()
# No « * »: a foreign host name would be written in the links of the e-mails.
ALLOWED_HOSTS = variables.liste(
    "ALLOWED_HOSTS",
    "localhost,127.0.0.1,[::1]",
    forme=r"\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]",
    exemple="catalogue.example.fr",
)
CSRF_TRUSTED_ORIGINS = variables.liste(
    "CSRF_TRUSTED_ORIGINS", forme=r"https?://[^\s/]+", exemple="https://catalogue.example.fr"
)


def _aujourd_hui_force() -> dt.date | None:
    valeur = os.environ.get("EDOF_AUJOURDHUI")
    if not valeur:
        return None
    if not DEVELOPPEMENT:
        raise ImproperlyConfigured("EDOF_AUJOURDHUI est refusée quand DEBUG n'est pas à 1.")
    try:
        return dt.date.fromisoformat(valeur)
    except ValueError as erreur:
        raise ImproperlyConfigured("EDOF_AUJOURDHUI s'écrit AAAA-MM-JJ, par exemple 2026-03-29.") from erreur


EDOF_AUJOURDHUI = _aujourd_hui_force()
# D-08: True accepts a session that ends on the day it starts.
SESSION_D_UN_JOUR = variables.booleen("SESSION_D_UN_JOUR")

INSTALLED_APPS = [
    "edof.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "pgtrigger",
    "pghistory",
    "django_otp.plugins.otp_totp",
    "django_fsm",
    "django_htmx",
    "csp",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "organismes",
    "catalogue",
    "sessions_app",
    "lots",
    "publication",
    "echanges",
    "recherche",
    "crochets",
    "exploitation",
    "demo",
    "api",
]

# Middleware that adds headers comes first: no middleware that refuses requests may run before it.
MIDDLEWARE = [
    "edof.journal.AccesMiddleware",
    "edof.entetes.EntetesMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "edof.sante.SanteMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Before any middleware that reads the body.
    "edof.requetes.RequetesMiddleware",
    # Around all that makes a page, and inside HEAD, whose length is then that of GET. BREACH guesses a secret
    # from the length of pages that repeat what the attacker wrote. Here each page masks its CSRF token anew,
    # the session is in no page, Django adds a random length to what it compresses, and another site cannot
    # ask for a private page unseen, as the cookies are SameSite (docs/deploiement.md).
    "django.middleware.gzip.GZipMiddleware",
    # Outside what reads cookies: a page that is the same for everybody depends on none.
    "vitrine.cache.SansTemoinMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "organismes.connexion.IdentiteMiddleware",
    "organismes.duree.DureeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "organismes.middleware.ConnexionMiddleware",
    "organismes.middleware.EspaceMiddleware",
    "organismes.middleware.SecondFacteurMiddleware",
    "edof.erreurs.PagesMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "edof.urls"
WSGI_APPLICATION = "edof.wsgi.application"
FORM_RENDERER = "edof.formulaires.Rendu"

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
                "organismes.processeurs.espace",
                "organismes.processeurs.bandeaux",
                "bureau.processeurs.retard",
            ],
            "builtins": [
                "edof.templatetags.affichage",
                "edof.templatetags.blocs",
                "organismes.templatetags.organismes",
            ],
        },
    },
]


# Maximum wait for a lock, maximum time of a statement, and maximum idle time within a transaction, for
# requests and for tasks. A page that cannot be served fails within seconds and frees its thread, so that one
# stuck row does not block the other users.
DELAIS = {
    "web": "-c lock_timeout=1500ms -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s",
    "tache": "-c lock_timeout=60s -c statement_timeout=30min -c idle_in_transaction_session_timeout=10min",
}
# Without this setting each trigger of the history would abort a subtransaction, for each row.
_SERVICE = os.environ.get("EDOF_SERVICE", "tache")
# The name says which process holds a connection; that of a request joins it (edof/demande.py).
# PostgreSQL looks for a client that the network has taken away as the program does for it (`_RESEAU`): its
# transaction, and what it locks, would otherwise last.
_RESEAU = "".join(
    f" -c {nom}={valeur}"
    for nom, valeur in (
        ("tcp_user_timeout", 5000), ("tcp_keepalives_idle", 5),
        ("tcp_keepalives_interval", 2), ("tcp_keepalives_count", 3),
    )
)  # fmt: skip
# PostgreSQL compiles a statement that it believes to be dear, which takes longer than to run it: to make one
# row of the search again, 1.7 s instead of 1 ms, at each session that is closed (docs/mesures.md).
SANS_COMPILER = "-c jit=off"
_CONNEXION = (
    f"-c pgtrigger.ignore={{}} {SANS_COMPILER} -c application_name={nom_de_connexion()}"
    f" {DELAIS[_SERVICE]}{_RESEAU}"
)
DATABASES = {"default": variables.base_de_donnees(_CONNEXION)}
# For the web server only: what holds a lock from one transaction to the next goes straight (docs/echelle.md).
PGBOUNCER = variables.derriere_pgbouncer()
# A read replica, for the public side (edof/replique.py).
if _lecture := variables.base_de_lecture(_CONNEXION, DATABASES["default"]):
    DATABASES["lecture"] = _lecture
    DATABASE_ROUTERS = ["edof.replique.Routeur"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "organismes.Utilisateur"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["prenom", "nom", "courriel"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "connexion"
LOGIN_REDIRECT_URL = "accueil"
LOGOUT_REDIRECT_URL = "connexion"
# Wrong passwords, counted over a quarter of an hour (docs/deploiement.md): `organismes/essais.py` decides who
# has to wait, and after how many failures.
AXES_HANDLER = "organismes.essais.Essais"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = dt.timedelta(minutes=15)
# Attempts made while waiting are ignored, and do not extend the wait.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "organismes.essais.compte_vise"
AXES_CLIENT_IP_CALLABLE = "edof.visiteur.adresse"
AXES_LOCKOUT_CALLABLE = "organismes.views.connexion.trop_d_essais"
AXES_SENSITIVE_PARAMETERS = [
    "username", "ip_address", "csrfmiddlewaretoken", "reprise", "mot_de_passe", "code", "reponse",
]  # fmt: skip
AXES_VERBOSE = False
# The administrator sees every failure, also those that a later success clears; our own pages show them.
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_ENABLE_ADMIN = False

PASSWORD_RESET_TIMEOUT = 24 * 3600
# Whoever has access to the administration needs a second factor (organismes/second_facteur.py).
SECOND_FACTEUR_DES_ADMINISTRATEURS = variables.booleen(
    "SECOND_FACTEUR_DES_ADMINISTRATEURS", not DEVELOPPEMENT
)
OTP_TOTP_ISSUER = "Catalogue OF"
# Wrong codes are counted with wrong passwords (organismes/essais.py).
OTP_TOTP_THROTTLE_FACTOR = 0


# Without a mail server, e-mails are written to files that can be opened.
_messagerie = variables.messagerie((VAR / "courriels").resolve().as_uri())
EMAIL_BACKEND = _messagerie["EMAIL_BACKEND"]
EMAIL_FILE_PATH = _messagerie.get("EMAIL_FILE_PATH")
EMAIL_HOST, EMAIL_PORT = _messagerie.get("EMAIL_HOST"), _messagerie.get("EMAIL_PORT")
EMAIL_HOST_USER = _messagerie.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _messagerie.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _messagerie.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _messagerie.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
# Who members write to for what only the administrator can change; empty: nobody is named.
ASSISTANCE = variables.adresse_electronique("ASSISTANCE")
# Who is told of a vulnerability, and where the rules are: /.well-known/security.txt.
SECURITE_CONTACT = variables.contact("SECURITE_CONTACT", ASSISTANCE)
SECURITE_POLITIQUE = variables.contact("SECURITE_POLITIQUE")
DEFAULT_FROM_EMAIL = variables.expediteur("EMAIL_DE", "Catalogue OF <ne-pas-repondre@localhost>")

LANGUAGE_CODE = "fr"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["edof.formats"]
USE_THOUSAND_SEPARATOR = False

STATIC_URL = "static/"
STATIC_ROOT = variables.dossier("STATIQUES", VAR / "static")
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# These folders contain password links and task messages: only this account may read them.
for _dossier in (VAR / "courriels", VAR / "celery"):
    _dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
    _dossier.chmod(0o700)
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEVELOPPEMENT
            else "edof.statiques.Stockage"
        )
    },
    # The open data (publication/donnees/jeux.py).
    "donnees": stockage_des_donnees(),
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEVELOPPEMENT

MESSAGE_STORAGE = "edof.messages.Stockage"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # vitrine/securite.py
        "report-uri": ["/csp/"],
    }
}
# The pages use none of these browser features. Passkeys stay: browsers allow them to our own pages only.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    pouvoir: []
    for pouvoir in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation",
        "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
        "screen-wake-lock", "usb",
        "xr-spatial-tracking",
    )
}  # fmt: skip
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "organismes.connexion"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "organismes.views.connexion.formulaire_perime"
# HTTPS is the rule outside a developer's machine; the proxy in front reports whether the visitor used it.
HTTPS = variables.booleen("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# The links of the e-mails that the worker sends by itself begin with it.
ADRESSE_PUBLIQUE = variables.adresse_publique(ALLOWED_HOSTS, HTTPS)
SECURE_SSL_REDIRECT = HTTPS
# A probe calls the container directly, by its address and without TLS.
SECURE_REDIRECT_EXEMPT = [r"^sante/", r"^metriques/$"]
ACTIVITE_COOKIE_NAME = "activite"
if HTTPS:
    # Another site on the same domain can neither read nor set these.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, ACTIVITE_COOKIE_NAME = (
        "__Host-sessionid",
        "__Host-csrftoken",
        "__Host-activite",
    )
# How long a user stays signed in (organismes/duree.py): minutes without activity, and hours in total.
CONNEXION_MINUTES_SANS_GESTE = variables.entier("CONNEXION_MINUTES_SANS_GESTE", 120, au_plus=1440) or 120
CONNEXION_HEURES = variables.entier("CONNEXION_HEURES", 12, au_plus=720) or 12
SESSION_COOKIE_AGE = CONNEXION_HEURES * 3600
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# HSTS preloading commits a whole domain permanently: only its owner should ask for it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Number of our own proxies in front: each adds to `X-Forwarded-For` the address it received the request from.
PROXYS = variables.entier("PROXYS", int(HTTPS), au_plus=10)

# Maximum delay, in days, that a stop of the nightly run can explain: beyond it, a person confirms the date,
# as the clock may be wrong. 0: no limit, on a developer's machine, whose clock is moved and which sleeps for
# weeks.
PUBLICATION_JOURS_AU_PLUS = 0 if DEVELOPPEMENT else 31
# Whether the clock of the machine is believed even where it disagrees with that of the database
# (edof/horloge.py): on a developer's machine, for the same reason.
HORLOGE_DE_LA_MACHINE = DEVELOPPEMENT

# How many seconds of readings a process keeps in memory before it writes them (publication/frequentation.py).
FREQUENTATION_SECONDES = 10
# The open data: the folder that the night writes and the web server reads (a bucket of S3 in its place, see
# STORAGES), how many days are kept, the licence, and the prefix by which a server in front is asked to send
# the files of the folder itself (docs/deploiement.md).
DONNEES_OUVERTES = variables.dossier("DONNEES_OUVERTES", VAR / "donnees")
DONNEES_JOURS = variables.entier("DONNEES_JOURS", 31, au_plus=3650) or 1
DONNEES_LICENCE = variables.parmi("DONNEES_LICENCE", variables.LICENCES, "AUCUNE")
DONNEES_ACCEL = variables.prefixe("DONNEES_ACCEL")
if STORAGES["donnees"]["BACKEND"] != DOSSIER:
    DONNEES_ACCEL = ""

# Webhooks (crochets/adresses.py): the ports that may be called, and, on a developer's machine only, http and
# the machine itself.
WEBHOOKS_PORTS = [
    int(port) for port in variables.liste("WEBHOOKS_PORTS", "443", forme="[0-9]{1,5}", exemple="443")
]
WEBHOOKS_LOCAUX = variables.booleen("WEBHOOKS_LOCAUX")
if WEBHOOKS_LOCAUX and not DEVELOPPEMENT:
    raise ImproperlyConfigured("WEBHOOKS_LOCAUX est refusée quand DEBUG n'est pas à 1.")

# Where the worker writes a backup of the database each day, and how many stay there; None: nowhere.
SAUVEGARDES = variables.dossier("SAUVEGARDES", None)
SAUVEGARDES_GARDEES = variables.entier("SAUVEGARDES_GARDEES", 14, au_plus=3650) or 1

# Where the registers of certifications are read each day: the zip or the csv of France compétences; none: by
# hand (catalogue/registres.py).
CERTIFICATIONS_URL = variables.adresse_en_https("CERTIFICATIONS_URL")

# What is seen from outside (docs/deploiement.md): who may read /metriques/ and all of /sante/pret/, where the
# processes of the web server add up their counters, and the address that each healthy round calls.
METRIQUES_JETON = variables.secret("METRIQUES_JETON", au_moins=16)
METRIQUES_ADRESSES = variables.reseaux("METRIQUES_ADRESSES", "127.0.0.1,::1" if DEVELOPPEMENT else "")
METRIQUES_DOSSIER = variables.dossier("METRIQUES_DOSSIER", None)
PING_URL = variables.adresse_a_appeler("PING_URL")
# Errors are sent to Sentry, or to what speaks as it does.
SENTRY_DSN = variables.adresse_a_appeler("SENTRY_DSN", "https://cle@sentry.example.fr/1")
if SENTRY_DSN:
    suivre_les_erreurs(SENTRY_DSN)

# « Modifier en tableau » sends up to 400 rows of ten fields each; Django's default is 1,000 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# The history is written by database triggers and is append-only; deleted records stay in it.
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
PGHISTORY_APPEND_ONLY = True

# The API: JSON only, one token for each program. Request rates are counted once for all the processes.
API_DEBIT_PAR_JETON = variables.debit("API_DEBIT_PAR_JETON", "600/min")
API_DEBIT_PAR_ORGANISME = variables.debit("API_DEBIT_PAR_ORGANISME", "1800/min")
API_DEBIT_ANONYME = variables.debit("API_DEBIT_ANONYME", "120/min")
API_OCTETS_AU_PLUS = 1_048_576
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentification.JetonAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["api.authentification.AvecUnJeton"],
    "DEFAULT_THROTTLE_CLASSES": ["api.debit.Debit"],
    "DEFAULT_PARSER_CLASSES": ["api.corps.LecteurJSON"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "api.problemes.repondre",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    # The client's address is the last one added by the proxy in front, never what the visitor sends.
    "NUM_PROXIES": PROXYS,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "API de Catalogue OF",
    "DESCRIPTION": (
        "Lire et écrire le catalogue d'un organisme de formation, avec les règles et les phrases de ses"
        " écrans."
    ),
    "VERSION": "1",
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": ADRESSE_PUBLIQUE}],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "api.schema.finir"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATION_PARAMETERS": False,
    "ENUM_NAME_OVERRIDES": {
        "AuDebutEnum": "sessions_app.series.AuDebut",
        "AuDedansEnum": "sessions_app.series.AuDedans",
        "EtatDImportEnum": "echanges.models.Etat",
        "EtatDeLotEnum": "lots.models.Etat",
        "LivraisonEtatEnum": "crochets.models.Livraison.Etat",
        "NiveauDElementEnum": "api.lots.elements.NIVEAUX",
        "NiveauDeLigneEnum": "echanges.lignes.Niveau",
    },
    "COMPONENT_SPLIT_PATCH": False,
}

CELERY_BROKER_URL = variables.courtier()
if CELERY_BROKER_URL == "filesystem://":
    _courrier = VAR / "celery"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_courrier / "file"),
        "data_folder_out": str(_courrier / "file"),
        "control_folder": str(_courrier / "controle"),
        "processed_folder": str(_courrier / "traites"),
        "store_processed": False,
    }
    for _dossier in ("file", "controle", "traites"):
        (_courrier / _dossier).mkdir(parents=True, exist_ok=True)
CELERY_TIMEZONE = TIME_ZONE
# What is kept for a minute, and the rates of the public side, for all the machines (edof/cache.py).
CACHES = variables.caches()
CELERY_TASK_IGNORE_RESULT = True

LOG_FORMAT = variables.parmi("LOG_FORMAT", ("TEXTE", "JSON"), "TEXTE")
LOG_LEVEL = variables.parmi("LOG_LEVEL", variables.NIVEAUX, "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "texte": {"()": "edof.journal.Texte"},
        "json": {"()": "edof.journal.EnJSON"},
    },
    "filters": {
        "une_fois": {"()": "edof.journal.UneFois"},
        "sans_les_rondes": {"()": "edof.journal.SansLesRondes"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT.lower(),
            "filters": ["sans_les_rondes", "une_fois"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "axes": {"level": "WARNING"},
        # edof.erreurs already logs these errors, with the incident number that the user reads.
        "django.request": {"level": "ERROR" if DEBUG else "CRITICAL"},
        # One line for each task: the one that tells how it ended.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
