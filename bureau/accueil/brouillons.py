"""The brouillons of the home page: those of the three levels together."""

from functools import cache
from typing import Any

from django.db.models import Value
from django.urls import reverse

from bureau.accueil.a_faire import D_ABORD, PARENTS, Apercu, LigneAFaire, sous
from bureau.publication.gestes import Geste
from bureau.sessions.adresses import des_sessions
from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Fiche, Offre
from edof.gardees import Gardee, parmi
from edof.horloge import aujourd_hui, jour_de
from edof.templatetags.affichage import pluriel
from organismes.droits import Operation, role_permet
from organismes.models import Membre
from organismes.models.organisme import ORGANISME_DONNE
from sessions_app.models import Session


def brouillons(membre: Membre, totaux: dict[str, int]) -> Apercu:
    """Return the brouillons of the three levels together, the least recently modified first.

    `totaux` gives their number at each level.
    """
    fiches = _plus_anciens(membre.organisme_id) if sum(totaux.values()) else []
    lignes, url = (
        [_ligne_brouillon(fiche, membre) for fiche in fiches],
        f"{reverse('catalogue')}?statut={Statut.BROUILLON}",
    )
    return Apercu(
        "brouillons",
        "Brouillons à terminer",
        "Aucun brouillon en attente.",
        lignes,
        max(sum(totaux.values()), len(lignes)),
        url,
        des_sessions(statut=Statut.BROUILLON.value),
        totaux.get("session", 0),
    )


# The levels of the brouillons, with what their lines show.
_A_TERMINER: dict[type[Fiche], tuple[str, ...]] = {
    Offre: ("certification",),
    Action: ("offre", "lieu_de_formation", "contact_du_lieu", "contact_information"),
    Session: PARENTS,
}


def _plus_anciens(organisme: int) -> list[Any]:
    """Return the first brouillons of the three levels: their keys, then the rows of these only."""
    premiers = [
        (rang, pk) for _, rang, pk in sorted(_cles_a_terminer().lignes(organisme=organisme))[:D_ABORD]
    ]
    trouvees = {
        (rang, fiche.pk): fiche
        for rang, modele in enumerate(_A_TERMINER)
        if (cles := [pk for autre, pk in premiers if autre == rang])
        for fiche in _a_terminer(modele).lire(cles=cles)
    }
    return [trouvees[cle] for cle in premiers if cle in trouvees]


@cache
def _cles_a_terminer() -> Gardee[Any]:
    """Return the query of the first brouillons of `organisme` at each level: date, level, key."""
    premiere, *autres = [
        modele.objects.pour_organisme(ORGANISME_DONNE)
        .filter(statut=Statut.BROUILLON)
        .annotate(rang=Value(rang))
        .order_by("modifie_le", "pk")
        .values_list("modifie_le", "rang", "pk")[:D_ABORD]
        for rang, modele in enumerate(_A_TERMINER)
    ]
    return Gardee(premiere.union(*autres, all=True))


@cache
def _a_terminer(modele: type[Fiche]) -> Gardee[Any]:
    """Return the query of the records `cles` of one level."""
    return Gardee(modele.objects.select_related(*_A_TERMINER[modele]).filter(parmi("pk", "cles")))


def jours_depuis(fiche: Fiche) -> int:
    """Return the number of days since the record was last modified."""
    return (aujourd_hui() - jour_de(fiche.modifie_le)).days


def _ligne_brouillon(fiche: Any, membre: Membre) -> LigneAFaire:
    contexte, icone = {
        Offre: lambda f: (f"Offre · {f.intitule or 'sans intitulé'}", "mortarboard-fill"),
        Action: lambda f: (f"Action · {sous(f)}", "geo-alt"),
        Session: lambda f: (f"Session · {sous(f.action)}", "calendar-event"),
    }[type(fiche)](fiche)
    manques = len(fiche.manques())
    reste = (
        pluriel(manques, "information manque,informations manquent")
        if manques
        else "Complète, il reste à la valider"
    )
    jours = jours_depuis(fiche)
    quand = {0: "aujourd'hui", 1: "hier"}.get(jours, f"il y a {jours} jours")
    permis = role_permet(membre.role, Operation.MODIFIER)
    bouton = (
        Geste("Terminer", reverse(f"{fiche.nom_de_niveau}_modifier", args=[fiche.pk])) if permis else None
    )
    return LigneAFaire(fiche, contexte, f"{reste} · modifiée {quand}.", icone, bouton)
