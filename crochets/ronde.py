"""The round that delivers what is due: one for the whole installation, with a bounded pool of threads.

The rows are read and written here, in short transactions; the threads only exchange with receivers. A
receiver that is slow or failing goes by a lane of its own, one delivery at a time, and delays no other.
"""

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import pghistory
from django.db import connection, transaction

from crochets.envoi import OCTETS_GARDES, Envoi, Resultat, envoyer
from crochets.evenements import NUIT, PING
from crochets.models import TENTATIVES_GARDEES, Abonnement, Evenement, Livraison
from edof.ecriture import parmi
from edof.horloge import maintenant
from organismes.courriels import aux_gestionnaires
from publication import fil

journal = logging.getLogger(__name__)

# Pause before each new attempt, about 75 hours in all; after the last one, the delivery is given up.
PAUSES = (
    dt.timedelta(seconds=5), dt.timedelta(minutes=5), dt.timedelta(minutes=30),
    *(dt.timedelta(hours=heures) for heures in (2, 5, 10, 14, 20, 24)),
)  # fmt: skip
# The longest wait that a receiver may ask for (Retry-After).
ATTENTE_AU_PLUS = dt.timedelta(hours=24)
# Exchanges at once: in all, with one receiver, and with all the receivers that are slow or failing.
A_LA_FOIS, PAR_ABONNEMENT, LENTES = 16, 4, 8
# An exchange longer than this is slow.
LENTE = 2.0
# A delivery that is being sent is taken over after that long: its worker was killed. Exchanges are shorter.
BAIL = dt.timedelta(seconds=60)
# How long a round takes new deliveries, then only those of receivers that answer at once. With its last
# exchange it ends within the minute that a worker is given to stop.
DUREE, SURSIS = 30.0, 10.0
# Key of the advisory lock of the round. Its value is arbitrary.
VERROU = 5_2026_11_30


def livrer() -> int:
    """Deliver what is due; return how many deliveries were attempted, 0 while another round is going on."""
    with _seule() as seule:
        return _tourner() if seule else 0


def _tourner() -> int:
    debut, tentees = time.monotonic(), 0
    en_cours: dict[Future[Resultat], Livraison] = {}
    with ThreadPoolExecutor(A_LA_FOIS, thread_name_prefix="webhook") as bassin:
        while True:
            age = time.monotonic() - debut
            if age < DUREE + SURSIS:
                for livraison, envoi in prendre(en_cours.values(), lentes=age < DUREE):
                    en_cours[bassin.submit(envoyer, envoi)] = livraison
            if not en_cours:
                return tentees
            finies, _ = wait(en_cours, timeout=0.5, return_when=FIRST_COMPLETED)
            for finie in finies:
                noter(en_cours.pop(finie).pk, finie.result())
                tentees += 1


