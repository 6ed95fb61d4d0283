"""The wizard of the three levels: an identifier to verify, then the information (D-01 to D-08)."""

import uuid
from typing import Any, ClassVar

from django.contrib import messages
from django.db import IntegrityError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views import View
from django_htmx.http import trigger_client_event

from bureau.acces import page_precedente, retour_au_catalogue
from bureau.assistant.a_plusieurs import APlusieurs
from bureau.assistant.panneaux import Panneaux
from bureau.assistant.verification import Verification
from catalogue.cycle_de_vie import OperationRefusee, Statut, est_proposee, executer, refus_de
from catalogue.forms.fiche import FicheForm, IdentifiantForm, identifiant_fige, pris_entre_temps
from catalogue.fusion import Divergences
from catalogue.models import Fiche
from edof.horloge import demain
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation
from organismes.espace import Requete, exiger
from publication.retraits import apres_enregistrement


class Assistant(Verification, Panneaux, APlusieurs, View):
    """The two steps at one address (D-01). Nothing is kept between two requests but what the page itself
    carries.
    """

    creation: ClassVar[bool]
    formulaire: ClassVar[type[FicheForm]]
    titre: ClassVar[str]
    # « votre session », « Informations sur la session ».
    mots: ClassVar[dict[str, str]]
    # The card that recalls the parent.
    rappel: ClassVar[str | None] = None

    fiche: Fiche
    # Where the form is sent, when it is not the address one is at.
    adresse: str | None = None

    # --- What each level says ---

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """The record that the form is about, or an HTTP 404."""
        raise NotImplementedError

    def retour(self) -> str:
        """Where the arrow leads."""
        return retour_au_catalogue(self.request, self.fiche)

    def obstacle(self) -> str | None:
        """Why the form cannot be opened at all, in a sentence (S-40)."""
        operation = Operation.MODIFIER
        refus = (
            refus_de(self.fiche, operation)
            if self.creation or not est_proposee(self.fiche, operation)
            else []
        )
        return " ".join(r.phrase for r in refus) or None

    def operation_propre(
        self, request: Requete, operation: str, saisie: QueryDict, preuve: str
    ) -> HttpResponse | None:
        """The answer to a button that only this level has, or None."""
        return None

    # --- The two steps ---

    def dispatch(self, request: Requete, pk: int | None = None) -> HttpResponse:
        """Record, right, obstacle; then the step that was asked for."""
        try:
            self.fiche = self.preparer(request, pk)
        except Http404:
            disparue = self._disparue(request, pk) if request.method == "POST" else None
            if disparue is None:
                raise
            return disparue
        exiger(request, Operation.MODIFIER)
        # What was typed is not thrown away for an obstacle: the one door refuses, and the form comes back
        # with it.
        enregistre = request.method == "POST" and request.POST.get("operation", "enregistrer") in {
            "enregistrer",
            "valider",
        }
        if (obstacle := self.obstacle()) and not enregistre and (request.method != "POST" or self.creation):
            messages.error(request, obstacle)
            return redirect(self.retour())
        return super().dispatch(request)

    def get(self, request: Requete) -> HttpResponse:
        """Step 1, or step 2 when the address brings an identifier to verify, or when the record exists."""
        if not self.creation:
            return self.etape_2(
                request, self.formulaire.rempli(QueryDict(), self.fiche), self._signer(self.fiche.identifiant)
            )
        if "identifiant" in request.GET:
            return self._verifier(request, request.GET, QueryDict())
        return self.etape_1(request, IdentifiantForm(fiche=self.fiche), self._copie(request))

    def post(self, request: Requete) -> HttpResponse:
        """The button that was pressed."""
        operation = request.POST.get("operation", "enregistrer")
        saisie = self._saisie(request)
        if operation == "presence":
            return render(request, "bureau/assistant/_presences.html", {"presents": self.presents(request)})
        if operation == "verifier":
            return self._verifier(request, request.POST, saisie)
        if operation == "changer_identifiant":
            return self._changer_identifiant(request, saisie)
        if not (cle := self._preuve(request)):
            if obstacle := self.obstacle():
                messages.error(request, obstacle)
                return redirect(self.retour())
            form = self._identifiant_form(request.POST)
            form.is_valid()
            if not form.errors:
                form.add_error(
                    "identifiant", "Vérifiez l'identifiant avant de poursuivre : cliquez sur « VÉRIFIER »."
                )
            return self.etape_1(request, form, saisie, statut=422)
        if operation == "automatique":
            return self.enregistrer_seul(request, saisie)
        if operation in {"reprendre", "actualiser"}:
            return self.etape_2(
                request, self.formulaire.rempli(saisie, self.fiche), request.POST["verification"]
            )
        verbe, _, champ = operation.partition(":")
        if champ in self.formulaire.PANNEAUX and verbe in {"nouveau", "remplir", "creer", "annuler"}:
            return self._panneau(request, verbe, champ, saisie)
        if reponse := self.operation_propre(request, operation, saisie, request.POST["verification"]):
            return reponse
        if operation == "desarchiver":
            return self._desarchiver(request, saisie)
        return self._enregistrer(
            request, cle, Operation.VALIDER if operation == "valider" else Operation.MODIFIER, saisie
        )

    def _saisie(self, request: Requete) -> QueryDict:
        """What was typed, as it came."""
        saisie = QueryDict(mutable=True)
        for nom in self.formulaire.base_fields:
            if nom in request.POST:
                saisie.setlist(nom, request.POST.getlist(nom))
        return saisie

    def _disparue(self, request: Requete, pk: int | None) -> HttpResponse | None:
        exiger(request, Operation.MODIFIER)
        return self.disparue(request, pk or 0, self._saisie(request))

    # --- Step 1: the identifier ---

    def _identifiant_form(self, donnees: Any) -> IdentifiantForm:
        return IdentifiantForm(donnees, fiche=self.fiche)

    def _verifier(self, request: Requete, donnees: Any, saisie: QueryDict) -> HttpResponse:
        """« VÉRIFIER »: creates nothing (D-03)."""
        form = self._identifiant_form(donnees)
        if not form.is_valid():
            if form.has_error("identifiant", "pris"):
                messages.error(request, form.errors["identifiant"][0])
            return self.etape_1(request, form, saisie, statut=422 if request.method == "POST" else 200)
        messages.success(request, "L'identifiant est disponible.")
        self.fiche.identifiant = form.cleaned_data["identifiant"]
        rempli = self.formulaire.rempli(saisie, self.fiche)
        return self.etape_2(request, rempli, self._signer(self.fiche.identifiant), vise="assistant-form")

    def _changer_identifiant(self, request: Requete, saisie: QueryDict) -> HttpResponse:
        if fige := identifiant_fige(self.fiche):
            messages.error(request, fige)
            return self.etape_2(
                request, self.formulaire.rempli(saisie, self.fiche), self._signer(self.fiche.identifiant)
            )
        form = IdentifiantForm(initial={"identifiant": request.POST.get("identifiant", "")}, fiche=self.fiche)
        return self.etape_1(request, form, saisie)

    def _copie(self, request: Requete) -> QueryDict:
        """« Dupliquer » (D-16): the values to carry, everything but identifier, dates, status and
        enrolment.
        """
        copie = request.GET.get("copie_de", "")
        if not (copie.isascii() and copie.isdigit() and len(copie) < 18):
            return QueryDict()
        modele = get_object_or_404(type(self.fiche).objects.pour_organisme(request.organisme), pk=int(copie))
        return self.formulaire.saisie_de(modele, sauf=self.formulaire.SANS_COPIE)

    # --- Step 2: the information ---

    def _enregistrer(
        self, request: Requete, cle: str, operation: Operation, saisie: QueryDict
    ) -> HttpResponse:
        """« Enregistrer les modifications » and « VALIDER »."""
        if self.creation and (deja := self.fiche.soeurs().filter(cle_de_creation=cle).first()):
            return redirect(retour_au_catalogue(request, deja))
        strict = operation == Operation.VALIDER or self.fiche.statut == Statut.ACTIVE
        form = self.formulaire(saisie, fiche=self.fiche, exiger=strict)
        preuve = request.POST["verification"]
        panneaux = self._panneaux_commences(request)
        for champ, entame in panneaux.items():
            entame.add_error(None, "Ajoutez cette fiche, ou annulez-la, avant d'enregistrer.")
            form.add_error(champ, "Vous avez commencé une nouvelle fiche : ajoutez-la ou annulez-la.")
        if not form.is_valid():
            return self.etape_2(request, form, preuve, panneaux, statut=422)
        avant = self.fiche.statut if not self.creation else None
        valeurs = dict(form.cleaned_data)
        if self.creation:
            self.fiche.cle_de_creation = uuid.UUID(cle)
        if self.creation or not self.fiche.a_ete_active:
            valeurs["identifiant"] = self.fiche.identifiant
        edition = self.edition(request)
        try:
            fiche = self._executer(request, operation, valeurs, edition)
        except IntegrityError as erreur:
            return self._perdu(request, erreur, cle, saisie)
        except Divergences as divergences:
            return self.etape_2(request, form, preuve, statut=409, **self.departager(divergences, form))
        except OperationRefusee as refusee:
            for refus in refusee.refus:
                form.add_error(refus.champ if refus.champ in form.fields else None, refus.phrase)
            return self.etape_2(request, form, preuve, statut=422)
        except type(self.fiche).DoesNotExist:
            disparue = getattr(self.fiche, f"{self.fiche.PARENT}_id") if self.creation else self.fiche.pk
            return self._disparue(request, disparue) or redirect("catalogue")
        if fusion := self.dire_la_fusion(fiche, edition.get("version")):
            messages.info(request, fusion)
        self._annoncer(request, fiche, avant, form.avertissements)
        return redirect(retour_au_catalogue(request, fiche))

    def _executer(
        self, request: Requete, operation: Operation, valeurs: dict[str, Any], edition: dict[str, Any]
    ) -> Fiche:
        """Through the one door; what differs only because this form saved itself in the meantime is this
        person's own.
        """
        try:
            return executer(self.fiche, operation, par=request.user, valeurs=valeurs, **edition)
        except Divergences as divergences:
            if not self.est_mon_brouillon(divergences, edition["version"], request.user):
                raise
            return executer(
                self.fiche, operation, par=request.user, valeurs=valeurs, version=divergences.fiche.version
            )

    def _desarchiver(self, request: Requete, saisie: QueryDict) -> HttpResponse:
        """The record was archived under the form: bring it back, and give the form again with what was
        typed.
        """
        try:
            self.fiche = executer(self.fiche, Operation.DESARCHIVER, par=request.user)
            messages.success(
                request,
                f"{self.fiche.GENRE} « {self.fiche.identifiant} » est désarchivée. Enregistrez maintenant"
                " votre saisie.",
            )
        except OperationRefusee as refusee:
            messages.error(request, str(refusee))
        return self.etape_2(request, self.formulaire.rempli(saisie, self.fiche), request.POST["verification"])

    def _perdu(self, request: Requete, erreur: IntegrityError, cle: str, saisie: QueryDict) -> HttpResponse:
        """The database refused what somebody else did first: the same sending twice, an identifier, a
        category of VAE.
        """
        if self.creation and (deja := self.fiche.soeurs().filter(cle_de_creation=cle).first()):
            return redirect(retour_au_catalogue(request, deja))
        pris = pris_entre_temps(erreur, self.fiche, self.formulaire)
        if not pris:
            raise erreur
        champs = {champ: phrase for champ, phrase, _ in pris}
        if "identifiant" in champs:
            messages.error(request, champs["identifiant"])
            form_identifiant = self._identifiant_form(request.POST)
            form_identifiant.is_valid()
            return self.etape_1(request, form_identifiant, saisie, statut=422)
        form = self.formulaire(saisie, fiche=self.fiche)
        for champ, phrase in champs.items():
            form.add_error(champ, phrase)
        return self.etape_2(request, form, request.POST["verification"], statut=422)

    def _annoncer(self, request: Requete, fiche: Fiche, avant: str | None, avertissements: list[str]) -> None:
        nom = f"{fiche.GENRE} « {fiche.identifiant} »"
        reserves = "\n".join(avertissements)
        if fiche.statut == Statut.ACTIVE:
            phrase, alertes = apres_enregistrement(fiche)
            messages.success(request, f"{nom} a bien été modifiée. {phrase}")
            for alerte in alertes:
                messages.warning(request, alerte.phrase, extra_tags=alerte.geste)
        elif fiche.statut == Statut.VALIDEE:
            messages.success(request, f"{nom} est validée. {self.mots['suite']}")
        elif avant == Statut.VALIDEE:
            messages.warning(request, f"{nom} n'est plus complète : elle repasse en brouillon.\n{reserves}")
            return
        else:
            messages.success(request, f"{nom} est enregistrée en brouillon.")
            if reserves:
                messages.warning(request, f"Avant de la valider :\n{reserves}")
            return
        if reserves:
            messages.warning(request, f"À vérifier :\n{reserves}" if len(avertissements) > 1 else reserves)

    # --- Rendering ---

    def etape_1(
        self,
        request: Requete,
        form: IdentifiantForm,
        saisie: QueryDict,
        *,
        statut: int = 200,
        avis: str | None = None,
    ) -> HttpResponse:
        """Only the identifier; what was already typed travels in hidden fields."""
        caches = [(nom, valeur) for nom, valeurs in saisie.lists() for valeur in valeurs]
        return self._rendre(
            request,
            1,
            statut,
            vise="id_identifiant",
            form_identifiant=form,
            caches=caches,
            avertissement=avis,
        )

    def etape_2(
        self,
        request: Requete,
        form: FicheForm,
        preuve: str,
        panneaux: dict[str, Any] | None = None,
        *,
        statut: int = 200,
        **contexte: Any,
    ) -> HttpResponse:
        """The information, open."""
        for champ, panneau in (panneaux or {}).items():
            form.fields[champ].panneau_ouvert = panneau
        # Sent back after a refusal, the form was still filled from the version it says.
        version = request.POST.get("version", self.fiche.version)
        return self._rendre(
            request,
            2,
            statut,
            **{
                "form": form,
                "verification": preuve,
                "presents": self.presents(request),
                "version": version,
                **contexte,
            },
        )

    def _rendre(
        self, request: Requete, etape: int, statut: int, *, vise: str = "", **contexte: Any
    ) -> HttpResponse:
        """The page; `vise` is the id of what has the focus once htmx has put it in place
        (static/js/echanges.js).
        """
        active = not self.creation and self.fiche.statut == Statut.ACTIVE
        avertissement = (
            f"{self.fiche.GENRE} est active : le public verra vos changements le {date_longue(demain())} au"
            " matin."
        )
        commun = {
            "form": None,
            "form_identifiant": None,
            "caches": [],
            "verification": "",
            "fiche": self.fiche,
            "etape": etape,
            "creation": self.creation,
            "titre": self.titre,
            "mots": self.mots,
            "rappel": self.rappel,
            "retour": self.retour(),
            "adresse": self.adresse or request.path,
            "divergences": None,
            "vue": "",
            "auteur": "",
            "version": "",
            "presents": [],
            "automatique": not self.creation and self.fiche.statut == Statut.BROUILLON,
            "peut_desarchiver": self.peut_desarchiver(request),
            "suite": page_precedente(request),
        }
        contexte["avertissement"] = contexte.get("avertissement") or (avertissement if active else None)
        reponse = render(request, "bureau/assistant/formulaire.html", {**commun, **contexte}, status=statut)
        return trigger_client_event(reponse, "viser", {"ancre": vise}, after="settle") if vise else reponse
