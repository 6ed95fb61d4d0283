"""Who receives the digest, when, and only once.

A person is due one on a day when no row of `Bulletin` says that it was done. The row and the e-mail of the
queue are written in one transaction: killed before its commit, nothing was done and the next round does it;
after it, nobody does it again. Two workers never take the same person, and the constraint of the table
refuses a second row. The queue then sends, and tries again when the mail server is away.
"""

import datetime as dt
import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from edof.horloge import aujourd_hui, instant_de_la_base, jour_de
from edof.templatetags.affichage import date_longue
from organismes.courriels import composer, deposer
from organismes.desabonnement import lien_d_arret
from organismes.models import HORS_DES_BACS_A_SABLE, Bulletin, Frequence, Membre, Organisme, Utilisateur
from publication.bulletin import Contenu, contenu_pour
from publication.models import Passage

journal = logging.getLogger(__name__)

# What a digest looks back on, at most.
AU_PLUS = dt.timedelta(days=7)


def lundi_de(jour: dt.date) -> dt.date:
    """Return the Monday of the week of `jour`."""
    return jour - dt.timedelta(days=jour.weekday())


def a_servir(jour: dt.date) -> QuerySet[Utilisateur]:
    """Return the people to whom a digest is due on `jour`: each morning, or once a week from Monday on."""
    lundi, faits = lundi_de(jour), Bulletin.objects.filter(utilisateur=OuterRef("pk"))
    du_matin = Q(frequence_du_bulletin=Frequence.QUOTIDIEN, bulletin_choisi_le__lt=jour)
    de_la_semaine = Q(frequence_du_bulletin=Frequence.HEBDOMADAIRE, bulletin_choisi_le__lt=lundi)
    return Utilisateur.objects.filter(
        (du_matin & ~Exists(faits.filter(jour__gte=jour)))
        | (de_la_semaine & ~Exists(faits.filter(jour__gte=lundi))),
        Exists(Membre.objects.filter(HORS_DES_BACS_A_SABLE, utilisateur=OuterRef("pk"))),
        is_active=True,
    ).order_by("pk")


def distribuer() -> int:
    """Put in the queue the digests that are due; return how many.

    They wait for the run of the day, which says what has appeared. The database gives the day: an error of
    this machine's clock sends nothing.
    """
    jour = jour_de(instant_de_la_base())
    if jour != aujourd_hui() or not Passage.objects.finis().filter(jour=jour).exists():
        return 0
    deposes = 0
    laissees: list[int] = []
    while True:
        with transaction.atomic():
            libres = a_servir(jour).exclude(pk__in=laissees)
            personne = libres.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
            if personne is None:
                break
            try:
                with transaction.atomic():
                    deposes += _servir(personne, jour)
            except IntegrityError:
                # Another worker has just done it.
                laissees.append(personne.pk)
            except Exception:
                # One person's digest must not keep the others waiting; the next round tries again.
                journal.exception("Bulletin de l'utilisateur %s impossible", personne.pk)
                laissees.append(personne.pk)
    if deposes:
        journal.info("Bulletins déposés : %s", deposes)
    return deposes


def _servir(personne: Utilisateur, jour: dt.date) -> bool:
    """Write the row of this person for this day and, when there is something to say, the e-mail."""
    dernier = personne.bulletins.values_list("jour", flat=True).order_by("-jour").first()
    depuis = max(dernier or dt.date.min, personne.bulletin_choisi_le, jour - AU_PLUS)
    organismes = Organisme.objects.filter(membres__utilisateur=personne, bac_a_sable=False)
    contenu = contenu_pour(list(organismes), depuis, jour)
    # What lasts is told once a week, even to who reads each morning; what is new is told at once.
    premier_de_la_semaine = dernier is None or dernier < lundi_de(jour)
    envoye = bool(contenu.chapitres) and (contenu.a_du_nouveau or premier_de_la_semaine)
    Bulletin.objects.create(utilisateur=personne, jour=jour, envoye=envoye)
    if envoye:
        _deposer(personne, contenu)
    return envoye


def _deposer(personne: Utilisateur, contenu: Contenu) -> None:
    arret, base = lien_d_arret(personne), settings.ADRESSE_PUBLIQUE
    message = composer(
        "bulletin",
        personne.courriel,
        personne=personne,
        contenu=contenu,
        depuis=date_longue(contenu.depuis),
        chaque_matin=personne.frequence_du_bulletin == Frequence.QUOTIDIEN,
        base=base,
        arret=arret,
    )
    message.extra_headers = {
        # The same if the queue had to send it again: mailboxes keep one.
        "Message-ID": f"<bulletin-{personne.pk}-{contenu.jour}@{urlsplit(base).hostname}>",
        "List-Unsubscribe": f"<{arret}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    deposer(message)
