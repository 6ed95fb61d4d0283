"""The pages « Modifier en tableau »: an action's sessions, or a selection of sessions."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db import IntegrityError
from django.db.models import F, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bureau.acces import page_precedente, retour_au_catalogue
from bureau.tableau.collage import Collage, coller
from bureau.tableau.enregistrement import Bilan, RienEnregistre, cle_de, enregistrer
from bureau.tableau.lignes import (
    LIGNES_AU_PLUS,
    NOUVELLES_AU_PLUS,
    PREFIXE,
    VIDES,
    LignesDuTableau,
)
from catalogue.cycle_de_vie import OperationRefusee, Statut, refus_de
from catalogue.models import Action
from edof.horloge import demain
from edof.lecture import lire_cle
from edof.templatetags.affichage import date_longue, pluriel
from organismes.droits import Operation
from organismes.espace import Requete, exiger, fiche_de_l_espace
from publication.retraits import alertes
from sessions_app.memes_dates import dates_de, nouvelles_pareilles
from sessions_app.models import Session

LUES = (
    "action__offre__certification",
    "action__lieu_de_formation",
    "contact_inscription",
    "adresse_inscription",
)
# The sessions that a warning names.
NOMMEES = 5
TROP = f"Un tableau compte au plus {LIGNES_AU_PLUS} sessions : choisissez-en moins."


@require_http_methods(["GET", "POST"])
def de_l_action(request: Requete, pk: int) -> HttpResponse:
    """Render the sessions of an action as a table, a page of 200; POST saves them, with new ones."""
    action = fiche_de_l_espace(
        request,
        Action.objects.select_related("offre__certification", "lieu_de_formation", "organisme"),
        pk=pk,
    )
    exiger(request, Operation.MODIFIER)
    if refus := refus_de(Session(action=action, organisme=action.organisme), Operation.MODIFIER):
        messages.error(request, str(refus[0].phrase))
        return redirect(retour_au_catalogue(request, action))
    sessions = _sessions(request).filter(action=action)
    page = Paginator(sessions, LIGNES_AU_PLUS).get_page(request.GET.get("page"))
    return _Page(request, sessions, action, page).reponse()


@require_http_methods(["GET", "POST"])
def de_la_selection(request: Requete) -> HttpResponse:
    """Render the sessions of `?cles=1,2,3` as a table, 200 at most; POST saves them.

    A key may be written as the boxes of the lists write it, `session-1`, each in its own parameter.

    Raise Http404 when none of them is the organisme's.
    """
    if request.organisme is None:
        raise Http404
    exiger(request, Operation.MODIFIER)
    textes = ",".join(request.GET.getlist("cles")).split(",")
    cles = {cle for texte in textes if (cle := lire_cle(texte.strip().removeprefix("session-")))}
    if len(cles) > LIGNES_AU_PLUS:
        messages.error(request, TROP)
        return redirect(page_precedente(request) or "sessions")
    toutes = Session.objects.pour_organisme(request.organisme).filter(pk__in=cles)
    if not toutes.exists():
        raise Http404
    sessions = _sessions(request).filter(pk__in=cles)
    page = Paginator(sessions, LIGNES_AU_PLUS).get_page(1)
    return _Page(request, sessions, None, page, demandees=len(cles)).reponse()


def _sessions(request: Requete) -> QuerySet[Session]:
    """Return the sessions that a table may show: those that are not archived, by date."""
    sessions: Any = Session.objects.pour_organisme(request.organisme)
    return sessions.non_archivees().select_related(*LUES).order_by(F("date_debut").asc(nulls_last=True), "pk")


class _Page:
    """One request of the page: what it shows, and what the button that was pressed does."""

    def __init__(
        self,
        request: Requete,
        sessions: QuerySet[Session],
        action: Action | None,
        page: "Page[Any]",
        demandees: int = 0,
    ) -> None:
        self.request, self.sessions, self.action, self.page = request, sessions, action, page
        self.demandees = demandees
        self.collage: Collage | None = None
        # Sessions deleted meanwhile: of a selection, whose rows are gone; of an action, whose rows stay.
        self.disparues: list[str] = []
        self.tues: list[str] = []
        suite = page_precedente(request)
        self.retour = retour_au_catalogue(request, action) if action else suite or reverse("sessions")

    def reponse(self) -> HttpResponse:
        """Return the page, or what its form asks for."""
        request = self.request
        if request.method == "GET":
            return self._rendre(self._tableau(None, list(self.page.object_list)))
        saisie = request.POST.copy()
        sessions = self._postees(saisie)
        operation, _, reste = saisie.get("operation", "enregistrer").partition(":")
        if operation == "verifier":
            rangs = [
                rang for texte in saisie.get("rangs", "").split(",") if (rang := _rang(texte)) is not None
            ]
            tableau = self._tableau(saisie, sessions, rangs=rangs[:LIGNES_AU_PLUS])
            tableau.is_valid()
            return render(request, "bureau/tableau/_phrases.html", {"tableau": tableau})
        if operation == "coller":
            return self._coller(saisie, sessions)
        if operation == "mettre":
            champ, _, valeur = reste.partition("=")
            if champ in saisie:
                saisie[champ] = valeur
            return self._montrer(saisie, sessions)
        if operation == "lignes":
            self._tableau(saisie, sessions).ajouter(saisie, VIDES)
            return self._montrer(saisie, sessions)
        return self._enregistrer(saisie, sessions)

    # --- What the page was filled from ---

    def _postees(self, saisie: QueryDict) -> list[Session]:
        """Return the sessions of the rows that were sent, as they are now."""
        total = min(_rang(saisie.get(f"{PREFIXE}-TOTAL_FORMS", "")) or 0, LIGNES_AU_PLUS + NOUVELLES_AU_PLUS)
        saisie[f"{PREFIXE}-TOTAL_FORMS"] = str(total)
        self._reconnaitre(saisie, total)
        cles = [lire_cle(saisie.get(f"{PREFIXE}-{rang}-pk", "")) for rang in range(total)]
        ensemble = Session.objects.pour_organisme(self.request.organisme).select_related(*LUES)
        if self.action:
            ensemble = ensemble.filter(action=self.action)
        trouvees = ensemble.in_bulk([cle for cle in cles if cle][:LIGNES_AU_PLUS])
        sessions = [trouvees[cle] for cle in cles if cle in trouvees]
        saisie[f"{PREFIXE}-INITIAL_FORMS"] = str(len(sessions))
        if not self.action:
            self.disparues = [
                saisie.get(f"{PREFIXE}-{rang}-identifiant", "")
                for rang, cle in enumerate(cles)
                if cle and cle not in trouvees
            ]
        return sessions

    def _reconnaitre(self, saisie: QueryDict, total: int) -> None:
        """Give its key to each row that an earlier sending of the same page has created."""
        cle = _uuid(saisie.get("cle", ""))
        neuves = {
            cle_de(cle, r): r
            for r in range(total)
            if not saisie.get(f"{PREFIXE}-{r}-pk") or saisie.get(f"{PREFIXE}-{r}-reprendre")
        }
        creees: Any = Session.objects.pour_organisme(self.request.organisme)
        deja = creees.filter(action=self.action, cle_de_creation__in=neuves) if self.action else []
        for session in deja:
            rang = neuves[session.cle_de_creation]
            saisie[f"{PREFIXE}-{rang}-pk"] = str(session.pk)
            saisie[f"{PREFIXE}-{rang}-version"] = str(session.version)

    def _tableau(
        self, saisie: QueryDict | None, sessions: list[Session], rangs: list[int] | None = None
    ) -> LignesDuTableau:
        return LignesDuTableau(
            saisie, organisme=self.request.organisme, sessions=sessions, action=self.action, rangs=rangs
        )

    # --- The buttons ---

    def _coller(self, saisie: QueryDict, sessions: list[Session]) -> HttpResponse:
        rang = _rang(saisie.get("ligne", "")) or 1
        avant = self._tableau(saisie, sessions)
        self.collage = coller(saisie, avant, saisie.get("colle", ""), rang - 1, saisie.get("colonne", ""))
        return self._montrer(saisie, sessions)

    def _montrer(self, saisie: QueryDict, sessions: list[Session], statut: int = 200) -> HttpResponse:
        tableau = self._tableau(saisie, sessions)
        tableau.is_valid()
        return self._rendre(tableau, statut)

    def _enregistrer(self, saisie: QueryDict, sessions: list[Session], *, relu: bool = False) -> HttpResponse:
        tableau = self._tableau(saisie, sessions)
        # The rows are checked even when others are gone: all that is to be done is said at once.
        self.tues = [form.brut("identifiant") for form in tableau.forms if form.disparition_tue]
        if not tableau.is_valid() or self.disparues or self.tues:
            return self._rendre(tableau, 422)
        try:
            bilan = enregistrer(tableau, par=self.request.membre, cle=_uuid(saisie.get("cle", "")))
        except RienEnregistre:
            divergent = any(form.divergences for form in tableau.forms)
            return self._rendre(tableau, 409 if divergent else 422)
        except OperationRefusee as refusee:
            messages.error(self.request, str(refusee))
            return self._rendre(tableau, 422)
        except IntegrityError:
            if relu:
                raise
            # Somebody else was faster, or this same page: read again, each row says what is taken or gone.
            return self._enregistrer(saisie, self._postees(saisie), relu=True)
        self._annoncer(bilan)
        return redirect(self.retour)

    def _annoncer(self, bilan: Bilan) -> None:
        if not bilan.contexte:
            messages.info(self.request, "Rien n'a changé : tout était déjà enregistré.")
            return
        faits = []
        if bilan.modifiees:
            faits.append(pluriel(len(bilan.modifiees), "session modifiée,sessions modifiées"))
        if bilan.creees:
            faits.append(pluriel(len(bilan.creees), "session créée,sessions créées"))
        phrases = [f"{' et '.join(faits)}."]
        brouillons = sum(session.statut == Statut.BROUILLON for session in bilan.creees)
        if brouillons:
            phrases.append(f"{pluriel(brouillons, 'nouvelle est,nouvelles sont')} en brouillon, à compléter.")
        if bilan.retombees:
            ne_sont_plus = pluriel(bilan.retombees, "n'est plus complète,ne sont plus complètes")
            phrases.append(f"{ne_sont_plus} : à vérifier, de retour en brouillon.")
        actives = [session.pk for session in bilan.modifiees if session.statut == Statut.ACTIVE]
        if actives:
            phrases.append(f"Le public verra ce qui est actif le {date_longue(demain())} au matin.")
        messages.success(self.request, " ".join(phrases), extra_tags=f"annuler:{bilan.contexte}")
        if bilan.datees:
            self._dire_les_memes_dates(bilan.datees)
        for alerte in alertes(actives) if actives else []:
            messages.warning(self.request, alerte.phrase, extra_tags=alerte.geste)

    def _dire_les_memes_dates(self, datees: list[Session]) -> None:
        sessions = Session.objects.pour_organisme(self.request.organisme)
        dites = [(session.pk, session.identifiant, dates_de(session)) for session in datees]
        pareilles = nouvelles_pareilles(sessions, dites, [session.pk for session in datees])
        if pareilles:
            lignes = "\n".join(f"« {pareille.nom} » : {pareille.phrase}" for pareille in pareilles[:NOMMEES])
            reste = len(pareilles) - NOMMEES
            suite = f"\net {pluriel(reste, 'autre,autres')}" if reste > 0 else ""
            messages.warning(self.request, f"EDOF pourrait y voir des doublons :\n{lignes}{suite}")

    # --- The page ---

    def _rendre(self, tableau: LignesDuTableau, statut: int = 200) -> HttpResponse:
        if self.collage:
            tableau.collees = self.collage.cellules
        lignes = tableau.forms
        changees = [form for form in lignes if tableau.is_bound and form.has_changed()]
        fautes = sum(len(form.fautives) + form.refusee for form in lignes) if tableau.is_bound else 0
        contexte = {
            "tableau": tableau,
            "lignes": lignes,
            "action": self.action,
            "page": self.page,
            "retour": self.retour,
            "collage": self.collage,
            "disparues": self.disparues,
            "tues": self.tues,
            "manquantes": self._manquantes(),
            "fautes": fautes,
            "changees": sum(not form.nouvelle for form in changees),
            "nouvelles": sum(form.nouvelle for form in changees),
            "actives": [f.fiche.identifiant for f in changees if f.fiche.statut == Statut.ACTIVE],
            "a_enregistrer": len(changees),
            "listes": {nom: sorted(carnet.libelles.values()) for nom, carnet in tableau.carnets.items()},
            "premiere_vide": next(
                (f.numero for f in lignes if f.nouvelle and not f.cle_disparue and not f.has_changed()), 1
            ),
            "cle": _uuid(self.request.POST.get("cle", "")),
            "adresse": self.request.get_full_path(),
        }
        return render(self.request, "bureau/tableau/tableau.html", contexte, status=statut)

    def _manquantes(self) -> int:
        """Return how many of the sessions asked for are not shown: archived, or deleted."""
        return self.demandees - self.page.paginator.count if self.demandees else 0


def _rang(texte: str) -> int | None:
    return int(texte) if texte.isascii() and texte.isdecimal() and len(texte) < 6 else None


def _uuid(texte: str) -> uuid.UUID:
    try:
        return uuid.UUID(texte)
    except ValueError:
        return uuid.uuid4()
