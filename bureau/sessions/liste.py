"""The sessions of an organisme as a table: filtered like the catalogue, the next first or sorted by a column.

The number of queries does not depend on the number of sessions. A page reads its rows by key, once their
order is known, so that the last page costs what the first does.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OrderBy, QuerySet, Value, prefetch_related_objects
from django.http import QueryDict
from django.urls import reverse

from bureau.sessions.comptes import Comptes
from bureau.sessions.filtres import FiltresDesSessions
from bureau.sessions.ligne import preparer
from bureau.sessions.poses import en_une_phrase, poses
from edof.gardees import Gardee, parmi
from edof.horloge import aujourd_hui
from edof.pliage import tri_francais
from edof.templatetags.affichage import enumerer
from organismes.models import Membre
from publication import etapes
from publication.etapes import Etape
from publication.visibilite import avec_visibilite
from sessions_app.models import Session
from sessions_app.plans import lire_les_plans

PAR_PAGE = 50
# The URL parameters that are not filters.
VUE, MOIS = "vue", "mois"


@dataclass(frozen=True)
class Colonne:
    """A column of the table: its title, and what it is sorted by; the key of the row ends every order."""

    titre: str
    tri: tuple[Any, ...]
    # The fields that it shows, which its export writes beside the identifiers.
    champs: tuple[str, ...]
    # Whether it is shown to who has chosen nothing.
    d_abord: bool = True


COLONNES: dict[str, Colonne] = {
    "action": Colonne(
        "Action, offre",
        (*tri_francais("action__lieu_de_formation__ville"), "action_id"),
        ("action__offre__intitule",),
    ),
    "identifiant": Colonne("Identifiant", (F("identifiant_normalise"),), ()),
    "dates": Colonne("Dates", (F("date_debut"), F("date_fin")), ("pas_de_dates", "date_debut", "date_fin")),
    "garantie": Colonne("Garantie", (F("garantie"),), ("garantie",)),
    "statut": Colonne("Statut", (F("statut"),), ("statut",)),
    "ouverte": Colonne("Ouverte", (F("ouverte"),), ("ouverte",)),
    "visible": Colonne("Visible", (F("rang"), F("date_debut")), ("est_visible",)),
    "contact": Colonne(
        "Contact",
        tuple(tri_francais("contact_inscription__nom", "contact_inscription__prenom")),
        ("contact_inscription",),
        False,
    ),
    "adresse": Colonne(
        "Adresse", tuple(tri_francais("adresse_inscription__ville")), ("adresse_inscription",), False
    ),
    "modifiee": Colonne("Modifiée", (F("modifie_le"),), ("modifie_le",), False),
}
# The order of who has chosen none (D-33): it is that of no column.
PROCHAINES = "prochaines"
PARENTS = ("action__offre__certification", "action__lieu_de_formation")
# The columns that show a linked record, read only for who shows them.
LIENS = {"contact": "contact_inscription", "adresse": "adresse_inscription"}
# The row is about these: they are always shown.
TOUJOURS = ("action", "identifiant")
ICONES: dict[str, str] = {
    Etape.VISIBLE: "eye-fill",
    Etape.DEMAIN: "clock",
    Etape.PRETE: "door-closed",
    Etape.DISPARAIT: "exclamation-triangle-fill",
    Etape.A_REPARER: "exclamation-triangle-fill",
}


class Liste:
    """The list that a URL requests: search, filters, order, page.

    The order that the URL does not name, and the columns, are those that the member has chosen.
    """

    def __init__(self, membre: Membre, parametres: QueryDict) -> None:
        self.membre = membre
        self.filtres = FiltresDesSessions(membre.organisme, parametres)
        self.demande = parametres.get("tri", "")
        if not est_un_tri(self.demande):
            self.demande = ""
        garde = membre.liste_des_sessions.get("tri", "")
        tri = self.demande or (garde if est_un_tri(garde) else PROCHAINES)
        self.decroissant, self.tri = tri.startswith("-"), tri.removeprefix("-")
        self.numero = parametres.get("page", "1")
        # What every URL of the page keeps: the month, when it shows one.
        self.gardes: dict[str, str] = {}
        choisies = membre.liste_des_sessions.get("colonnes")
        self.choisies = isinstance(choisies, list)
        self.noms = [nom for nom in COLONNES if nom in TOUJOURS or _montree(nom, choisies)]

    @cached_property
    def comptes(self) -> Comptes:
        """Return the numbers of the page."""
        return Comptes(self.filtres)

    def page(self) -> "Page[Any]":
        """Return the page, its sessions ready to be shown."""
        paginateur = Paginator(self.en_ordre().values_list("pk", flat=True), PAR_PAGE)
        # Already counted, by step.
        paginateur.count = self.comptes.repondent  # type: ignore[misc]
        page: Page[Any] = paginateur.get_page(self.numero)
        page.object_list = self.lire(list(page.object_list))
        return page

    def lire(self, cles: list[int]) -> list[Any]:
        """Return the sessions with these keys, in this order, ready to be shown."""
        lues = {session.pk: session for session in _lecture(aujourd_hui()).lire(cles=cles)}
        # A session may just have been deleted.
        lignes = [lues[cle] for cle in cles if cle in lues]
        if "visible" in self.noms:
            lire_les_plans(lignes)
        if liens := [LIENS[nom] for nom in self.noms if nom in LIENS]:
            prefetch_related_objects(lignes, *liens)
        for session in lignes:
            preparer(session)
        return lignes

    def en_ordre(self) -> QuerySet[Session]:
        """Return the sessions that answer the filters, in the order of the list."""
        sessions: Any = self.filtres.sessions()
        if self.tri == PROCHAINES:
            return sessions.dans_l_ordre()
        if self.tri == "visible":
            sessions = sessions.alias(etape=etapes.etape()).alias(rang=etapes.rang())
        return sessions.order_by(*self._ordre())

    def _ordre(self) -> list[Any]:
        def sens(expression: Any) -> Any:
            lue = F(expression) if isinstance(expression, str) else expression
            return OrderBy(lue, descending=self.decroissant, nulls_last=True)

        return [*map(sens, COLONNES[self.tri].tri), "-pk" if self.decroissant else "pk"]

    # --- URLs ---

    def url(self, **changes: str) -> str:
        """Return the URL of the same list, with these changes, on its first page."""
        autres = {"tri": self.demande, **self.gardes}
        autres |= {nom: changes.pop(nom) for nom in ("tri", VUE, MOIS) if nom in changes}
        parametres = self.filtres.parametres(**changes)
        parametres += [(nom, valeur) for nom, valeur in autres.items() if valeur]
        return reverse("sessions") + (f"?{urlencode(parametres)}" if parametres else "")

    def avec(self, parametre: str) -> str:
        """Return the URL of the same list, with one more parameter."""
        url = self.url()
        return f"{url}{'&' if '?' in url else '?'}{parametre}"

    @property
    def url_d_export(self) -> str:
        """Return the URL of the same sessions as a file, which its type completes."""
        parametres = [*self.filtres.parametres(), *([("tri", self.demande)] if self.demande else [])]
        return f"{reverse('sessions_exporter')}?{urlencode([*parametres, ('type', '')])}"

    @property
    def champs_choisis(self) -> list[str] | None:
        """Return the fields of the columns that the member has chosen, which the export writes; or None."""
        return [champ for nom in self.noms for champ in COLONNES[nom].champs] if self.choisies else None

    @property
    def colonnes_choisies(self) -> str:
        """Return the titles of the columns that the member has chosen, in words."""
        return enumerer([COLONNES[nom].titre.lower() for nom in self.noms if nom not in TOUJOURS])

    @property
    def url_des_filtres(self) -> str:
        """Return the URL of the same list with « Plus de filtres » open."""
        return self.avec("plus=1")

    @property
    def url_du_mois(self) -> str:
        """Return the URL of the same sessions by month."""
        return self.url(**{VUE: MOIS})

    @property
    def caches(self) -> list[tuple[str, str]]:
        """Return what the form of the search keeps without showing it."""
        montres = {"q", "debut_du", "debut_au", *self.filtres.FORM.PLUS}
        autres = [("tri", self.demande), *self.gardes.items()]
        return [p for p in (*self.filtres.parametres(), *autres) if p[0] not in montres and p[1]]

    @property
    def caches_du_plus(self) -> list[tuple[str, str]]:
        """Return what the form keeps while « Plus de filtres » is closed."""
        return [p for p in self.filtres.parametres() if p[0] in self.filtres.FORM.PLUS]

    @property
    def tri_demande(self) -> str:
        """Return the order as the URL writes it."""
        return f"{'-' if self.decroissant else ''}{self.tri}"

    @property
    def parametres(self) -> str:
        """Return the search and the filters as the URL writes them."""
        return urlencode(self.filtres.parametres())

    # --- What the page shows ---

    @property
    def titre(self) -> str:
        """Return what is shown, in words; empty for every session."""
        return en_une_phrase(self.filtres)

    @property
    def colonnes(self) -> list[dict[str, Any]]:
        """Return the headers: title, URL of the order, and the order when it is the current one."""
        return [
            {
                "nom": nom,
                "titre": COLONNES[nom].titre,
                "url": self.url(tri=f"-{nom}" if nom == self.tri and not self.decroissant else nom),
                "sens": ("descending" if self.decroissant else "ascending") if nom == self.tri else "",
            }
            for nom in self.noms
        ]

    @property
    def url_des_prochaines(self) -> str:
        """Return the URL of the list in the order of D-33; empty when it is in this order."""
        return "" if self.tri == PROCHAINES else self.url(tri=PROCHAINES)

    @property
    def choix_de_colonnes(self) -> list[dict[str, Any]]:
        """Return the columns that may be chosen, and whether each is shown."""
        return [
            {"nom": nom, "titre": colonne.titre, "montree": nom in self.noms}
            for nom, colonne in COLONNES.items()
            if nom not in TOUJOURS
        ]

    @property
    def poses(self) -> list[dict[str, Any]]:
        """Return the filters in use, in words, each with the URL of the list without it."""
        return [
            {"texte": pose.texte, "url": self.url(**dict.fromkeys(pose.champs, ""))}
            for pose in poses(self.filtres)
        ]

    def pastilles(self) -> list[dict[str, Any]]:
        """Return the links that restrict the list to one step, with their numbers, which add up.

        A step at which no session is has no link, unless it is the current one.
        """
        return list(self._pastilles())

    def _pastilles(self) -> Iterator[dict[str, Any]]:
        presente = self.filtres.valeurs.get("etape", "")
        toutes, apart = [("", "Toutes", self.comptes.toutes)], False
        for nom, libelle, nombre in [
            *toutes,
            *((e, e.label, self.comptes.par_etape.get(e, 0)) for e in Etape),
        ]:
            if nombre or nom in {"", presente}:
                yield {
                    "libelle": libelle,
                    "nombre": nombre,
                    "icone": ICONES.get(nom, ""),
                    "alerte": nom in etapes.ALERTES,
                    "apart": nom in etapes.ALERTES and not apart,
                    "url": self.url(etape=nom),
                    "courante": nom == presente,
                }
                apart = apart or nom in etapes.ALERTES

    def elargir(self) -> dict[str, Any] | None:
        """Return the filter whose removal gives most sessions, with their number; in one query.

        Return None when no filter is in use, or when the removal of one is not enough.
        """
        candidats = poses(self.filtres)
        essais = [(pose.texte, pose.champs) for pose in candidats]
        if etape := self.filtres.valeurs.get("etape"):
            essais.append((Etape(etape).label, ("etape",)))
        if not essais:
            return None
        comptes = _compter([self.filtres.sans(*champs).sessions() for _, champs in essais])
        nombre, rang = max((nombre, -rang) for rang, nombre in enumerate(comptes))
        texte, champs = essais[-rang]
        url = self.url(**dict.fromkeys(champs, ""))
        return {"texte": texte, "nombre": nombre, "url": url} if nombre else None


def est_un_tri(demande: Any) -> bool:
    """Return whether this is an order of the list, as the URL writes it."""
    return isinstance(demande, str) and (demande == PROCHAINES or demande.removeprefix("-") in COLONNES)


def _montree(nom: str, choisies: Any) -> bool:
    return nom in choisies if isinstance(choisies, list) else COLONNES[nom].d_abord


# Some days: around midnight some requests are of the day before, and those of sandboxes are of others.
@lru_cache(maxsize=16)
def _lecture(jour: dt.date) -> Gardee[Any]:
    """Return the query of the rows `cles` on `jour`, with what the public sees; call it on that day."""
    champs = [champ.name for champ in Session._meta.concrete_fields]
    sessions = Session.objects.select_related(*PARENTS).only(*champs, *_DES_PARENTS)
    lignes = avec_visibilite(sessions.filter(parmi("pk", "cles")))
    return Gardee(lignes.annotate(etape=etapes.etape(), raison=etapes.motif()))


# What a row reads of the parents: not their long texts.
_DES_PARENTS = (
    "action__identifiant", "action__statut", "action__modalites_enseignement",
    "action__modalites_entrees_sorties", "action__lieu_de_formation__ville", "action__offre__identifiant",
    "action__offre__intitule", "action__offre__statut", "action__offre__certification__active",
    "action__offre__certification__date_fin_enregistrement",
)  # fmt: skip


def _compter(ensembles: list[QuerySet[Session]]) -> list[int]:
    """Return the number of sessions of each of these sets, in one query."""
    lus = [
        sessions.order_by().annotate(essai=Value(rang)).values("essai").annotate(n=Count("pk"))
        for rang, sessions in enumerate(ensembles)
    ]
    lignes = [comptes.values_list("essai", "n") for comptes in lus]
    nombres = dict(lignes[0].union(*lignes[1:], all=True) if lignes[1:] else lignes[0])
    return [nombres.get(rang, 0) for rang in range(len(ensembles))]
