"""Views of the webhooks: subscriptions, their secret, their deliveries; for tokens of a gestionnaire."""

import uuid
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from api.ecriture import lire_le_corps
from api.listes import CHOIX, liste_simple
from api.pagination import Lignes
from api.parametres import CLE, PAGE, Parametre, refuser
from api.problemes import raisons_du_formulaire
from api.schema import ECRITURE, LECTURE_D_UNE, Doc
from api.serializers.communs import page_de
from api.serializers.webhooks import (
    LivraisonSerializer,
    RienSerializer,
    WebhookCreationSerializer,
    WebhookCreeSerializer,
    WebhookModificationSerializer,
    WebhookSerializer,
)
from api.views.base import Vue
from crochets import gestes
from crochets.forms import AbonnementForm
from crochets.models import Abonnement, Livraison
from crochets.signature import secret_de
from edof.problemes import Probleme, Raison
from organismes.droits import Operation

ETAT = Parametre(
    "etat", "Ces livraisons seulement.", {"type": "string", "enum": [str(e) for e in Livraison.Etat.values]}
)
LECTURE = (400, 401, 403, 404, 429)
LUS_SEULEMENT = {
    "id", "arret", "arrete_le", "cree_le", "dernier_essai_le", "dernier_succes_le", "ancien_secret_jusqu_a",
    "secret",
}  # fmt: skip


