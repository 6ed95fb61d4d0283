"""The base view of the wizard, for the three levels (D-01 to D-08).

Step 1 verifies an identifier. Step 2 asks for the information.
"""

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
from bureau.assistant.impact import CONTINUER, AvecImpact
from bureau.assistant.panneaux import Panneaux
from bureau.assistant.ressemblances import comparee, dire_les_ressemblances
from bureau.assistant.verification import Verification
from catalogue.cycle_de_vie import OperationRefusee, Statut, est_proposee, executer, refus_de
from catalogue.forms.fiche import FicheForm, IdentifiantForm, identifiant_fige, pris_entre_temps
from catalogue.fusion import Divergences
from catalogue.models import Fiche
from edof.horloge import demain
from edof.lecture import lire_cle
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation
from organismes.espace import Requete, exiger
from publication.impact import ImpactAnnonce
from publication.retraits import apres_enregistrement


class Assistant(Verification, Panneaux, APlusieurs, AvecImpact, View):
    """The base class of the wizard views: two steps at one URL (D-01).

    Nothing is stored between two requests, except what the page itself carries.
    """

    creation: ClassVar[bool]
    formulaire: ClassVar[type[FicheForm]]
    titre: ClassVar[str]
    # The words of this level, such as « votre session » and « Informations sur la session ».
    mots: ClassVar[dict[str, str]]
    # Template of the card that shows the parent.
    rappel: ClassVar[str | None] = None

    fiche: Fiche
    # URL to which the form is submitted, when it is not the URL of the request.
    adresse: str | None = None

    # --- What each level defines ---

    def preparer(self, request: Requete, pk: int | None) -> Fiche:
        """Return the record that the form edits, or raise Http404."""
        raise NotImplementedError

    def retour(self) -> str:
        """Return the URL of the back arrow."""
        return retour_au_catalogue(self.request, self.fiche)

    def suite(self, request: Requete) -> str:
        """Return what comes next, once the record is validée."""
        return self.mots["suite"]

    def obstacle(self) -> str | None:
        """Return the sentence that says why the form cannot be opened at all (S-40), or None."""
        operation = Operation.MODIFIER
        refus = (
            refus_de(self.fiche, operation)
            if self.creation or not est_proposee(self.fiche, operation)
            else []
        )
        return " ".join(r.phrase for r in refus) or None

    def avertir(self) -> list[str]:
        """Return what saving the form will do beyond the record, in sentences that it shows first."""
        if self.creation or self.fiche.statut != Statut.ACTIVE:
            return []
        jour = date_longue(demain())
        return [f"{self.fiche.GENRE} est active : le public verra vos changements le {jour} au matin."]

    def operation_propre(
        self, request: Requete, operation: str, saisie: QueryDict, preuve: str
    ) -> HttpResponse | None:
        """Return the response to a button that only this level has, or None."""
        return None

    # --- The two steps ---

    def dispatch(self, request: Requete, pk: int | None = None) -> HttpResponse:
        """Load the record, check the right and the obstacle, then run the requested step.

        When the record was deleted in the meantime, a POST gets the page that keeps what was typed.
        """
        try:
            self.fiche = self.preparer(request, pk)
        except Http404:
            disparue = self._disparue(request, pk) if request.method == "POST" else None
            if disparue is None:
                raise
            return disparue
        exiger(request, Operation.MODIFIER)
        # An obstacle must not lose what was typed: on a save, `executer` refuses the operation and the form
        # is rendered again with the values.
        demandee = request.POST.get("operation", "enregistrer").removeprefix(f"{CONTINUER}:")
        enregistre = request.method == "POST" and demandee in {"enregistrer", "valider"}
        if (obstacle := self.obstacle()) and not enregistre and (request.method != "POST" or self.creation):
            messages.error(request, obstacle)
            return redirect(self.retour())
        return super().dispatch(request)

    def get(self, request: Requete) -> HttpResponse:
        """Render step 1; render step 2 for an existing record, or for an identifier given in the URL.

        The identifier given in the URL is verified first.
        """
        if not self.creation:
            return self.etape_2(
                request, self.formulaire.rempli(QueryDict(), self.fiche), self._signer(self.fiche.identifiant)
            )
        if "identifiant" in request.GET:
            return self._verifier(request, request.GET, QueryDict())
        return self.etape_1(request, IdentifiantForm(fiche=self.fiche), self._copie(request))

    def post(self, request: Requete) -> HttpResponse:
        """Handle the button that was pressed (parameter `operation`)."""
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
        valide = operation.removeprefix(f"{CONTINUER}:") == "valider"
        return self._enregistrer(request, cle, Operation.VALIDER if valide else Operation.MODIFIER, saisie)

    def _saisie(self, request: Requete) -> QueryDict:
        """Return the submitted values of the form fields, unchanged."""
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
        """Handle « VÉRIFIER »: render step 2 when the identifier is available, else step 1 (D-03).

        Nothing is created.
        """
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
        """Return the values that « Dupliquer » copies from another record (D-16).

        They are all the values but the identifier, the dates, the status and the enrolment. The parameter
        `?copie_de=…` gives the key of the record to copy. Raise Http404 when it is not the organisme's.
        """
        if (cle := lire_cle(request.GET.get("copie_de", ""))) is None:
            return QueryDict()
        modele = get_object_or_404(type(self.fiche).objects.pour_organisme(request.organisme), pk=cle)
        return self.formulaire.saisie_de(modele, sauf=self.formulaire.SANS_COPIE)

    # --- Step 2: the information ---

    def _enregistrer(
        self, request: Requete, cle: str, operation: Operation, saisie: QueryDict
    ) -> HttpResponse:
        """Handle « Enregistrer les modifications » and « VALIDER »."""
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
        ressemblait = None if self.creation else comparee(self.fiche)
        valeurs = dict(form.cleaned_data)
        if self.creation:
            self.fiche.cle_de_creation = uuid.UUID(cle)
        if self.creation or not self.fiche.a_ete_active:
            valeurs["identifiant"] = self.fiche.identifiant
        edition = self.edition(request)
        try:
            fiche = self.enregistrer_ou_annoncer(
                request, lambda: self._executer(request, operation, valeurs, edition)
            )
        except ImpactAnnonce as annonce:
            annonces = self.annonce_de(request, annonce.impact, operation)
            return self.etape_2(request, form, preuve, statut=422, **annonces)
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
        self._annoncer(request, fiche, avant, list(form.avertissements))
        dire_les_ressemblances(request, fiche, ressemblait)
        for phrase in fiche.suites:
            messages.warning(request, phrase)
        return redirect(retour_au_catalogue(request, fiche))

    def _executer(
        self, request: Requete, operation: Operation, valeurs: dict[str, Any], edition: dict[str, Any]
    ) -> Fiche:
        """Run the operation through `executer`, and return the saved record.

        When the record differs only because this form saved itself in the meantime, the changes are this
        user's own: the operation then runs again on the latest version, and no choice is asked.
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
        """Unarchive the record that was archived while the form was open.

        Then render the form again with what was typed.
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
        """Return the response to an IntegrityError caused by what somebody else did first.

        The cases are: the same form submitted twice, an identifier taken, a category of VAE taken, a contact
        or an address deleted. Any other error is raised again.
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
            messages.success(request, f"{nom} est validée. {self.suite(request)}")
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
        """Render step 1, the identifier; the values already typed are kept in hidden fields."""
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
        """Render step 2, the information."""
        for champ, panneau in (panneaux or {}).items():
            form.fields[champ].panneau_ouvert = panneau
        # After a refusal, the form is still based on the version it was first filled from.
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
        """Render the page.

        `vise` is the id of the element that gets the focus, once htmx has put the page in place
        (static/js/echanges.js).
        """
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
            "impact": None,
            "vue": "",
            "auteur": "",
            "version": "",
            "presents": [],
            "automatique": not self.creation and self.fiche.statut == Statut.BROUILLON,
            "peut_desarchiver": self.peut_desarchiver(request),
            "suite": page_precedente(request),
        }
        contexte["avertissement"] = contexte.get("avertissement") or " ".join(self.avertir())
        reponse = render(request, "bureau/assistant/formulaire.html", {**commun, **contexte}, status=statut)
        return trigger_client_event(reponse, "viser", {"ancre": vise}, after="settle") if vise else reponse
