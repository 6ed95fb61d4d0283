"""What many writes in one call cost, beside COPY of the same rows; what a key and a rate add to a request."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pghistory
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api.debit import budget, depenser
from api.views.base import Vue
from bench._commun import base_jetable, dire
from bench._processeur import comparer, processeur, rapport
from bench._redis import redis_a_part
from catalogue.models import Action
from organismes.droits import Role
from organismes.models import Jeton, Utilisateur
from sessions_app.models import Session

# The same rate, in Redis, in one script: what the count would cost there.
_DANS_REDIS = """
local m = redis.call('TIME'); local n = m[1] + m[2] / 1e6
for i, cle in ipairs(KEYS) do
  local du = math.max(tonumber(redis.call('GET', cle) or n), n) + tonumber(ARGV[2 * i - 1])
  if du <= n + tonumber(ARGV[2 * i]) then redis.call('SET', cle, du, 'EX', 3600) end
end
"""


def mesurer(*, petit: bool) -> None:
    """Build the demo, measure, print."""
    settings.API_DEBIT_PAR_JETON = settings.API_DEBIT_PAR_ORGANISME = "100000000/min"
    combien, tours, fois = (200, 3, 5) if petit else (1_000, 5, 40)
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        modele = Session.objects.select_related("action__offre").filter(statut="validee")[0]
        gestionnaire = Utilisateur.objects.get(courriel="gestionnaire@ilvm.example")
        jeton = Jeton(organisme=modele.organisme, nom="Mesure", role=Role.GESTIONNAIRE, cree_par=gestionnaire)
        secret = Jeton.secret_de("mesure", gestionnaire, modele.organisme)
        jeton.confier(secret)
        jeton.save()
        client = Client(headers={"authorization": f"Bearer {secret}"})
        _beaucoup(client, modele, combien, tours)
        _par_requete(client, modele, fois)
        _listes(client, modele.action)


def _beaucoup(client: Client, modele: Session, combien: int, tours: int) -> None:
    chemin = [modele.action.offre.identifiant, modele.action.identifiant]
    commun = {
        "garantie": True, "valider": True,
        "contact_inscription": client.get("/api/v1/contacts/").json()["resultats"][0]["identifiant"],
        "adresse_inscription": client.get("/api/v1/adresses/").json()["resultats"][0]["titre"],
    }  # fmt: skip

    def creee(n: int) -> dict[str, Any]:
        mois = n % 9 + 1
        return {**commun, "date_debut": f"2099-{mois:02}-01", "date_fin": f"2099-{mois:02}-{n % 20 + 2:02}"}

    def elements(faire: str, valeurs: Callable[[int], dict[str, Any]]) -> str:
        demandes = [
            {
                "faire": faire,
                "niveau": "session",
                "chemin": [*chemin, f"MESURE-{n}"],
                "valeurs": valeurs(n),
            }
            for n in range(combien)
        ]
        return json.dumps({"elements": demandes})

    corps = {
        "Créer": elements("creer", creee),
        "Modifier": elements("modifier", lambda n: {"garantie": False}),
        "Ouvrir": elements("ouvrir", lambda n: {}),
    }
    couts: dict[str, list[float]] = {}
    for _ in range(tours):
        couts.setdefault("COPY, avec l'historique", []).append(_copier(modele, combien))
        with transaction.atomic():
            for nom, envoi in corps.items():
                debut = processeur()
                reponse = client.post("/api/v1/lots/", envoi, content_type="application/json")
                couts.setdefault(f"{nom}, en un appel", []).append(1000 * (processeur() - debut))
                assert reponse.json()["faites"] == combien, reponse.content[:2000]
            transaction.set_rollback(True)
    temoin = sorted(couts["COPY, avec l'historique"])[tours // 2]
    dire(f"\n| {combien} sessions | processeur, ms | fois COPY |")
    dire("|---|---:|---:|")
    for nom, siens in couts.items():
        median = sorted(siens)[tours // 2]
        dire(f"| {nom} | {median:.0f} | {median / temoin:.1f} |")


def _copier(modele: Session, combien: int) -> float:
    """Return what COPY of as many rows of this session costs, in milliseconds, through the same triggers."""
    colonnes = ", ".join(f'"{c.column}"' for c in Session._meta.concrete_fields if not c.primary_key)
    with transaction.atomic(), pghistory.context(operation="mesure"), connection.cursor() as curseur:
        curseur.execute(
            "CREATE TEMP TABLE lues ON COMMIT DROP AS SELECT m.* FROM sessions_app_session m,"
            " generate_series(1, %s) n WHERE m.id = %s",
            [combien, modele.pk],
        )
        curseur.execute("UPDATE lues SET identifiant_normalise = 'mesure-' || ctid, cle_de_creation = NULL")
        with curseur.copy(f"COPY (SELECT {colonnes} FROM lues) TO STDOUT") as sortie:
            octets = b"".join(sortie)
        debut = processeur()
        with curseur.copy(f"COPY sessions_app_session ({colonnes}) FROM STDIN") as entree:
            entree.write(octets)
        cout = 1000 * (processeur() - debut)
        transaction.set_rollback(True)
    return cout


def _par_requete(client: Client, modele: Session, fois: int) -> None:
    adresse = f"/api/v1/sessions/{modele.pk}/"
    sans_debit: Any = Vue

    def lire() -> None:
        client.get(adresse)

    def lire_sans_debit() -> None:
        classes = sans_debit.throttle_classes
        sans_debit.throttle_classes = []
        client.get(adresse)
        sans_debit.throttle_classes = classes

    def ecrire(**entetes: str) -> None:
        client.patch(adresse, {"garantie": True}, content_type="application/json", headers=entetes or None)

    mesures = comparer(
        {
            "Lire, sans débit": lire_sans_debit,
            "Lire": lire,
            "Écrire, sans clé": ecrire,
            "Écrire, avec une clé neuve": lambda: ecrire(**{"idempotency-key": str(uuid.uuid4())}),
            "Écrire, avec la même clé": lambda: ecrire(**{"idempotency-key": "la-meme"}),
        },
        fois,
    )
    dire("\n| Une requête | processeur, ms | rapport (de – à) |")
    dire("|---|---:|---:|")
    for nom, temoin in zip(mesures, ["Lire, sans débit"] * 2 + ["Écrire, sans clé"] * 3, strict=True):
        median, mini, maxi = rapport(mesures, nom, temoin)
        milieu = sorted(mesures[nom])[len(mesures[nom]) // 2]
        dire(f"| {nom} | {milieu:.2f} | {median:.2f} ({mini:.2f} – {maxi:.2f}) |")
    budgets = [budget("jeton", "1", "100000000/min"), budget("organisme", "1", "100000000/min")]
    dire("\n| Compter deux débits | ms, au mur |")
    dire("|---|---:|")
    dire(f"| PostgreSQL | {_au_mur(lambda: depenser(budgets), fois * 5):.3f} |")
    with redis_a_part() as adresse_de_redis:
        if adresse_de_redis:
            script = redis.Redis(unix_socket_path=adresse_de_redis).register_script(_DANS_REDIS)
            compter = lambda: script(keys=["j", "o"], args=[1e-6, 60, 1e-6, 60])  # noqa: E731
            dire(f"| Redis | {_au_mur(compter, fois * 5):.3f} |")


def _au_mur(geste: Callable[[], object], fois: int) -> float:
    geste()
    debut = time.perf_counter()
    for _ in range(fois):
        geste()
    return 1000 * (time.perf_counter() - debut) / fois


def _listes(client: Client, action: Action) -> None:
    dire("\n| Une liste avec ses parents | requêtes, 10 | requêtes, 100 |")
    dire("|---|---:|---:|")
    for nom in ("offres", "actions", "sessions", "contacts", "adresses", "lots", "imports"):
        nombres = []
        for taille in (10, 100):
            with CaptureQueriesContext(connection) as requetes:
                assert client.get(f"/api/v1/{nom}/?taille={taille}").status_code == 200
            nombres.append(len(requetes))
        dire(f"| {nom} | {nombres[0]} | {nombres[1]} |")