@contextmanager
def _seule() -> Iterator[bool]:
    """Tell whether this is the only round; the lock goes with the connection."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_lock(%s)", [VERROU])
        (seule,) = curseur.fetchone()
        try:
            yield bool(seule)
        finally:
            if seule:
                curseur.execute("SELECT pg_advisory_unlock(%s)", [VERROU])


# The first due deliveries of each subscription, those that were attempted longest ago first.
_DUES = """
SELECT l.id, a.id, a.lent FROM crochets_abonnement AS a CROSS JOIN LATERAL (
    SELECT l.id FROM crochets_livraison AS l JOIN crochets_evenement AS e ON e.id = l.evenement_id
    WHERE l.abonnement_id = a.id AND l.etat = 'a_envoyer'
        AND (l.prochain_essai_le IS NULL OR l.prochain_essai_le <= %(instant)s)
        AND (e.type = %(ping)s
            OR a.actif AND (a.pause_jusqu_a IS NULL OR a.pause_jusqu_a <= %(instant)s))
    ORDER BY l.prochain_essai_le NULLS FIRST, l.id LIMIT %(chacun)s
) AS l ORDER BY a.dernier_essai_le NULLS FIRST, l.id"""


def prendre(en_cours: Collection[Livraison], *, lentes: bool = True) -> list[tuple[Livraison, Envoi]]:
    """Take due deliveries, as many as may leave beside those in progress, and return them ready to be sent.

    Once this has committed, no transaction remains. Without `lentes`, those of slow receivers wait.
    """
    instant = maintenant()
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute(_DUES, {"instant": instant, "ping": PING, "chacun": PAR_ABONNEMENT})
        cles = _choisir(curseur.fetchall(), en_cours, LENTES if lentes else 0)
        if not cles:
            return []
        verrouillees = Livraison.objects.dues().filter(pk__in=parmi(cles))
        prises = list(
            verrouillees.select_for_update(skip_locked=True, of=("self",)).select_related(
                "abonnement", "evenement__organisme"
            )
        )
        Livraison.objects.filter(pk__in=parmi([prise.pk for prise in prises])).update(
            prochain_essai_le=instant + BAIL
        )
        for prise in prises:
            _mener_aux_changements(prise.evenement)
        abonnements = {prise.abonnement_id for prise in prises}
        Abonnement.objects.filter(pk__in=parmi(abonnements)).update(dernier_essai_le=instant)
    return [
        (prise, Envoi(prise.abonnement.url, prise.entetes(instant), prise.evenement.corps()))
        for prise in prises
    ]


def _choisir(
    dues: Collection[tuple[int, int, bool]], en_cours: Collection[Livraison], lentes: int
) -> list[int]:
    """Return the keys of the deliveries that the limits allow, among the due ones, in their order."""
    chez = Counter(livraison.abonnement_id for livraison in en_cours)
    lentes -= sum(livraison.abonnement.lent for livraison in en_cours)
    libres = A_LA_FOIS - len(en_cours)
    deja = {livraison.pk for livraison in en_cours}
    choisies: list[int] = []
    for cle, abonnement, lent in dues:
        if len(choisies) == libres:
            break
        if cle in deja or chez[abonnement] >= (1 if lent else PAR_ABONNEMENT) or lent and lentes <= 0:
            continue
        chez[abonnement] += 1
        lentes -= lent
        choisies.append(cle)
    return choisies


def _mener_aux_changements(evenement: Evenement) -> None:
    """Add to the event of a night, the first time that it leaves, the link to what the night changed."""
    if evenement.type == NUIT and "changements" not in evenement.donnees:
        place = fil.avant_le_passage(evenement.organisme, dt.date.fromisoformat(evenement.donnees["jour"]))
        evenement.donnees["changements"] = f"/api/v1/changements/?depuis={place.curseur}"
        evenement.save(update_fields=["donnees"])


def noter(cle: int, resultat: Resultat) -> None:
    """Write what became of a delivery, and what follows: the next attempt, or the end of the subscription."""
    instant = maintenant()
    with transaction.atomic():
        # The subscription first, as whoever changes or deletes it does.
        abonnement = (
            Abonnement.objects.select_related("organisme")
            .select_for_update(no_key=True, of=("self",))
            .filter(livraisons=cle)
            .first()
        )
        livraison = (
            Livraison.objects.select_related("evenement")
            .select_for_update(no_key=True, of=("self",))
            .filter(pk=cle)
            .first()
        )
        if abonnement is None or livraison is None:
            return
        _consigner(livraison, resultat, instant)
        abonnement.lent = not resultat.reussi or resultat.duree > LENTE
        if resultat.reussi:
            livraison.etat, livraison.livree_le = Livraison.Etat.LIVREE, instant
            livraison.prochain_essai_le = None
            abonnement.dernier_succes_le, abonnement.pause_jusqu_a = instant, None
        elif livraison.etat == Livraison.Etat.A_ENVOYER:
            _remettre(livraison, abonnement, resultat, instant)
        livraison.save()
        abonnement.save(update_fields=["lent", "dernier_succes_le", "pause_jusqu_a"])
        if not resultat.reussi:
            _arreter_s_il_le_faut(livraison, abonnement, resultat)


def _consigner(livraison: Livraison, resultat: Resultat, instant: dt.datetime) -> None:
    tentative = {
        "le": instant.isoformat(),
        "statut": resultat.statut,
        "duree": round(resultat.duree, 3),
        "erreur": resultat.erreur,
        "reponse": resultat.reponse[:OCTETS_GARDES],
    }
    livraison.tentatives = [*livraison.tentatives, tentative][-TENTATIVES_GARDEES:]
    livraison.essais += 1


def _remettre(livraison: Livraison, abonnement: Abonnement, resultat: Resultat, instant: dt.datetime) -> None:
    """Set when the next attempt is, or give the delivery up."""
    attente = _attente(resultat.attendre, instant)
    if attente:
        abonnement.pause_jusqu_a = instant + attente
    est_un_test = livraison.evenement.type == PING
    if est_un_test or resultat.statut == HTTPStatus.GONE or livraison.essais > len(PAUSES):
        livraison.etat, livraison.prochain_essai_le = Livraison.Etat.ABANDONNEE, None
    else:
        livraison.prochain_essai_le = instant + max(PAUSES[livraison.essais - 1], attente)


def _attente(texte: str, instant: dt.datetime) -> dt.timedelta:
    """Return the wait that Retry-After asks for, in seconds or as a date; none when it cannot be read."""
    if texte.isascii() and texte.isdigit():
        attente = dt.timedelta(seconds=min(int(texte[:9]), ATTENTE_AU_PLUS.total_seconds()))
    else:
        try:
            date = parsedate_to_datetime(texte)
        except ValueError:
            return dt.timedelta()
        attente = (date if date.tzinfo else date.replace(tzinfo=dt.UTC)) - instant
    return min(max(attente, dt.timedelta()), ATTENTE_AU_PLUS)


def _arreter_s_il_le_faut(livraison: Livraison, abonnement: Abonnement, resultat: Resultat) -> None:
    """Disable a subscription whose receiver is gone, or failed for 75 hours; tell the gestionnaires."""
    if resultat.statut == HTTPStatus.GONE:
        pourquoi = Abonnement.Arret.PARTI
    elif livraison.essais > len(PAUSES) and not _a_reussi_depuis(abonnement, livraison):
        pourquoi = Abonnement.Arret.ECHECS
    else:
        return
    with pghistory.context(operation="desactiver", origine="tache"):
        arrete = abonnement.arreter(pourquoi)
    if arrete:
        journal.info("Abonnement %s %s", abonnement.pk, pourquoi.label)
        aux_gestionnaires(
            abonnement.organisme, "webhook_desactive", abonnement=abonnement, pourquoi=pourquoi.label,
            resultat=resultat,
        )  # fmt: skip


def _a_reussi_depuis(abonnement: Abonnement, livraison: Livraison) -> bool:
    """Return whether another delivery has succeeded since the first attempt of this series."""
    premiere = dt.datetime.fromisoformat(livraison.tentatives[-livraison.essais]["le"])
    return abonnement.dernier_succes_le is not None and abonnement.dernier_succes_le > premiere
