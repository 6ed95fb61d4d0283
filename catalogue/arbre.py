"""The catalogue as a tree: pages of offres, and under the open branches their actions and sessions.

The number of queries does not depend on how many records are shown.
"""

from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse

from catalogue.cycle_de_vie import Statut, est_proposee, refus_de
from catalogue.models import Action, Fiche, Offre
from organismes.droits import Operation, role_permet
from organismes.models import Membre, Organisme
from publication.visibilite import avec_visibilite, visible_le
from sessions_app.models import Session

OFFRES_PAR_PAGE = 20
NIVEAUX: dict[str, type[Fiche]] = {"offre": Offre, "action": Action, "session": Session}
NIVEAU_DE = {modele: niveau for niveau, modele in NIVEAUX.items()}
# In the order of the menu.
OPERATIONS = (
    Operation.CONSULTER,
    Operation.MODIFIER,
    Operation.DUPLIQUER,
    Operation.OUVRIR,
    Operation.FERMER,
    Operation.ARCHIVER,
    Operation.DESARCHIVER,
    Operation.SUPPRIMER,
)
# These lead to a page; the others are a button, or a page that asks to confirm.
PAGES = {Operation.CONSULTER, Operation.MODIFIER, Operation.DUPLIQUER, Operation.ARCHIVER, Operation.SUPPRIMER}


def _compte(modele: type[Fiche], parent: str) -> Coalesce:
    """How many records of `modele` are not archived under the outer row (D-31)."""
    nombre = modele.objects.filter(**{parent: OuterRef("pk")}).non_archivees().order_by().values(parent).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(nombre, output_field=IntegerField()), 0)


class Arbre:
    """One reading of the catalogue of an organisme, as the address of the page asks for it.

    The address holds the search (`q`), the page, and the open branches (`o` for offres, `a` for actions).
    """

    def __init__(self, membre: Membre, parametres: QueryDict) -> None:
        self.membre = membre
        self.organisme: Organisme = membre.organisme
        self.q = parametres.get("q", "").replace("\x00", "").strip()[:200]
        self.numero_de_page = parametres.get("page", "1")
        self.offres_ouvertes = _entiers(parametres.getlist("o"))
        self.actions_ouvertes = _entiers(parametres.getlist("a"))

    def url(self, *, bascule: tuple[str, int] | None = None) -> str:
        """The address of this state, with one branch opened or closed; the anchor keeps the eye in place."""
        ouvertes = {"o": set(self.offres_ouvertes), "a": set(self.actions_ouvertes)}
        ancre = ""
        if bascule:
            cle, pk = bascule
            ouvertes[cle] ^= {pk}
            ancre = f"#{'offre' if cle == 'o' else 'action'}-{pk}"
        parties: list[tuple[str, Any]] = [("q", self.q)] if self.q else []
        if self.numero_de_page != "1":
            parties.append(("page", self.numero_de_page))
        parties += [(cle, pk) for cle in ("o", "a") for pk in sorted(ouvertes[cle])]
        return reverse("catalogue") + (f"?{urlencode(parties)}" if parties else "") + ancre

    def offres(self) -> QuerySet[Offre]:
        """The offres of the organisme that the search finds, at whatever level, last modified first (D-33)."""
        offres = Offre.objects.pour_organisme(self.organisme).non_archivees().select_related("certification")
        for mot in self.q.split():
            actions = Action.objects.filter(offre=OuterRef("pk")).non_archivees()
            sessions = Session.objects.filter(action__offre=OuterRef("pk")).non_archivees()
            offres = offres.filter(
                Q(intitule__icontains=mot)
                | Q(identifiant__icontains=mot)
                | Q(certification__intitule__icontains=mot)
                | Q(certification__code__icontains=mot)
                | Exists(actions.filter(Q(identifiant__icontains=mot) | Q(lieu_de_formation__ville__icontains=mot)))
                | Exists(sessions.filter(identifiant__icontains=mot))
            )
        return offres.annotate(nombre_d_actions=_compte(Action, "offre")).order_by("-modifie_le", "-pk")

    def page(self) -> Page:
        """The page of offres with their open branches."""
        page = Paginator(self.offres(), OFFRES_PAR_PAGE).get_page(self.numero_de_page)
        page.object_list = list(page.object_list)
        self.deplier(page.object_list)
        return page

    def deplier(self, offres: list[Offre]) -> None:
        """Hang the actions of the open offres and the sessions of the open actions, in three queries."""
        par_offre: dict[int, list[Action]] = defaultdict(list)
        for action in self._actions([offre.pk for offre in offres if offre.pk in self.offres_ouvertes]):
            par_offre[action.offre_id].append(action)
        actions = [action for liste in par_offre.values() for action in liste]
        par_action: dict[int, list[Session]] = defaultdict(list)
        for session in self._sessions([action.pk for action in actions if action.pk in self.actions_ouvertes]):
            par_action[session.action_id].append(session)
        for offre in offres:
            offre.est_depliee = offre.pk in self.offres_ouvertes
            offre.url_bascule = self.url(bascule=("o", offre.pk))
            offre.operations = operations(offre, self.membre)
            offre.actions_affichees = par_offre[offre.pk]
            for action in offre.actions_affichees:
                action.offre = offre
                action.est_depliee = action.pk in self.actions_ouvertes
                action.url_bascule = self.url(bascule=("a", action.pk))
                action.sessions_affichees = par_action[action.pk]
                preparer_action(action, self.membre)
                for session in action.sessions_affichees:
                    session.action = action
                    preparer_session(session, self.membre)

    def _actions(self, offres: list[int]) -> QuerySet[Action]:
        visibles = avec_visibilite(Session.objects.filter(action=OuterRef("pk"))).filter(est_visible=True)
        return (
            Action.objects.pour_organisme(self.organisme)
            .non_archivees()
            .filter(offre__in=offres)
            .select_related("lieu_de_formation")
            .annotate(nombre_de_sessions=_compte(Session, "action"), est_visible=Exists(visibles))
            .order_by("-modifie_le", "-pk")
        )

    def _sessions(self, actions: list[int]) -> QuerySet[Session]:
        sessions = Session.objects.pour_organisme(self.organisme).non_archivees().filter(action__in=actions)
        return avec_visibilite(sessions).select_related("contact_inscription", "adresse_inscription").dans_l_ordre()


