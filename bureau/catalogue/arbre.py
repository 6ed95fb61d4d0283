"""The catalogue as a tree: a page of offres, with the actions and the sessions of the open branches.

The number of queries depends neither on the number of records nor on the number of records shown.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from copy import copy
from functools import cache, lru_cache
from typing import Any, cast
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, OuterRef, Q, QuerySet, Value, When
from django.http import QueryDict
from django.urls import reverse

from bureau.catalogue import bandes, fiches_montrees
from bureau.catalogue.bandes import ORDRES, LigneDeBande, premiere_tranche
from bureau.catalogue.filtres import PLUS, Filtres
from bureau.menu import menu
from bureau.sessions.adresses import des_sessions
from catalogue.cycle_de_vie import Statut
from catalogue.models import Fiche, Offre
from edof.gardees import Donnee, Gardee, parmi
from edof.horloge import aujourd_hui
from organismes.droits import Operation, role_permet
from organismes.models import Membre, Organisme
from publication import etats
from publication.visibilite import visible_le
from sessions_app.models import Session

OFFRES_PAR_PAGE = 20
# A branch shows one slice of its records, and one more at each request. This maximum keeps the page usable.
TRANCHES_AU_PLUS = 20
# Servers limit the length of a URL: above this number, the branches opened first are closed.
OUVERTES_AU_PLUS = 60
# Up to this number of results on the page, the branches that lead to them open automatically.
ACTIONS_A_OUVRIR, SESSIONS_A_OUVRIR = 20, 60

Branches = dict[int, int]


class Arbre:
    """The catalogue of an organisme, as a URL requests it.

    Besides the search and the filters, the URL contains the order of the actions, the page, and the open
    branches: the parameters `o` for offres and `a` for actions, with the value `12` or, when three slices of
    the branch are shown, `12.3`. `o=0` means that no branch is open, where a search would otherwise open some
    automatically.
    """

    def __init__(self, membre: Membre, parametres: QueryDict) -> None:
        self.membre = membre
        self.filtres = Filtres(membre.organisme, parametres)
        page = parametres.get("page", "")
        self.numero_de_page = int(page) if re.fullmatch("[1-9][0-9]{0,8}", page) else 1
        self.ordre = parametres.get("ordre", "") if parametres.get("ordre") in ORDRES else ""
        self.ouvertes = {cle: _branches(parametres.getlist(cle)) for cle in ("o", "a")}
        self.dit_ses_branches = "o" in parametres or "a" in parametres

    # --- URLs ---

    def url(self, ouvertes: dict[str, Branches] | None = None) -> str:
        """Return the URL of this state, or of the same state with other open branches."""
        branches = [
            (cle, str(pk) if tranches == 1 else f"{pk}.{tranches}")
            for cle, par_cle in (ouvertes or self.ouvertes).items()
            for pk, tranches in list(par_cle.items())[-OUVERTES_AU_PLUS:]
        ]
        if not branches and self.filtres.actifs:
            branches = [("o", "0")]
        return self.url_de_la_page(self.numero_de_page, branches)

    def url_si(self, cle: str, pk: int, tranches: int) -> str:
        """Return the URL of this state with one branch closed (0) or open on `tranches` slices."""
        return self.url({**self.ouvertes, cle: _avec(self.ouvertes[cle], pk, tranches)})

    def url_de_la_page(self, numero: int, branches: Iterable[tuple[str, str]] = ()) -> str:
        """Return the URL of a page with the same search, filters and order."""
        page = [("page", str(numero))] if numero > 1 else []
        return _adresse([*self.filtres.parametres(), *self._ordre(), *page, *branches])

    def url_filtree(self, **changes: str) -> str:
        """Return the URL of the same search and filters, with these changes."""
        return _adresse([*self.filtres.parametres(**changes), *self._ordre()])

    def url_des_sessions(self, **autres: str) -> str:
        """Return the URL of « Sessions » with the same search and filters, and others."""
        return des_sessions(**dict(self.filtres.parametres()), **autres)

    @property
    def url_sans_filtre(self) -> str:
        """Return the URL of the whole catalogue, in the same order."""
        return _adresse(self._ordre())

    @property
    def url_des_filtres(self) -> str:
        """Return the URL of this state with « Plus de filtres » open."""
        adresse = self.url()
        return f"{adresse}{'&' if '?' in adresse else '?'}{PLUS}=1"

    def ordres(self, offre: Offre) -> list[dict[str, Any]]:
        """Return the sort orders of the actions, each with its URL, which brings this offre into view."""
        autre, liens = copy(self), []
        for autre.ordre, libelle in ORDRES.items():
            url = f"{autre.url()}#{offre.cle_html}"
            liens.append({"libelle": libelle, "courant": autre.ordre == self.ordre, "url": url})
        return liens

    def _ordre(self) -> list[tuple[str, str]]:
        return [("ordre", self.ordre)] if self.ordre else []

    def url_de(self, fiche: Fiche) -> str | None:
        """Return the URL that brings this record into view, or None when the filters hide it.

        The branches that lead to the record are open.
        """
        niveau = fiche.nom_de_niveau
        chemin = {
            "offre": lambda f: [("o", f.pk, None)],
            "action": lambda f: [("o", f.offre_id, f.pk), ("a", f.pk, None)],
            "session": lambda f: [("o", f.action.offre_id, f.action_id), ("a", f.action_id, f.pk)],
        }[niveau](fiche)
        offres = self._cles_des_offres()
        if chemin[0][1] not in offres:
            return None
        page = offres.index(chemin[0][1]) // OFFRES_PAR_PAGE + 1
        if page != self.numero_de_page:
            self.numero_de_page, self.ouvertes = page, {"o": {}, "a": {}}
        for cle, pk, enfant in chemin:
            lignes = self._cles(cle, [pk])
            soeurs = [ligne.pk for ligne in lignes]
            if enfant is not None and enfant not in soeurs:
                return None
            apres = soeurs.index(enfant) - premiere_tranche(lignes, self.ordre) if enfant is not None else -1
            voulues = max(apres // bandes.PAR_TRANCHE + 2, 1, self.ouvertes[cle].get(pk, 1))
            tranches = min(voulues, TRANCHES_AU_PLUS)
            self.ouvertes[cle] = _avec(self.ouvertes[cle], pk, tranches)
        return f"{self.url()}#{fiche.cle_html}"

    # --- The page ---

    def page(self) -> Page:
        """Return the page of offres with their open branches."""
        page = Paginator(self._cles_des_offres(), OFFRES_PAR_PAGE).get_page(self.numero_de_page)
        self.numero_de_page = page.number
        page.object_list = fiches_montrees.offres(page.object_list)
        if self.filtres.actifs and not self.dit_ses_branches:
            self._ouvrir_seules([offre.pk for offre in page.object_list])
        self.deplier(page.object_list)
        return page

    def offre(self, **conditions: Any) -> Offre | None:
        """Return an offre of the organisme, or None.

        The filters do not apply, because the user already has this offre on screen.
        """
        cles = (
            Offre.objects.pour_organisme(self.membre.organisme)
            .filter(**conditions)
            .values_list("pk", flat=True)
        )
        return next(iter(fiches_montrees.offres(list(cles))), None)

    def basculer(self, cle: str, pk: int, tranches: int) -> None:
        """Close this branch (0), or open it on `tranches` slices."""
        self.ouvertes[cle] = _avec(self.ouvertes[cle], pk, tranches)

    def deplier(self, offres: list[Offre]) -> None:
        """Attach their actions to the open offres, and their sessions to the open actions."""
        self._accrocher("o", offres, fiches_montrees.actions)
        actions = [action for offre in offres for action in offre.dessous]
        self._accrocher("a", actions, fiches_montrees.sessions)
        for offre in offres:
            preparer(offre, self.membre)
            offre.ordres = self.ordres(offre) if offre.est_depliee else []
            for action in offre.dessous:
                action.offre = offre
                action.mention = etats.mention_de_l_action(action)
                action.est_visible = action.etat in etats.VISIBLES
                preparer(action, self.membre)
                action.url_des_sessions = self.url_des_sessions(action=str(action.pk))
                for session in action.dessous:
                    session.action = action
                    preparer_session(session, self.membre)

    def _accrocher(self, cle: str, parents: list[Any], lire: Callable[[list[int]], list[Any]]) -> None:
        """Attach to each open parent the slices that are shown.

        Also attach the URL that closes or opens the branch, and the URL that shows more.
        """
        ouvertes = {
            parent.pk: self.ouvertes[cle][parent.pk] for parent in parents if parent.pk in self.ouvertes[cle]
        }
        cles: dict[int, list[LigneDeBande]] = {pk: [] for pk in ouvertes}
        for ligne in self._cles(cle, list(ouvertes)):
            cles[ligne.parent].append(ligne)
        montrees = {
            parent: lignes[
                : premiere_tranche(lignes, self.ordre) + bandes.PAR_TRANCHE * (ouvertes[parent] - 1)
            ]
            for parent, lignes in cles.items()
        }
        a_lire = [ligne.pk for lignes in montrees.values() for ligne in lignes]
        fiches = {fiche.pk: fiche for fiche in lire(a_lire)} if a_lire else {}
        for parent in parents:
            tranches = ouvertes.get(parent.pk, 0)
            parent.dessous = []
            for ligne in montrees.get(parent.pk, ()):
                if fiche := fiches.get(ligne.pk):
                    fiche.trouvee = self.filtres.recherche.est_dans(fiche.identifiant)
                    fiche.avec_sessions = ligne.avec_sessions
                    parent.dessous.append(fiche)
            parent.nombre_dessous = len(cles.get(parent.pk, ()))
            parent.est_filtree = self.filtres.actifs
            parent.est_depliee = tranches > 0
            parent.url_bascule = self.url_si(cle, parent.pk, 0 if tranches else 1)
            reste = parent.nombre_dessous - len(parent.dessous)
            parent.url_suite = (
                self.url_si(cle, parent.pk, tranches + 1) if reste and tranches < TRANCHES_AU_PLUS else None
            )
            parent.nombre_suite, parent.reste = min(reste, bandes.PAR_TRANCHE), reste
            if cle == "o":
                parent.bandes = bandes.bandes(parent, cles.get(parent.pk, []), self.ordre)

    def _cles_des_offres(self) -> list[int]:
        """Return the keys of the offres shown, in order."""
        if self.filtres.actifs:
            return list(self.filtres.offres().values_list("pk", flat=True))
        return [cle for (cle,) in _toutes_les_offres().lignes(organisme=self.membre.organisme_id)]

    def _cles(self, cle: str, parents: list[int]) -> list[LigneDeBande]:
        """Return the rows shown under these parents, in order (D-33), what the search found first."""
        if not parents:
            # On most pages no branch is open: the queries would be composed for nothing.
            return []
        if self.filtres.actifs:
            lues = _dessous(self.filtres, cle, self.ordre, lambda lien: Q(**{f"{lien}__in": parents}))
            return sorted((LigneDeBande(*ligne) for ligne in lues), key=lambda ligne: not ligne.trouvee)
        toutes = _tout_dessous(aujourd_hui(), cle, self.ordre)
        lignes = toutes.lignes(organisme=self.membre.organisme_id, parents=parents)
        return [LigneDeBande(*ligne) for ligne in lignes]

    def _ouvrir_seules(self, offres: list[int]) -> None:
        """Open the branches that lead to the results below the offres of the page.

        They are opened only when the results are few.
        """
        filtres, recherche = self.filtres, self.filtres.recherche
        actions = filtres.actions().filter(offre__in=offres).order_by()
        sessions = filtres.sessions().filter(action__offre__in=offres).order_by()

        def lues_a(trouvees: Q) -> list[Any]:
            return list(actions.filter(trouvees).values_list("offre_id")[: ACTIONS_A_OUVRIR + 1])

        def lues_s(trouvees: Q) -> list[Any]:
            lues = sessions.filter(trouvees).values_list("action__offre_id", "action_id")
            return list(lues[: SESSIONS_A_OUVRIR + 1])

        des_a = lues_a(recherche.actions_trouvees()) if recherche.mots else []
        des_s = lues_s(recherche.sessions_trouvees()) if recherche.mots else []
        trouvee, a_un_statut = bool(des_a or des_s), "statut" in filtres.valeurs
        if not trouvee and (filtres.des_actions or a_un_statut):
            des_a = lues_a(Q())
        # When a filter applies to the sessions themselves, the results are sessions, even where the search
        # found the action.
        if not des_s and (filtres.des_sessions or (a_un_statut and not trouvee)):
            des_s = lues_s(Q())
        if len(des_a) <= ACTIONS_A_OUVRIR:
            self.ouvertes["o"] |= {ligne[0]: 1 for ligne in des_a}
        if len(des_s) <= SESSIONS_A_OUVRIR:
            self.ouvertes["o"] |= {ligne[0]: 1 for ligne in des_s}
            self.ouvertes["a"] |= {ligne[1]: 1 for ligne in des_s}


@cache
def _toutes_les_offres() -> Gardee[Offre]:
    """Return the query of the keys of the offres when nothing is searched or filtered."""
    return Gardee(_sans_filtre().offres().values_list("pk"))


# Two days, two levels, two orders: around midnight some requests are of the day before.
@lru_cache(maxsize=64)
def _tout_dessous(jour: dt.date, cle: str, ordre: str) -> Gardee[Any]:
    """Return the query of what is shown under `parents`, in the order of `jour`, in the same case."""
    return Gardee(_dessous(_sans_filtre(), cle, ordre, lambda lien: parmi(lien, "parents")))


def _sans_filtre() -> Filtres:
    return Filtres(cast(Organisme, Donnee("organisme")), QueryDict())


def _dessous(filtres: Filtres, cle: str, ordre: str, sous: Callable[[str], Q]) -> QuerySet[Any, Any]:
    """Return the columns of LigneDeBande for what is shown under some parents, in order (D-33).

    `sous` gives the condition that a lookup leads to one of these parents.
    """
    sessions, recherche = filtres.sessions(), filtres.recherche
    if cle == "a":
        sessions = sessions.filter(sous("action")).dans_l_ordre()
        return sessions.values_list("pk", "action_id", _vrai(recherche.sessions_trouvees()), Value(True))
    dessous = Session.objects.filter(action=OuterRef("pk"))
    archivees = filtres.valeurs.get("statut") == Statut.ARCHIVEE
    actions = filtres.actions().annotate(avec=etats.une(dessous if archivees else dessous.non_archivees()))
    tri = () if ordre == "modification" else ("-avec", _vrai(Q(statut=Statut.ACTIVE)).desc())
    trouvees = recherche.actions_trouvees(sessions.filter(sous("action__offre")))
    lignes = actions.filter(sous("offre")).order_by(*tri, "-modifie_le", "-pk")
    return lignes.values_list("pk", "offre_id", _vrai(trouvees), "avec")


def _branches(valeurs: list[str]) -> Branches:
    """Return the open branches that a URL names, with the number of slices of each.

    Unreadable values are ignored.
    """
    lues = (
        re.fullmatch(r"([1-9][0-9]{0,16})(?:\.([1-9][0-9]?))?", valeur)
        for valeur in valeurs[-OUVERTES_AU_PLUS:]
    )
    return {int(lue[1]): min(int(lue[2] or 1), TRANCHES_AU_PLUS) for lue in lues if lue}


def _avec(ouvertes: Branches, pk: int, tranches: int) -> Branches:
    """Return the same branches, with this one closed (0), or open and placed last."""
    autres = {autre: n for autre, n in ouvertes.items() if autre != pk}
    return {**autres, pk: tranches} if tranches else autres


def _adresse(parametres: list[tuple[str, str]]) -> str:
    return reverse("catalogue") + (f"?{urlencode(parametres)}" if parametres else "")


def _vrai(q: Q) -> Case:
    """Return a condition as a column that is never null."""
    return Case(When(q, then=Value(True)), default=Value(False))


def preparer(fiche: Fiche, membre: Membre) -> None:
    """Set on an offre or an action what its block shows besides its fields."""
    fiche.operations = menu(fiche, membre)
    archivee = any(f.statut == Statut.ARCHIVEE for f in (fiche, *fiche.parents()))
    fiche.cochable = role_permet(membre.role, Operation.MODIFIER)
    fiche.peut_ajouter = not archivee and fiche.cochable
    # Every field to fill or to correct, counted once.
    fiche.a_completer = (
        len({regle.champ for regle in fiche.manques()}) if fiche.statut == Statut.BROUILLON else 0
    )


def preparer_session(session: Session, membre: Membre) -> None:
    """Set on a session what its block shows besides its fields."""
    session.mention = etats.mention_de_la_session(session)
    session.visible_le = visible_le(session)
    session.operations = menu(session, membre)
