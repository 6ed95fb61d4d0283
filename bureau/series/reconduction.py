"""« Reconduire »: the sessions of a year, shifted to the next one through the preview of the series."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import F
from django.http import Http404

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from catalogue.nomenclatures import EntreesSorties
from edof.horloge import aujourd_hui
from edof.lecture import lire_cle
from edof.templatetags.affichage import pluriel
from organismes.espace import Requete, fiche_de_l_espace
from sessions_app.habitudes import Habitudes
from sessions_app.models import Session
from sessions_app.serie_demandee.apercu import Prevue
from sessions_app.serie_demandee.sauf import JETONS, TROP_LOIN, SaufForm, choix, est_proche
from sessions_app.series import (
    SESSIONS_AU_PLUS,
    Report,
    Unite,
    longueur,
    occurrence,
    renommer,
    reporter,
)

TOUTES = "toutes"
# The sessions read, the latest first: several years of the largest offre.
LUES_AU_PLUS = 2000


@dataclass
class Source:
    """The sessions to shift, where they come from, and what is left out of them."""

    titre: str
    sessions: list[Session]
    # The action or the offre, when there is one.
    fiche: Action | Offre | None = None
    reserves: tuple[str, ...] = ()

    @property
    def annees(self) -> list[int]:
        """Return the years in which the sessions begin, the latest first."""
        return sorted({_debut(session).year for session in self.sessions}, reverse=True)


def _debut(session: Session) -> dt.date:
    assert session.date_debut is not None, "only dated sessions are read"
    return session.date_debut


def source_de(request: Requete) -> Source:
    """Return the sessions that the address asks for: `?action=`, `?offre=`, or `?s=` with their keys.

    Raise Http404 when the address asks for nothing that the organisme has.
    """
    sessions: Any = Session.objects.pour_organisme(request.organisme)
    fiche: Any = None
    if "s" in request.GET:
        cles = {cle for texte in request.GET.getlist("s") for cle in map(lire_cle, texte.split(",")) if cle}
        sessions = sessions.filter(pk__in=list(cles)[: SESSIONS_AU_PLUS + 1])
        titre = "Sessions choisies"
    elif "offre" in request.GET:
        offres = Offre.objects.select_related("organisme")
        fiche = fiche_de_l_espace(request, offres, pk=lire_cle(request.GET["offre"]))
        sessions, titre = sessions.filter(action__offre=fiche), f"Offre {fiche.identifiant}"
    else:
        actions = Action.objects.select_related("offre", "lieu_de_formation", "organisme")
        fiche = fiche_de_l_espace(request, actions, pk=lire_cle(request.GET.get("action", "")))
        sessions, titre = sessions.filter(action=fiche), f"Action {fiche.identifiant}"
    recentes = F("date_debut").desc(nulls_last=True)
    lues = list(
        sessions.select_related(
            "action__offre__certification",
            "action__lieu_de_formation",
            "action__organisme",
            "contact_inscription",
            "adresse_inscription",
        ).order_by(recentes, "-pk")[:LUES_AU_PLUS]
    )
    if fiche is None and not lues:
        raise Http404
    return _triees(lues, titre, fiche)


def _triees(lues: list[Session], titre: str, fiche: Any) -> Source:
    """Keep what can be shifted, and say what cannot."""
    gardees, laissees = [], {"dates": 0, "archivees": 0}
    for session in lues:
        if session.date_debut is None or session.date_fin is None:
            laissees["dates"] += 1
        elif session.action.modalites_entrees_sorties == EntreesSorties.PERMANENTES or Statut.ARCHIVEE in (
            session.action.statut,
            session.action.offre.statut,
        ):
            laissees["archivees"] += 1
        else:
            gardees.append(session)
    phrases = {
        "dates": "session sans dates est laissée de côté,sessions sans dates sont laissées de côté",
        "archivees": (
            "session d'une action archivée ou permanente est laissée de côté,sessions d'actions archivées ou"
            " permanentes sont laissées de côté"
        ),
    }
    reserves = tuple(f"{pluriel(n, phrases[quoi])}." for quoi, n in laissees.items() if n)
    gardees.sort(key=lambda s: (s.action.offre_id, s.action_id, s.date_debut, s.date_fin, s.pk))
    return Source(titre, gardees, fiche, reserves)


class ReconduireForm(SaufForm):
    """Which year, how it is shifted, except when, which identifiers."""

    annee = choix("Sessions qui commencent en", [], TOUTES)
    archivees = forms.BooleanField(label="Avec les sessions archivées", required=False)
    report = forms.ChoiceField(
        label="Nouvelle date",
        choices=Report.choices,
        initial=Report.SEMAINES,
        widget=forms.RadioSelect,
        help_text=(
            "Le jour de la semaine reste le même. Au même rang : le premier lundi de mars reste le premier"
            " lundi de mars."
        ),
    )

    def __init__(self, *args: Any, source: Source, habitudes: Habitudes, **kwargs: Any) -> None:
        super().__init__(*args, habitudes=habitudes, **kwargs)
        self.source = source
        annees: Any = self.fields["annee"]
        annees.choices = [
            *((str(annee), str(annee)) for annee in source.annees),
            (TOUTES, "Toutes les années"),
        ]
        self.fields["modele"].help_text = f"{{ORIGINE}} l'identifiant d'origine, son année changée, {JETONS}"
        choisies = source.fiche is None
        passees = [annee for annee in source.annees if annee <= aujourd_hui().year]
        annee = next(iter(passees or source.annees[-1:]), TOUTES)
        unique = {session.action_id: session.action for session in source.sessions}
        seule = next(iter(unique.values())) if len(unique) == 1 else None
        self.initial = {
            **self.zones_de(seule),
            "annee": TOUTES if choisies else str(annee),
            "archivees": choisies,
            "modele": "{ORIGINE}",
        }

    def clean(self) -> dict[str, Any]:
        """Compute the sessions to shift and `exclusions`."""
        lues: dict[str, Any] = super().clean() or {}
        if self.errors:
            return lues
        self.retenues = [
            session
            for session in self.source.sessions
            if lues["annee"] in (TOUTES, "", str(_debut(session).year))
            and (lues["archivees"] or session.statut != Statut.ARCHIVEE)
        ]
        if len(self.retenues) > SESSIONS_AU_PLUS:
            self.add_error(
                "annee",
                f"Cela ferait {len(self.retenues)} sessions : {SESSIONS_AU_PLUS} au plus à la fois."
                " Choisissez une année, ou une action.",
            )
        elif not self.retenues:
            self.add_error(
                "annee", "Aucune session datée à reconduire : changez d'année, ou prenez les archivées."
            )
        elif not all(est_proche(_debut(session)) for session in self.retenues):
            self.add_error("annee", TROP_LOIN)
        else:
            self.lire_les_exclusions(lues, [reporter(_debut(s), lues["report"]) for s in self.retenues])
        return lues

    def prevues(self) -> list[Prevue]:
        """Return the sessions that the valid form describes, action by action."""
        prevues = []
        for session in self.retenues:
            debut, fin = _debut(session), session.date_fin
            assert fin is not None
            duree, unite = longueur(debut, fin, Unite.OUVRES, self.exclusions)
            nouveau = reporter(debut, self.cleaned_data["report"])
            prevues.append(
                Prevue(
                    session.action,
                    occurrence(nouveau, duree, unite, self.exclusions),
                    str(session.pk),
                    unite,
                    duree,
                    modele=session,
                    origine=renommer(session.identifiant, debut.year, nouveau.year),
                )
            )
        return prevues

    @property
    def phrase(self) -> str:
        """Return what is shifted, and how."""
        actions = len({session.action_id for session in self.retenues})
        de = f" de {actions} actions" if actions > 1 else ""
        comment = {
            Report.SEMAINES: "52 semaines plus tard, le même jour de la semaine",
            Report.RANG: "l'année suivante, au même rang dans le mois",
        }[Report(self.cleaned_data["report"])]
        return f"{pluriel(len(self.retenues), 'session,sessions')}{de}, {comment}."