def _entiers(valeurs: list[str]) -> set[int]:
    return {int(valeur) for valeur in valeurs[:200] if valeur.isascii() and valeur.isdigit() and len(valeur) < 18}


def preparer_action(action: Action, membre: Membre) -> None:
    """What the block of an action shows beside its fields."""
    action.operations = operations(action, membre)
    action.peut_ajouter_session = action.statut != Statut.ARCHIVEE and role_permet(membre.role, Operation.MODIFIER)


def preparer_session(session: Session, membre: Membre) -> None:
    """What the block of a session shows beside its fields."""
    session.visible_le = visible_le(session)
    session.operations = operations(session, membre)


def operations(fiche: Fiche, membre: Membre) -> list[dict[str, Any]]:
    """The entries of « Opérations »: those of the status (D-10) and of the role, each with the reasons that refuse it now."""
    niveau = NIVEAU_DE[type(fiche)]
    entrees = []
    for operation in OPERATIONS:
        if not role_permet(membre.role, operation) or not est_proposee(fiche, operation):
            continue
        if niveau != "session" and operation in {Operation.MODIFIER, Operation.DUPLIQUER}:
            continue
        refus = [] if operation in {Operation.CONSULTER, Operation.DUPLIQUER} else refus_de(fiche, operation)
        entrees.append(
            {
                "code": operation.value,
                "libelle": operation.label,
                "methode": "get" if operation in PAGES else "post",
                "url": url_de(fiche, operation),
                "refus": [{"phrase": r.phrase, "url": url_de(r.coupable, Operation.CONSULTER) if r.coupable else None} for r in refus],
            }
        )
    return entrees


def url_de(fiche: Fiche, operation: Operation) -> str:
    """The address of an operation on a record."""
    niveau = NIVEAU_DE[type(fiche)]
    if operation == Operation.CONSULTER:
        return reverse(f"{niveau}_consulter", args=[fiche.pk])
    if operation == Operation.MODIFIER:
        return reverse("session_modifier", args=[fiche.pk])
    if operation == Operation.DUPLIQUER:
        return reverse("session_ajouter", args=[fiche.action_id]) + f"?copie_de={fiche.pk}"
    return reverse("operation", args=[niveau, fiche.pk, operation.value])
