"""The sessions of an organisme as a table: filtered like the catalogue, sorted by any column.

The number of queries does not depend on the number of sessions. A page reads its rows by key, once their
order is known, so that the last page costs what the first does.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import F, OrderBy, QuerySet
from django.http import QueryDict
from django.urls import reverse

from bureau.catalogue.arbre import preparer_session
from bureau.catalogue.filtres import VISIBILITES, Filtres
from catalogue.cycle_de_vie import Statut
from edof.pliage import tri_francais
from organismes.models import Membre
from publication import etats
from sessions_app.models import Session

PAR_PAGE = 50


@dataclass(frozen=True)
class Colonne:
    """A column of the table: its title, and what it is sorted by; the key of the row ends every order."""

    titre: str
    tri: tuple[Any, ...]


COLONNES: dict[str, Colonne] = {
    "action": Colonne("Action, offre", (*tri_francais("action__lieu_de_formation__ville"), "action_id")),
    "identifiant": Colonne("Identifiant", (F("identifiant_normalise"),)),
    "dates": Colonne("Dates", (F("date_debut"), F("date_fin"))),
    "garantie": Colonne("Garantie", (F("garantie"),)),
    "statut": Colonne("Statut", (F("statut"),)),
    "ouverte": Colonne("Ouverte", (F("ouverte"),)),
}
PAR_DEFAUT = "dates"


class Liste:
    """The list that a URL requests: search, filters, order, page."""

    def __init__(self, membre: Membre, parametres: QueryDict) -> None:
        self.membre = membre
        self.filtres = Filtres(membre.organisme, parametres)
        demande = parametres.get("tri", "")
        self.decroissant = demande.startswith("-")
        self.tri = demande.removeprefix("-") if demande.removeprefix("-") in COLONNES else PAR_DEFAUT
        self.numero = parametres.get("page", "1")

    def sessions(self) -> QuerySet[Session]:
        """Return the sessions that answer the search and the filters, whatever their parents' status."""
        sessions = self.filtres.recherche.dans_les_sessions(self.filtres.repondent()[2])
        valeurs = self.filtres.valeurs
        if statut := valeurs.get("statut"):
            sessions = sessions.filter(statut=statut)
        else:
            sessions = sessions.exclude(statut=Statut.ARCHIVEE)
        return VISIBILITES[valeurs["visibilite"]](sessions) if "visibilite" in valeurs else sessions

    def en_ordre(self) -> QuerySet[Session]:
        """Return these sessions in the order of the list."""
        return self.sessions().order_by(*self._ordre())

    def page(self) -> "Page[Any]":
        """Return the page, its sessions ready to be shown."""
        cles = self.en_ordre().values_list("pk", flat=True)
        page: Page[Any] = Paginator(cles, PAR_PAGE).get_page(self.numero)
        ordre = {cle: rang for rang, cle in enumerate(page.object_list)}
        lues = etats.avec_etat(Session.objects.filter(pk__in=list(ordre))).select_related(
            "action__offre__certification",
            "action__lieu_de_formation",
            "organisme",
            "contact_inscription",
            "adresse_inscription",
        )
        page.object_list = sorted(lues, key=lambda session: ordre[session.pk])
        for session in page.object_list:
            preparer_session(session, self.membre)
        return page

    def _ordre(self) -> list[Any]:
        def sens(expression: Any) -> Any:
            lue = F(expression) if isinstance(expression, str) else expression
            return OrderBy(lue, descending=self.decroissant, nulls_last=True)

        return [*map(sens, COLONNES[self.tri].tri), "-pk" if self.decroissant else "pk"]

    # --- URLs ---

    def url(self, **changes: str) -> str:
        """Return the URL of the same list, with these changes, on its first page."""
        tri = changes.pop("tri", self.tri_demande)
        parametres = self.filtres.parametres(**changes)
        if tri != PAR_DEFAUT:
            parametres.append(("tri", tri))
        return reverse("sessions") + (f"?{urlencode(parametres)}" if parametres else "")

    @property
    def tri_demande(self) -> str:
        """Return the order as the URL writes it."""
        return f"{'-' if self.decroissant else ''}{self.tri}"

    @property
    def colonnes(self) -> list[dict[str, Any]]:
        """Return the headers: title, URL of the order, and the order when it is the current one."""
        return [
            {
                "titre": colonne.titre,
                "url": self.url(tri=f"-{nom}" if nom == self.tri and not self.decroissant else nom),
                "sens": ("descending" if self.decroissant else "ascending") if nom == self.tri else "",
            }
            for nom, colonne in COLONNES.items()
        ]

    def pastilles(self) -> list[dict[str, Any]]:
        """Return the links that restrict the list by status or visibility; no number is counted."""
        present = {nom: self.filtres.valeurs.get(nom, "") for nom in ("statut", "visibilite")}
        choix = [
            ("Toutes", {}),
            *((statut.label, {"statut": statut.value}) for statut in Statut),
            ("Visibles", {"visibilite": "visibles"}),
            ("Vont disparaître", {"visibilite": "vont_disparaitre"}),
            ("Actives non visibles", {"visibilite": "non_visibles"}),
            ("À réparer", {"visibilite": "a_reparer"}),
        ]
        return [
            {
                "libelle": libelle,
                "url": self.url(**({"statut": "", "visibilite": ""} | filtre)),
                "courante": {"statut": "", "visibilite": ""} | filtre == present,
            }
            for libelle, filtre in choix
        ]