class WebhookVue(Vue):
    """The subscriptions of the organisme of the token."""

    chapitre, ressource = "Webhooks", "webhook"
    docs: ClassVar[dict[str, Doc]] = {
        "lister": Doc(
            "Lister les webhooks",
            "Qui est prévenu de quoi. Avec le jeton d'un gestionnaire, comme tout ce chapitre.",
            page_de(WebhookSerializer, partielle=True),
            parametres=(*PAGE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "creer": Doc(
            "Créer un webhook",
            "L'adresse commence par `https://`, sur le port 443, et se joint depuis Internet. Chaque"
            " événement y est envoyé selon Standard Webhooks 1.0.0 (`webhook-id`, `webhook-timestamp`,"
            " `webhook-signature`) ; seul un 2xx, en 15 secondes, est une réussite ; sinon dix essais en 75"
            " heures, puis il est désactivé. Dix webhooks au plus.",
            WebhookCreeSerializer,
            corps=WebhookCreationSerializer,
            statuts=(201,),
            erreurs=ECRITURE,
        ),
        "lire": Doc(
            "Lire un webhook", "Sans son secret.", WebhookSerializer, parametres=(CLE,),
            erreurs=(*LECTURE_D_UNE, 403),
        ),
        "modifier": Doc(
            "Modifier un webhook",
            "Ce que le corps ne nomme pas reste. `actif` le désactive ou le réactive.",
            WebhookSerializer,
            corps=WebhookModificationSerializer,
            parametres=(CLE,),
            erreurs=ECRITURE,
        ),
        "supprimer": Doc(
            "Supprimer un webhook", "Avec son journal.", None, statuts=(204,), parametres=(CLE,),
            erreurs=ECRITURE,
        ),
        "renouveler": Doc(
            "Renouveler le secret",
            "Pendant 24 heures, chaque appel porte deux signatures, celle de l'ancien secret et celle du"
            " nouveau.",
            WebhookCreeSerializer,
            corps=RienSerializer,
            parametres=(CLE,),
            erreurs=ECRITURE,
        ),
        "tester": Doc(
            "Envoyer un test",
            "Un événement `test.ping`, envoyé dans les secondes qui suivent, une seule fois, même à un"
            " webhook désactivé.",
            LivraisonSerializer,
            corps=RienSerializer,
            statuts=(201,),
            parametres=(CLE,),
            erreurs=ECRITURE,
        ),
        "livraisons": Doc(
            "Lister les livraisons",
            "Celles des 90 derniers jours, avec leurs essais.",
            page_de(LivraisonSerializer, partielle=True),
            parametres=(CLE, ETAT, *PAGE, *CHOIX),
            erreurs=(*LECTURE_D_UNE, 403),
            tableau=True,
        ),
    }  # fmt: skip

    def ensemble(self) -> QuerySet[Abonnement]:
        """Return the subscriptions of the organisme; raise PermissionDenied without the right."""
        self.exiger(Operation.GERER_LES_JETONS)
        return Abonnement.objects.pour_organisme(self.jeton.organisme).select_related("organisme")

    def _un(self, id: int) -> Any:
        return get_object_or_404(self.ensemble(), pk=id)

    def _nouveau_secret(self) -> str:
        return secret_de(str(uuid.uuid4()), f"jeton:{self.jeton.pk}")

    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page of subscriptions."""
        return liste_simple(request, "webhooks", WebhookSerializer, Lignes(self.ensemble()))

    def lire(self, request: Request, id: int) -> Response:
        """Return one subscription."""
        return Response(WebhookSerializer(self._un(id)).data)

    def creer(self, request: Request) -> Response:
        """Create a subscription (POST)."""
        self.exiger(Operation.GERER_LES_JETONS)
        attendu = WebhookCreationSerializer()
        saisie = lire_le_corps(request.data, attendu, lecture_seule=LUS_SEULEMENT)
        form = AbonnementForm(
            _typee(saisie),
            instance=Abonnement(organisme=self.jeton.organisme),
            secret=self._nouveau_secret(),
        )
        _exiger_valide(form)
        abonnement, nouveau = gestes.creer(form, par=self.jeton)
        if not nouveau:
            raise Probleme(
                "validation", "", [Raison("Un webhook prévient déjà cette adresse.", "url", "deja")]
            )
        adresse = request.build_absolute_uri(reverse("api_webhook", args=[abonnement.pk]))
        return Response(WebhookCreeSerializer(abonnement).data, status=201, headers={"Location": adresse})

    def modifier(self, request: Request, id: int) -> Response:
        """Change what the body names (PATCH)."""
        abonnement = self._un(id)
        attendu = WebhookModificationSerializer()
        saisie = lire_le_corps(request.data, attendu, lecture_seule=LUS_SEULEMENT)
        actif = saisie.pop("actif", None)
        avant = {nom: getattr(abonnement, nom) for nom in AbonnementForm.Meta.fields}
        form = AbonnementForm(_typee(avant | saisie), instance=abonnement)
        _exiger_valide(form)
        gestes.modifier(form, par=self.jeton)
        if actif is not None:
            (gestes.reprendre if actif == "true" else gestes.arreter)(abonnement, par=self.jeton)
        return self.lire(request, id)

    def supprimer(self, request: Request, id: int) -> Response:
        """Delete a subscription (DELETE)."""
        gestes.supprimer(self._un(id), par=self.jeton)
        return Response(status=204)

    def renouveler(self, request: Request, id: int) -> Response:
        """Give a new secret (POST)."""
        abonnement = self._un(id)
        lire_le_corps(request.data, RienSerializer())
        gestes.renouveler(abonnement, self._nouveau_secret(), par=self.jeton)
        return Response(WebhookCreeSerializer(self._un(id)).data)

    def tester(self, request: Request, id: int) -> Response:
        """Ask for a test (POST)."""
        abonnement = self._un(id)
        lire_le_corps(request.data, RienSerializer())
        return Response(LivraisonSerializer(abonnement.essayer(self.jeton)).data, status=201)

    def livraisons(self, request: Request, id: int) -> HttpResponseBase:
        """Return a page of the deliveries of one subscription."""
        livraisons = self._un(id).livraisons.select_related("evenement")
        if (etat := request.query_params.get(ETAT.nom)) is not None:
            if etat not in Livraison.Etat.values:
                valeurs = ", ".join(map(str, Livraison.Etat.values))
                raise refuser(ETAT.nom, f"Le paramètre « etat » vaut : {valeurs}.")
            livraisons = livraisons.filter(etat=etat)
        return liste_simple(request, f"webhook-{id}", LivraisonSerializer, Lignes(livraisons))


class LivraisonVue(Vue):
    """The deliveries of the organisme of the token."""

    chapitre, ressource = "Webhooks", "livraison"
    docs: ClassVar[dict[str, Doc]] = {
        "rejouer": Doc(
            "Rejouer une livraison",
            "Le même événement, avec le même `webhook-id`, repart aussitôt. Refusé pour un webhook désactivé,"
            " et pour une livraison qui attend déjà.",
            LivraisonSerializer,
            corps=RienSerializer,
            parametres=(CLE,),
            erreurs=ECRITURE,
        ),
    }  # fmt: skip

    def rejouer(self, request: Request, id: int) -> Response:
        """Send a delivery again (POST)."""
        self.exiger(Operation.GERER_LES_JETONS)
        siennes = Livraison.objects.filter(
            abonnement__in=Abonnement.objects.pour_organisme(self.jeton.organisme)
        ).select_related("abonnement", "evenement")
        livraison = get_object_or_404(siennes, pk=id)
        lire_le_corps(request.data, RienSerializer())
        if not livraison.abonnement.actif:
            raise _refusee("Ce webhook est désactivé : réactivez-le d'abord.")
        if not siennes.filter(pk=id).rejouer():
            raise _refusee("Cette livraison est déjà en attente.")
        return Response(LivraisonSerializer(siennes.get(pk=id)).data)


def _refusee(phrase: str) -> Probleme:
    return Probleme("operation_refusee", "", [Raison(phrase, None, "etat")])


def _typee(valeurs: dict[str, Any]) -> QueryDict:
    typee = QueryDict(mutable=True)
    for nom, valeur in valeurs.items():
        typee.setlist(nom, valeur if isinstance(valeur, list) else [valeur])
    return typee


def _exiger_valide(form: AbonnementForm) -> None:
    if not form.is_valid():
        raise Probleme("validation", "", raisons_du_formulaire(form))
