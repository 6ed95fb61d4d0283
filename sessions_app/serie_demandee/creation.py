"""The creation of a series: in one transaction, once for each key; the pages and the API ask for it."""

import uuid

from django import forms

from catalogue.cycle_de_vie import Origine, creer_ensemble, refus_de
from catalogue.models import Action
from catalogue.nomenclatures import EntreesSorties
from catalogue.operations import SERIE
from organismes.droits import Acteur, Operation
from sessions_app.habitudes import Habitudes
from sessions_app.models import Session
from sessions_app.serie_demandee.apercu import Ligne, Saisie


def obstacle(action: Action) -> str:
    """Return why no series can be created under this action; "" when one can."""
    if refus := refus_de(Session(action=action, organisme=action.organisme), Operation.MODIFIER):
        return str(refus[0].phrase)
    if action.modalites_entrees_sorties == EntreesSorties.PERMANENTES:
        return (
            "Cette action est à entrées et sorties permanentes : ses sessions n'ont pas de dates, une seule"
            " suffit."
        )
    return ""


def initiale(form: forms.Form) -> Saisie:
    """Return what the empty form would send."""
    saisie = Saisie()
    for champ in form:
        valeur = champ.value()
        if isinstance(valeur, list):
            saisie.setlist(champ.name, valeur)
        elif valeur not in (None, "", False):
            saisie[champ.name] = valeur.strftime("%d/%m/%Y") if hasattr(valeur, "strftime") else str(valeur)
    return saisie


def creer(
    lignes: list[Ligne],
    habitudes: Habitudes,
    cle: uuid.UUID,
    *,
    par: Acteur,
    origine: Origine = Origine.FORMULAIRE,
) -> tuple[uuid.UUID, list[Session]]:
    """Create the sessions of these lines; return the context of the history, and the sessions.

    Raise what `creer_ensemble` raises; in every case nothing is created.
    """
    sessions = [_session(ligne, cle) for ligne in lignes]
    valeurs = [
        {
            **ligne.prevue.repris(habitudes.pour(ligne.prevue.action.pk)),
            "date_debut": ligne.occurrence.debut,
            "date_fin": ligne.occurrence.fin,
            "identifiant": ligne.identifiant,
        }
        for ligne in lignes
    ]
    contexte = creer_ensemble(sessions, valeurs, par=par, operation=SERIE, origine=origine)
    return contexte, sessions


def _session(ligne: Ligne, cle: uuid.UUID) -> Session:
    action = ligne.prevue.action
    return Session(
        action=action,
        organisme=action.organisme,
        serie=cle,
        cle_de_creation=uuid.uuid5(cle, ligne.cle),
    )
