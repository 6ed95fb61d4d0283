"""What a row of « Sessions » says: its dates in short, their length, and why the public sees it or not."""

import datetime as dt
from functools import lru_cache
from typing import Any

from bureau.sessions.poses import jour_court
from catalogue.cycle_de_vie import refus_de
from edof.horloge import aujourd_hui, demain, jour_de
from edof.templatetags.affichage import enumerer, pluriel
from organismes.droits import Operation
from publication.diagnostic import raison
from publication.etapes import Etape
from publication.etats import Mention
from publication.visibilite import ConditionDeVisibilite, a_remplir, visible_le
from sessions_app.delais import est_ouvre

# Up to this number of days, a length is said in working days.
EN_JOURS = 31


def preparer(session: Any) -> None:
    """Set on a session what its row shows besides its fields."""
    session.dates = dates(session)
    session.longueur = longueur(session.date_debut, session.date_fin)
    session.mention = mention(session)


def dates(session: Any) -> str:
    """Return « 4 – 8 janv. 2027 », « 28 janv. – 17 déc. 2027 », or « 1er févr. 2027 – » without an end."""
    du, au = session.date_debut, session.date_fin
    if not du or not au:
        return f"{jour_court(du)} –" if du else f"– {jour_court(au)}" if au else ""
    if du == au:
        return jour_court(du)
    meme_mois = (du.year, du.month) == (au.year, au.month)
    debut = ("1er" if du.day == 1 else str(du.day)) if meme_mois else ""
    return f"{debut or jour_court(du, 'N' if du.year == au.year else 'N Y')} – {jour_court(au)}"


@lru_cache(maxsize=4096)
def longueur(du: dt.date | None, au: dt.date | None) -> str:
    """Return « 5 jours ouvrés », or « 10 mois et 20 jours » for a long one; empty without both dates."""
    if not du or not au or au < du:
        return ""
    if (au - du).days < EN_JOURS:
        jours = sum(est_ouvre(du + dt.timedelta(days=n)) for n in range((au - du).days + 1))
        return pluriel(jours, "jour ouvré,jours ouvrés")
    apres = au + dt.timedelta(days=1)
    mois = (apres.year - du.year) * 12 + apres.month - du.month - (apres.day < du.day)
    annee, rang = divmod(du.year * 12 + du.month - 1 + mois, 12)
    dernier = (dt.date(annee + (rang == 11), (rang + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    jours = (apres - dt.date(annee, rang + 1, min(du.day, dernier))).days
    return enumerer([pluriel(mois, "mois,mois"), *([pluriel(jours, "jour,jours")] if jours else [])])


def mention(session: Any) -> Mention:
    """Return why the public sees the session or not, in words.

    The session is annotated with `etape`, `raison` (the `motif` of `etapes`) and `avec_visibilite`.
    """
    etape, statut = session.etape, Etape
    if etape == statut.VISIBLE:
        if session.sera_visible:
            return Mention("Visible", "eye-fill", "vert")
        return Mention("Disparaît demain matin : elle commence", "clock", "doux", lien=True)
    if etape == statut.DEMAIN:
        return Mention("Demain matin" if visible_le(session) == demain() else "Ce matin", "clock", "bleu")
    if etape == statut.DISPARAIT:
        phrase = f"Disparaît demain matin : {_minuscule(_raison(session))}"
        return Mention(phrase, "exclamation-triangle-fill", "rouge", lien=True)
    if etape == statut.A_REPARER:
        return Mention(_raison(session), "eye-slash", "rouge", lien=True)
    if etape == statut.PAS_PRETE:
        return Mention(_refus(session), "eye-slash", "rouge", lien=True)
    if etape == statut.BROUILLON:
        if manques := len({regle.champ for regle in session.manques()}):
            reste = pluriel(manques, "champ à compléter,champs à compléter")
            return Mention(f"Brouillon : {reste}", "pencil", "rouge", lien=True)
        return Mention("Brouillon complet, à valider", "pencil", "doux", lien=True)
    return _ordinaire(session)


def _ordinaire(session: Any) -> Mention:
    """Return what is said of a session that is not seen, when nothing is wrong."""
    if session.etape == Etape.ARCHIVEE:
        return Mention("Archivée", "eye-slash", "doux")
    if session.etape == Etape.PRETE:
        return Mention("Prête à ouvrir", "door-closed", "doux", lien=True)
    if session.terminee:
        return Mention(f"Terminée le {_jour(session.date_fin)}", "flag", "doux", lien=True)
    if session.etape == Etape.COMMENCEE:
        return Mention(f"Commencée le {_jour(session.date_debut)}", "hourglass-split", "doux", lien=True)
    quand = f" le {_jour(jour_de(session.fermee_le))}" if session.fermee_le else ""
    return Mention(f"Fermée par vous{quand}", "eye-slash", "doux", lien=True)


def _jour(jour: dt.date) -> str:
    """Return « 2 nov. », with the year when it is not the present one."""
    return jour_court(jour, "N" if jour.year == aujourd_hui().year else "N Y")


def _raison(session: Any) -> str:
    return raison(_conditions(demain())[session.raison], session).rstrip(".")


# Two days, because around midnight some requests are of the day before.
@lru_cache(maxsize=16)
def _conditions(jour: dt.date) -> dict[str, ConditionDeVisibilite]:
    return {condition.slug: condition for condition in a_remplir(jour)}


def _refus(session: Any) -> str:
    refus = refus_de(session, Operation.OUVRIR)
    return refus[0].phrase.rstrip(".") if refus else "Pas prête à ouvrir"


def _minuscule(phrase: str) -> str:
    return phrase[0].lower() + phrase[1:]
