"""« Bac à sable »: an organisme of one's own, whose clock is put forward at will, and that nobody else reads.

Its days are published as those of everybody, by the same run, one after the other: what was ordered for the
day is carried out, then what is ready appears. `vivre` does it for the days that come by themselves.
"""

import datetime as dt
import logging

import pghistory
from django.db import transaction

from catalogue.cycle_de_vie import Origine
from catalogue.models import Action, Offre
from edof.conservation import BACS_A_SABLE
from edof.horloge import en_avance_de, instant_de_la_base, jour_pour_tous, maintenant
from edof.templatetags.affichage import date_longue
from organismes.bac_a_sable import a_l_heure_de
from organismes.droits import Role
from organismes.models import BacASable, Membre, Organisme, Qualiopi, Utilisateur
from organismes.models.bac_a_sable import AVANCE_AU_PLUS
from organismes.models.organisme import SIRET_DE_BAC
from publication.jours import HEURE_DUE
from publication.models import Decompte, Frequentation, Marque, Parution, Retenue, Trace, registre
from publication.passages import publier_le_bac
from publication.premier_catalogue import remplir
from sessions_app.models import Session
from sessions_app.programmations_dues import executer_les_programmations

journal = logging.getLogger(__name__)

# How many days at once: a request publishes each of them.
JOURS_AU_PLUS = 31
UN_JOUR = dt.timedelta(days=1)
# A region that does not exist, as the SIRET: the NDA has the form of a real one and is nobody's.
_NDA = "9999{:05d}99"


class AvanceRefusee(Exception):
    """The clock is not put forward; the message is a French sentence."""


def siret_de_bac(numero: int) -> str:
    """Return the SIRET of the sandbox of this account, with a valid key.

    The account is in it: two sandboxes never have the same.
    """
    debut = f"{SIRET_DE_BAC}{numero:010d}"
    # Of fourteen digits, those of even rank are doubled; the key, the last one, is not.
    doubles = (int(chiffre) * (2 if rang % 2 == 0 else 1) for rang, chiffre in enumerate(debut))
    return f"{debut}{-sum(double - 9 if double > 9 else double for double in doubles) % 10}"


def creer(personne: Utilisateur) -> BacASable:
    """Return the sandbox of this person, made and filled now, or by an earlier click."""
    signe = {"operation": "creer", "origine": str(Origine.FORMULAIRE), **personne.signature}
    # Whatever the sandbox from which it is asked.
    with transaction.atomic(), pghistory.context(**signe), en_avance_de(0):
        # Two clicks wait for one another here.
        Utilisateur.objects.select_for_update(no_key=True).get(pk=personne.pk)
        if deja := BacASable.objects.select_related("organisme").filter(proprietaire=personne).first():
            return deja
        organisme = Organisme.objects.create(
            raison_sociale=f"Bac à sable {personne.pk}",
            siret=siret_de_bac(personne.pk),
            nda=_NDA.format(personne.pk % 100_000),
            bac_a_sable=True,
        )
        jour = jour_pour_tous()
        Qualiopi.objects.bulk_create(
            Qualiopi(organisme=organisme, categorie=categorie, du=jour.replace(month=1, day=1))
            for categorie in Qualiopi.Categorie
        )
        Membre.objects.create(utilisateur=personne, organisme=organisme, role=Role.GESTIONNAIRE)
        bac = BacASable.objects.create(organisme=organisme, proprietaire=personne)
        remplir(organisme, par=personne)
        # Its register begins today, with nothing: what is opened today appears tomorrow.
        publier_le_bac(organisme, jour, par="bac à sable")
    return bac


def avancer(bac: BacASable, jours: int, *, depuis: dt.date | None = None) -> BacASable:
    """Put the clock of this sandbox so many days forward, and publish each of them; return it as it is now.

    `depuis` is the day that its clock showed to whoever asks: a second click finds another day, and is told
    so. Raises AvanceRefusee then, and beyond AVANCE_AU_PLUS. Each day is a transaction: killed in between,
    the clock stays at the day that was reached.
    """
    with transaction.atomic():
        bac = _verrouiller(bac)
        if depuis is not None and bac.jour != depuis:
            raise AvanceRefusee(
                f"L'horloge du bac à sable a changé entre-temps : elle montre le {date_longue(bac.jour)}."
            )
        if jours > bac.reste:
            raise AvanceRefusee(
                f"L'horloge d'un bac à sable avance de {AVANCE_AU_PLUS} jours au plus, et celle-ci peut"
                f" encore avancer de {bac.reste} : supprimez le bac à sable, puis créez-en un autre."
            )
        vise = bac.jours_d_avance + jours
        _avancer_d_un_jour(bac)
    while bac.jours_d_avance < vise:
        with transaction.atomic():
            bac = _verrouiller(bac)
            if bac.jours_d_avance < vise:
                _avancer_d_un_jour(bac)
    return bac


def _avancer_d_un_jour(bac: BacASable) -> None:
    bac.jours_d_avance += 1
    bac.save(update_fields=["jours_d_avance"])
    with a_l_heure_de(bac.organisme):
        _publier(bac.organisme, maintenant().date())


def vivre() -> None:
    """Publish the days that have come by themselves in the sandboxes, from 05:00 on, in order.

    An error in one sandbox does not stop the others.
    """
    for bac in BacASable.objects.select_related("organisme").order_by("pk"):
        try:
            with transaction.atomic(), a_l_heure_de(bac.organisme):
                instant = instant_de_la_base()
                if instant.time() >= HEURE_DUE:
                    _publier(_verrouiller(bac).organisme, instant.date())
        except Exception:
            journal.exception("Bac à sable %s : il sera repris", bac.pk)


def _publier(organisme: Organisme, jour: dt.date) -> None:
    """Carry out what was ordered, then publish the days that are missing, until `jour`."""
    dernier = registre(organisme).finis().values_list("jour", flat=True).first() or jour - dt.timedelta(
        days=1
    )
    manquants = [dernier + dt.timedelta(days=n) for n in range(1, (jour - dernier).days + 1)]
    if manquants:
        executer_les_programmations(organisme)
    for manquant in manquants:
        publier_le_bac(organisme, manquant, par="bac à sable")


def _verrouiller(bac: BacASable) -> BacASable:
    verrou = BacASable.objects.select_related("organisme").select_for_update(of=("self",), no_key=True)
    return verrou.get(pk=bac.pk)


def supprimer(organisme: Organisme) -> None:
    """Delete a sandbox with all that it holds, but for the history, which keeps what was done."""
    with transaction.atomic(), pghistory.context(operation="oublier"):
        BacASable.objects.select_for_update().filter(organisme=organisme).first()
        for modele in (Session, Action, Offre):
            modele.objects.pour_organisme(organisme).delete()
        Organisme.objects.get(pk=organisme.pk, bac_a_sable=True).delete()
        # What refers to it without a constraint, and what the deletions above have just written.
        for ecrit in (Parution, Retenue, Decompte, Marque, Frequentation, Trace):
            ecrit.objects.filter(organisme=organisme.pk).delete()


def purger() -> int:
    """Delete the sandboxes that nobody has used for long, and those of erased accounts; return how many."""
    limite = jour_pour_tous() - BACS_A_SABLE.duree
    servis = BacASable.objects.filter(utilise_le__gte=limite).values("organisme")
    perimes = list(Organisme.objects.filter(bac_a_sable=True).exclude(pk__in=servis))
    for organisme in perimes:
        supprimer(organisme)
    return len(perimes)
