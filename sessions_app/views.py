"""The wizard « Ajouter une session », its sister « Modifier », « Consulter », « Pourquoi pas visible ? »."""

import uuid
from typing import Any

from django.contrib import messages
from django.core import signing
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views import View
from django.views.decorators.http import require_GET

from catalogue.arbre import preparer_session
from catalogue.cycle_de_vie import OperationRefusee, Statut, est_proposee, executer, refus_de
from catalogue.models import Action
from catalogue.templatetags.affichage import date_longue
from catalogue.views.acces import exiger, fiche_ou_404, page_du_catalogue
from edof.horloge import demain
from organismes.droits import Operation
from organismes.forms import AdresseForm, ContactForm
from organismes.models import Contact
from organismes.validateurs import normaliser_identifiant
from publication import visibilite
from sessions_app.forms import IdentifiantForm, SessionForm, valeurs_initiales
from sessions_app.models import Session

SEL = "identifiant-verifie"
CHAMPS = tuple(SessionForm.base_fields)
# The panels that open inside the form: the field they feed, and the form they show.
PANNEAUX = {"contact": ("contact_inscription", ContactForm), "adresse": ("adresse_inscription", AdresseForm)}


class Assistant(View):
    """The two steps at one address (D-01). Nothing is kept between two requests but what the page itself carries.

    The proof that an identifier was verified is a signed text in the page (D-03): it names the action, the session
    being modified, the identifier, and the key that makes a second sending find the first one's result.
    """

    creation = True
    titre = "Ajouter une session"

    def preparer(self, request: HttpRequest, pk: int) -> Session:
        """The session that the form is about, or an HTTP 404."""
        action = get_object_or_404(
            Action.objects.pour_organisme(request.organisme).select_related("offre", "lieu_de_formation", "organisme"), pk=pk
        )
        return Session(action=action, organisme=action.organisme)

    def obstacle(self) -> str | None:
        """Why the form cannot be opened at all, in a sentence."""
        if self.session.action.statut == Statut.ARCHIVEE:
            return "Cette action est archivée : désarchivez-la avant de lui ajouter une session."
        return None

    def dispatch(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Right, record, obstacle; then the step that was asked for."""
        self.session = self.preparer(request, pk)
        exiger(request, Operation.MODIFIER)
        if obstacle := self.obstacle():
            messages.error(request, obstacle)
            return redirect(page_du_catalogue(self.session.action if self.creation else self.session))
        return super().dispatch(request, pk)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Step 1, or step 2 when the address brings an identifier to verify."""
        if "identifiant" in request.GET:
            return self.verifier(request, request.GET, {})
        return self.etape_1(request, IdentifiantForm(action=self.session.action, session=self.session), self._copie(request))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The button that was pressed."""
        operation = request.POST.get("operation", "enregistrer")
        typees = {nom: request.POST[nom] for nom in CHAMPS if nom in request.POST}
        if operation == "verifier":
            return self.verifier(request, request.POST, typees)
        if operation == "changer_identifiant":
            return self._changer_identifiant(request, typees)
        if not (preuve := self._preuve(request)):
            form = self._identifiant_form(request.POST)
            form.is_valid()
            if not form.errors:
                form.add_error("identifiant", "Vérifiez l'identifiant avant de poursuivre : cliquez sur « VÉRIFIER ».")
            return self.etape_1(request, form, typees, statut=422)
        verbe, _, panneau = operation.partition("_")
        if panneau in PANNEAUX and verbe in {"nouveau", "nouvelle", "creer", "annuler"}:
            return self._panneau(request, verbe, panneau, typees)
        return self._enregistrer(request, preuve, Operation.VALIDER if operation == "valider" else Operation.MODIFIER, typees)

    # --- Step 1: the identifier ---

    def _identifiant_form(self, donnees: Any) -> IdentifiantForm:
        return IdentifiantForm(donnees, action=self.session.action, session=self.session)

    def verifier(self, request: HttpRequest, donnees: Any, typees: dict[str, str]) -> HttpResponse:
        """« VÉRIFIER »: creates nothing (D-03)."""
        form = self._identifiant_form(donnees)
        if not form.is_valid():
            if form.has_error("identifiant", "pris"):
                messages.error(request, form.errors["identifiant"][0])
            return self.etape_1(request, form, typees, statut=422 if request.method == "POST" else 200)
        messages.success(request, "L'identifiant est disponible.")
        self.session.identifiant = form.cleaned_data["identifiant"]
        return self.etape_2(request, self._formulaire(typees), self._signer(self.session.identifiant))

    def _changer_identifiant(self, request: HttpRequest, typees: dict[str, str]) -> HttpResponse:
        if self.session.a_ete_active:
            messages.error(request, "L'identifiant ne peut plus changer : la session a déjà été active.")
            return self.etape_2(request, self._formulaire(typees), self._signer(self.session.identifiant))
        form = IdentifiantForm(initial={"identifiant": request.POST.get("identifiant", "")}, action=self.session.action, session=self.session)
        return self.etape_1(request, form, typees)

    def _copie(self, request: HttpRequest) -> dict[str, str]:
        """« Dupliquer » (D-16): the values to carry, everything but identifier, dates, status and enrolment."""
        copie = request.GET.get("copie_de", "")
        if not (copie.isascii() and copie.isdigit() and len(copie) < 18):
            return {}
        modele = get_object_or_404(Session.objects.pour_organisme(request.organisme), pk=int(copie))
        valeurs = valeurs_initiales(modele)
        gardees = ("garantie", "contact_inscription", "adresse_inscription", "modalites_particulieres")
        return {nom: str(valeurs[nom]) for nom in gardees if valeurs[nom] not in (None, "")}

    # --- The proof ---

    def _signer(self, identifiant: str, cle: str | None = None) -> str:
        return signing.dumps(
            [self.session.action_id, self.session.pk or 0, normaliser_identifiant(identifiant), cle or uuid.uuid4().hex], salt=SEL
        )

    def _preuve(self, request: HttpRequest) -> str | None:
        """The key of creation when the page proves that its identifier was verified for this action, else None."""
        identifiant = request.POST.get("identifiant", "")
        try:
            action, session, verifie, cle = signing.loads(request.POST.get("verification", ""), salt=SEL)
        except (signing.BadSignature, ValueError):
            return None
        attendu = [self.session.action_id, self.session.pk or 0, normaliser_identifiant(identifiant)]
        if [action, session, verifie] != attendu:
            return None
        self.session.identifiant = identifiant.strip()
        return str(cle)

    # --- Step 2: the information ---

    def _formulaire(self, typees: dict[str, str] | None) -> SessionForm:
        """The form with what was typed, unchecked; or, when nothing was, with what the session holds."""
        if not typees:
            return SessionForm(initial=valeurs_initiales(self.session), session=self.session)
        return SessionForm(initial={**typees, "pas_de_dates": "pas_de_dates" in typees}, session=self.session)

    def _panneau(self, request: HttpRequest, verbe: str, panneau: str, typees: dict[str, str]) -> HttpResponse:
        """Open, close or save the panel of a new contact or address; what was typed elsewhere stays (S-87)."""
        champ, classe = PANNEAUX[panneau]
        cle = request.POST.get("verification", "")
        if verbe == "annuler":
            return self.etape_2(request, self._formulaire(typees), cle)
        if verbe != "creer":
            form = classe(prefix=panneau, organisme=request.organisme)
            return self.etape_2(request, self._formulaire(typees), cle, {panneau: form})
        form = classe(request.POST, prefix=panneau, organisme=request.organisme)
        if not form.is_valid():
            return self.etape_2(request, self._formulaire(typees), cle, {panneau: form}, statut=422)
        cree = form.save()
        messages.success(request, "Le contact a bien été ajouté." if panneau == "contact" else "L'adresse a bien été ajoutée.")
        return self.etape_2(request, self._formulaire({**typees, champ: str(cree.pk)}), cle)

    def _panneaux_commences(self, request: HttpRequest) -> dict[str, Any]:
        """The panels in which something was typed but not added yet: it must not vanish with the page."""
        commences = {}
        for panneau, (_, classe) in PANNEAUX.items():
            if any(valeur.strip() for nom, valeur in request.POST.items() if nom.startswith(f"{panneau}-")):
                commences[panneau] = classe(request.POST, prefix=panneau, organisme=request.organisme)
        return commences

    def _enregistrer(self, request: HttpRequest, cle: str, operation: Operation, typees: dict[str, str]) -> HttpResponse:
        """« Enregistrer les modifications » and « VALIDER »."""
        if self.creation and (deja := Session.objects.filter(cle_de_creation=cle, action=self.session.action).first()):
            return redirect(page_du_catalogue(deja))
        strict = operation == Operation.VALIDER or self.session.statut == Statut.ACTIVE
        form = SessionForm(request.POST, session=self.session, exiger=strict)
        preuve = request.POST["verification"]
        panneaux = self._panneaux_commences(request)
        for panneau, entame in panneaux.items():
            entame.add_error(None, "Ajoutez cette fiche, ou annulez-la, avant d'enregistrer la session.")
            form.add_error(PANNEAUX[panneau][0], "Vous avez commencé une nouvelle fiche : ajoutez-la ou annulez-la.")
        if not form.is_valid():
            return self.etape_2(request, form, preuve, panneaux, statut=422)
        avant = self.session.statut if not self.creation else None
        valeurs = dict(form.cleaned_data)
        if self.creation:
            self.session.cle_de_creation = uuid.UUID(cle)
        if self.creation or not self.session.a_ete_active:
            valeurs["identifiant"] = self.session.identifiant
        try:
            session = executer(self.session, operation, par=request.user, valeurs=valeurs)
        except IntegrityError as erreur:
            if not any(nom in str(erreur) for nom in ("session_identifiant_unique", "session_creee_une_fois")):
                raise
            return self._identifiant_perdu(request, cle, typees)
        except OperationRefusee as refusee:
            for refus in refusee.refus:
                form.add_error(refus.champ if refus.champ in form.fields else None, refus.phrase)
            return self.etape_2(request, form, preuve, statut=422)
        self._annoncer(request, session, avant, form.avertissements)
        return redirect(page_du_catalogue(session))

    def _identifiant_perdu(self, request: HttpRequest, cle: str, typees: dict[str, str]) -> HttpResponse:
        """The database refused: the same form sent twice shows the first one's result, otherwise the identifier went."""
        if deja := Session.objects.filter(cle_de_creation=cle, action=self.session.action).first():
            return redirect(page_du_catalogue(deja))
        form = self._identifiant_form(request.POST)
        form.is_valid()
        messages.error(request, form.errors["identifiant"][0])
        return self.etape_1(request, form, typees, statut=422)

    def _annoncer(self, request: HttpRequest, session: Session, avant: str | None, avertissements: list[str]) -> None:
        nom = f"La session « {session.identifiant} »"
        if session.statut == Statut.ACTIVE:
            messages.success(request, f"{nom} a bien été modifiée. Le public verra le changement le {date_longue(demain())} au matin.")
        elif session.statut == Statut.VALIDEE:
            messages.success(request, f"{nom} est validée. Vous pouvez l'ouvrir à l'inscription.")
        elif avant == Statut.VALIDEE:
            messages.warning(request, f"{nom} n'est plus complète : elle repasse en brouillon. {' '.join(avertissements)}")
        else:
            messages.success(request, f"{nom} est enregistrée en brouillon.")
            if avertissements:
                messages.warning(request, f"Avant de la valider : {' '.join(avertissements)}")

    # --- Rendering ---

    def etape_1(self, request: HttpRequest, form: IdentifiantForm, typees: dict[str, str], *, statut: int = 200) -> HttpResponse:
        """Only the identifier; what was already typed travels in hidden fields."""
        return self._rendre(request, 1, statut, form_identifiant=form, caches=list(typees.items()))

    def etape_2(
        self,
        request: HttpRequest,
        form: SessionForm,
        preuve: str,
        panneaux: dict[str, Any] | None = None,
        *,
        statut: int = 200,
    ) -> HttpResponse:
        """« Informations sur la session », open."""
        panneaux = panneaux or {}
        choisi = form["contact_inscription"].value()
        contact = None
        if str(choisi or "").isascii() and str(choisi or "").isdigit() and len(str(choisi)) < 18:
            contact = Contact.objects.pour_organisme(request.organisme).filter(pk=choisi).first()
        return self._rendre(
            request,
            2,
            statut,
            form=form,
            verification=preuve,
            nouveau_contact=panneaux.get("contact"),
            nouvelle_adresse=panneaux.get("adresse"),
            contact_choisi=contact,
        )

    def _rendre(self, request: HttpRequest, etape: int, statut: int, **contexte: Any) -> HttpResponse:
        vide = {
            "form": None,
            "form_identifiant": None,
            "caches": [],
            "verification": "",
            "nouveau_contact": None,
            "nouvelle_adresse": None,
            "contact_choisi": None,
        }
        active = not self.creation and self.session.statut == Statut.ACTIVE
        commun = {
            "action": self.session.action,
            "session": self.session,
            "etape": etape,
            "creation": self.creation,
            "titre": self.titre,
            "retour": page_du_catalogue(self.session.action if self.creation else self.session),
            "avertissement": f"Cette session est active : le public verra vos changements le {date_longue(demain())} au matin."
            if active
            else None,
        }
        return render(request, "sessions_app/formulaire.html", {**vide, **commun, **contexte}, status=statut)


class Ajouter(Assistant):
    """« Ajouter une session », under an action."""


class Modifier(Assistant):
    """« Modifier »: the same form, filled, at its second step."""

    creation = False
    titre = "Modifier la session"

    def preparer(self, request: HttpRequest, pk: int) -> Session:
        """The session to modify, or an HTTP 404."""
        return get_object_or_404(
            Session.objects.pour_organisme(request.organisme).select_related("action__offre", "action__lieu_de_formation", "organisme"),
            pk=pk,
        )

    def obstacle(self) -> str | None:
        """An archived session is not modifiable (S-40)."""
        if not est_proposee(self.session, Operation.MODIFIER):
            return " ".join(refus.phrase for refus in refus_de(self.session, Operation.MODIFIER))
        return None

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The filled form."""
        return self.etape_2(request, self._formulaire(None), self._signer(self.session.identifiant))


def _session_annotee(request: HttpRequest, pk: int) -> Session:
    session = fiche_ou_404(request, "session", pk)
    annotee = visibilite.avec_visibilite(
        Session.objects.select_related("action__offre__certification", "action__lieu_de_formation", "contact_inscription", "adresse_inscription")
    ).get(pk=session.pk)
    preparer_session(annotee, request.membre)
    return annotee


@require_GET
def consulter(request: HttpRequest, pk: int) -> HttpResponse:
    """« Consulter »: read only, with what is missing to be « validée » and why it is not visible (S-99)."""
    session = _session_annotee(request, pk)
    modifiable = est_proposee(session, Operation.MODIFIER)
    modifier = reverse("session_modifier", args=[pk]) if modifiable else None
    contexte = {
        "session": session,
        "action": session.action,
        "offre": session.action.offre,
        "operations": session.operations,
        "manques": [{"champ": r.champ, "phrase": r.raison, "url": f"{modifier}#id_{r.champ}" if modifier else None} for r in session.manques()],
        "conditions": visibilite.diagnostic(session),
        "est_visible": session.est_visible,
        "visible_le": session.visible_le,
        "etat_url": request.path,
    }
    return render(request, "sessions_app/consulter.html", contexte)


@require_GET
def pourquoi_pas_visible(request: HttpRequest, pk: int) -> HttpResponse:
    """« Pourquoi pas visible ? »: each condition, met or not."""
    session = _session_annotee(request, pk)
    contexte = {
        "session": session,
        "conditions": visibilite.diagnostic(session),
        "est_visible": session.est_visible,
        "visible_le": session.visible_le,
    }
    return render(request, "publication/visibilite.html", contexte)
