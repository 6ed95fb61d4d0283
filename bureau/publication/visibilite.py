"""The content of « Pourquoi pas visible ? » as the pages show it (D-23).

It has a heading, a sentence, the conditions, and what repairs each of them.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from bureau.publication.gestes import Geste, gestes
from catalogue.models import Fiche
from edof.horloge import demain
from organismes.models import Membre
from publication.diagnostic import Constat, Resume, constater, diagnostic_du_parent, raison, relire, resumer
from publication.etats import Etat
from publication.visibilite import a_remplir
from sessions_app.models import Session

# Failed conditions come first, then pending ones; those that do not concern the record come last.
_ORDRE = ("non", "attente", "ok", "sans-objet")


@dataclass(frozen=True)
class LigneDeVisibilite:
    """A condition as the page shows it: its state, and what repairs it."""

    constat: Constat
    gestes: list[Geste]


@dataclass(frozen=True)
class Visibilite:
    """What the pages show of the visibility of a record.

    It contains a heading, a sentence, the conditions, and a summary of the sessions below the record.
    `disparait` is true when the public sees the record today, and no longer tomorrow; `alerte`, when the
    ordinary course of things does not explain it.
    """

    est_visible: bool
    titre: str
    phrase: str
    lignes: list[LigneDeVisibilite]
    resume: Resume | None = None
    disparait: bool = False
    alerte: bool = False

    @property
    def ton(self) -> str:
        """Return the colour of the mention: orange for a loss, grey for the ordinary course of things."""
        return "rouge" if self.alerte else "doux"

    @property
    def icone(self) -> str:
        """Return the icon of the mention."""
        return "exclamation-triangle-fill" if self.alerte else "clock"


def visibilite_de(fiche: Any, membre: Membre) -> Visibilite:
    """Return what the pages show this member of the visibility of a record.

    The number of queries does not depend on the number of sessions.
    """
    if isinstance(fiche, Session):
        relue, resume = relire(fiche), None
        constats, est_visible = constater(relue), relue.est_visible
        attendu = next((constat.date for constat in constats if constat.date), None)
        reste, alerte = relue.sera_visible, relue.etat == Etat.DISPARAIT
        titre, phrase = _titre(est_visible, reste, attendu), _en_bref(relue, constats)
    else:
        constats, resume = diagnostic_du_parent(fiche), resumer(fiche)
        est_visible = resume.visibles > 0
        reste = resume.visibles > resume.disparaissent or bool(resume.attente)
        alerte = resume.alertes > 0 and not reste
        titre = _titre(est_visible, reste, resume.attente[0][0] if resume.attente else None)
        phrase = (
            "Une session visible suffit." if est_visible else "Il suffit qu'une de ses sessions soit visible."
        )
    constats.sort(key=lambda constat: _ORDRE.index(constat.etat))
    lignes = _avec_gestes(constats, fiche, membre)
    return Visibilite(est_visible, titre, phrase, lignes, resume, est_visible and not reste, alerte)


def _titre(est_visible: bool, reste: bool, matin: dt.date | None) -> str:
    """Return the heading: the present state, or the morning on which an awaited change happens."""
    if est_visible:
        return "Visible sur Mon Compte Formation" if reste else "Disparaît demain matin"
    if matin:
        return "Visible demain matin" if matin == demain() else "Visible ce matin"
    return "Pourquoi pas visible ?"


def _en_bref(session: Any, constats: list[Constat]) -> str:
    if session.est_visible and session.retenue is None:
        return "Le public la voit aujourd'hui, et la verra demain matin."
    if session.est_visible:
        condition = {c.slug: c for c in a_remplir(demain())}[session.retenue]
        return (
            "Le public la voit aujourd'hui. Elle sera retirée demain matin :"
            f" {_minuscule(raison(condition, session))}"
        )
    manquent = sum(constat.etat == "non" for constat in constats)
    if not manquent:
        return "Tout est rempli : il ne reste qu'à attendre."
    return (
        "Une condition n'est pas remplie."
        if manquent == 1
        else f"{manquent} conditions ne sont pas remplies."
    )


def _minuscule(phrase: str) -> str:
    return phrase[0].lower() + phrase[1:]


def _avec_gestes(constats: list[Constat], fiche: Fiche, membre: Membre) -> list[LigneDeVisibilite]:
    """Return the conditions with what repairs them.

    What repairs several conditions is offered once, at the first of them.
    """
    lignes, vus = [], set()
    for constat in constats:
        offerts = gestes(constat.condition, fiche, membre) if constat.etat == "non" else []
        lignes.append(LigneDeVisibilite(constat, [geste for geste in offerts if geste.url not in vus]))
        vus |= {geste.url for geste in offerts}
    return lignes
