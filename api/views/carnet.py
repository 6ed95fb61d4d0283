"""Views of the contacts and addresses, which are saved through their forms."""

from typing import Any, ClassVar

from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.champs import champs_de_l_api
from api.ecriture import en_saisie, en_transaction, lire_le_corps, meme_identifiant
from api.filtres import AdresseFiltres, ContactFiltres, parametres_de
from api.listes import CHAMPS, CHOIX, champs_demandes, montrer
from api.parametres import CLE, IDENTIFIANT, PAGE, SI_ABSENTE, SI_CHANGE, SI_MATCH, SIMULATION, Parametre
from api.preconditions import verifier
from api.problemes import raisons_du_formulaire
from api.schema import ECRITURE, LECTURE, LECTURE_D_UNE, Doc
from api.serializers.carnet import (
    AdresseDepotSerializer,
    AdresseEcritureSerializer,
    AdresseModificationSerializer,
    AdresseSerializer,
    ContactEcritureSerializer,
    ContactModificationSerializer,
    ContactSerializer,
)
from api.serializers.communs import PageSuivieSerializer, en_partie, page_de
from api.views.docs import CREATION, PAR_IDENTIFIANT
from api.views.listes import AvecListe
from catalogue.cycle_de_vie import Origine
from edof.problemes import Probleme, Raison
from organismes.droits import Operation
from organismes.genres import GENRES, Genre
from organismes.models import Organisme
from organismes.models.entree import Entree
from organismes.validateurs import normaliser_identifiant
from publication.impact import sessions_vues_avec

CITEES_AU_PLUS = 10


class EntreeVue(AvecListe):
    """The operations on one kind of entry of the address book."""

    genre: ClassVar[Genre]
    lecture: ClassVar[type[serializers.Serializer]]
    ecriture: ClassVar[type[serializers.Serializer]]
    # The serializer of the body when the query parameters already name the entry.
    depot: ClassVar[type[serializers.Serializer]]
    modification: ClassVar[type[serializers.Serializer]]
    filtres: ClassVar[Any]

    @classmethod
    def de(cls, organisme: Organisme) -> QuerySet[Any]:
        """Return the entries of this organisme, with their usages counted."""
        return cls.genre.modele.objects.pour_organisme(organisme).avec_usages()

    def ensemble(self) -> QuerySet[Any]:
        """Return the entries of the organisme of the token."""
        return self.de(self.jeton.organisme)

    # --- Reading ---

    def supprimees(self) -> list[dict[str, Any]]:
        """Return the entries deleted since `modifie_depuis`, from the history."""
        filtres = self.filtres(data=self.request.query_params, queryset=self.genre.modele.objects.none())
        depuis = filtres.form.cleaned_data["modifie_depuis"] if filtres.form.is_valid() else None
        if depuis is None or "curseur" in self.request.query_params:
            return []
        lignes = self.genre.modele.pgh_event_model.objects.filter(
            organisme=self.jeton.organisme, pgh_label="delete", pgh_created_at__gte=depuis
        )
        champ = self.genre.modele.CHAMP_IDENTIFIANT
        return [
            {"id": pk, "identifiant": identifiant, "supprimee_le": instant}
            for pk, identifiant, instant in lignes.order_by("pgh_id").values_list(
                "pgh_obj_id", champ, "pgh_created_at"
            )
        ]

    def lire(self, request: Request, id: int) -> Response:
        """Return one entry."""
        return self._montrer(get_object_or_404(self.ensemble(), pk=id))

    def retrouver(self, request: Request) -> Response:
        """Return one entry, by its identifier."""
        entree, _ = self._par_identifiant()
        if entree is None:
            raise Http404
        return self._montrer(entree)

    def _montrer(self, entree: Any) -> Response:
        etiquette, champs = _etiquette(entree), champs_demandes(self.request, self.lecture)
        if verifier(self.request, etiquette):
            return self.repondre(None, etiquette, statut=304)
        return self.repondre(montrer(self.lecture, entree, champs), etiquette)

    def _par_identifiant(self) -> tuple[Any, str]:
        nom = self.genre.modele.CHAMP_IDENTIFIANT
        identifiant = self.request.query_params.get(nom, "")
        if not identifiant.strip() or "\x00" in identifiant:
            raise parametres.refuser(
                nom, f"Le paramètre « {nom} » est obligatoire : celui que vous avez donné."
            )
        return (
            self.ensemble().filter(identifiant_normalise=normaliser_identifiant(identifiant)).first(),
            identifiant,
        )

    # --- Saving ---

    def creer(self, request: Request) -> Response:
        """Create an entry."""
        self.exiger(Operation.MODIFIER)
        return self._enregistrer(None, request.data, self.ecriture())

    def remplacer(self, request: Request, id: int) -> Response:
        """Replace an entry (PUT): the fields that the body does not name are emptied."""
        entree = get_object_or_404(self.ensemble(), pk=id)
        self.exiger(Operation.MODIFIER)
        verifier(request, _etiquette(entree))
        return self._enregistrer(entree, request.data, self.ecriture())

    def modifier(self, request: Request, id: int) -> Response:
        """Change an entry (PATCH): the fields that the body does not name stay."""
        entree = get_object_or_404(self.ensemble(), pk=id)
        self.exiger(Operation.MODIFIER)
        verifier(request, _etiquette(entree))
        return self._enregistrer(entree, request.data, self.modification(), complete=True)

    def deposer(self, request: Request) -> Response:
        """Create the entry with this identifier, or replace its content (PUT)."""
        self.exiger(Operation.MODIFIER)
        entree, identifiant = self._par_identifiant()
        verifier(request, _etiquette(entree) if entree else None)
        nom = self.genre.modele.CHAMP_IDENTIFIANT
        dit = request.data.get(nom, identifiant)
        if isinstance(dit, str) and not meme_identifiant(dit, identifiant):
            raise Probleme(
                "validation",
                "",
                [Raison("L'identifiant du corps n'est pas celui de l'adresse.", nom, "identifiant")],
            )
        return self._enregistrer(entree, {**request.data, nom: dit}, self.depot())

    def _enregistrer(
        self, entree: Any, corps: dict[str, Any], attendu: Any, *, complete: bool = False
    ) -> Response:
        typee = lire_le_corps(corps, attendu, lecture_seule=set(self.lecture().fields))

        def faire() -> Any:
            vierge = self.genre.formulaire(instance=entree, organisme=self.jeton.organisme)
            avant = self._tel_quel(entree) if complete else {}
            saisie = en_saisie({**avant, **typee, "version": vierge.initial["version"]})
            form = self.genre.formulaire(saisie, instance=entree, organisme=self.jeton.organisme)
            faite = form.enregistrer(self.jeton, str(Origine.API))
            if faite is None:
                depassee = form.data["version"] != vierge.initial["version"]
                raise Probleme(
                    "version_depassee" if depassee else "validation", "", raisons_du_formulaire(form)
                )
            lue = self.ensemble().get(pk=faite.pk)
            if simulation and entree:
                lue.sessions_visibles = sessions_vues_avec(lue).count()
            return self.lecture(lue).data, lue

        simulation = parametres.vrai(self.request, parametres.SIMULATION)
        contenu, lue = en_transaction(faire, simulation=simulation)
        adresse = "" if entree else reverse(f"api_{self.genre.nom}", args=[lue.pk])
        return self.repondre(contenu, _etiquette(lue), statut=200 if entree else 201, adresse=adresse)

    def _tel_quel(self, entree: Any) -> dict[str, Any]:
        """Return what a user would have typed to get this entry."""
        champs = champs_de_l_api(self.genre.formulaire)
        return {nom: champ.taper(_en_json(champ, entree, nom), None) for nom, champ in champs.items()}

    def supprimer(self, request: Request, id: int) -> Response:
        """Delete an entry that no record uses.

        Raises Probleme, which names the records that use it, CITEES_AU_PLUS at most.
        """
        entree: Entree = get_object_or_404(self.ensemble(), pk=id)
        self.exiger(Operation.SUPPRIMER)

        def faire() -> None:
            # The version that was checked is still there when it is deleted.
            verifier(request, _etiquette(get_object_or_404(toutes.select_for_update(), pk=id)))
            entree.supprimer(self.jeton, str(Origine.API))

        toutes = self.genre.modele.objects.pour_organisme(self.jeton.organisme)
        try:
            en_transaction(faire, simulation=parametres.vrai(request, parametres.SIMULATION))
        except IntegrityError as erreur:
            lignes = list(entree.utilisations()[:CITEES_AU_PLUS])
            raise Probleme(
                "operation_refusee", self.genre.utilisee, [_bloque(self.genre, ligne) for ligne in lignes]
            ) from erreur
        return Response(status=204)


def _en_json(champ: Any, entree: Any, nom: str) -> Any:
    valeur = getattr(entree, nom)
    return valeur if valeur is None else champ.to_representation(valeur)


def _etiquette(entree: Any) -> str:
    return str(int(entree.modifie_le.timestamp() * 1_000_000))


def _bloque(genre: Genre, ligne: dict[str, Any]) -> Raison:
    niveau = ligne["niveau"]
    bloque = {
        "niveau": niveau,
        "id": ligne["pk"],
        "identifiant": ligne["identifiant"],
        "url": reverse(f"api_{niveau}", args=[ligne["pk"]]),
    }
    return Raison(f"{ligne['usage']} : « {ligne['identifiant']} ».", None, "utilisee", bloque)


def _docs(vue: type[EntreeVue], *, un: str, des: str) -> dict[str, Doc]:
    par = (
        Parametre(vue.genre.modele.CHAMP_IDENTIFIANT, "Celui que vous avez donné.", IDENTIFIANT, requis=True),
    )
    ecrire: dict[str, Any] = {"reponse": vue.lecture, "erreurs": ECRITURE, "etag": True}
    sur_une: dict[str, Any] = {**ecrire, "parametres": (CLE, SIMULATION, SI_MATCH)}
    une: dict[str, Any] = {"reponse": en_partie(vue.lecture), "erreurs": LECTURE_D_UNE, "etag": True}
    page_ = page_de(vue.lecture, PageSuivieSerializer, partielle=True)
    partout = (
        "Le changement vaut dans toutes les fiches qui s'en servent ; le public le voit le lendemain matin."
    )
    creation = ecrire | {"erreurs": CREATION}
    deposer = ecrire | {"parametres": (*par, SIMULATION, SI_MATCH, SI_ABSENTE)}
    return {
        "lister": Doc(
            f"Lister {des}",
            "Dans l'ordre des clés. Avec `modifie_depuis`, ce qui a changé depuis, et `supprimees` ce qui"
            " n'existe plus.",
            page_,
            parametres=(*parametres_de(vue.filtres), *PAGE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "creer": Doc(
            f"Créer {un}",
            "Les fiches le nommeront par son identifiant.",
            corps=vue.ecriture,
            statuts=(201,),
            parametres=(SIMULATION,),
            **creation,
        ),
        "lire": Doc(f"Lire {un}", "", parametres=(CLE, CHAMPS, SI_CHANGE), **une),
        "remplacer": Doc(
            f"Remplacer {un}",
            f"Ce que le corps ne nomme pas est vidé. {partout}",
            corps=vue.ecriture,
            **sur_une,
        ),
        "modifier": Doc(
            f"Modifier {un}",
            f"Ce que le corps ne nomme pas reste. {partout}",
            corps=vue.modification,
            **sur_une,
        ),
        "retrouver": Doc(
            f"Lire {un} par son identifiant", PAR_IDENTIFIANT, parametres=(*par, CHAMPS, SI_CHANGE), **une
        ),
        "deposer": Doc(
            f"Créer ou remplacer {un} par son identifiant",
            f"{PAR_IDENTIFIANT} {partout}",
            corps=vue.depot,
            statuts=(200, 201),
            **deposer,
        ),
        "supprimer": Doc(
            f"Supprimer {un}",
            "Refusé tant qu'une fiche s'en sert : `raisons` les nomme.",
            None,
            statuts=(204,),
            parametres=(CLE, SIMULATION, SI_MATCH),
            erreurs=ECRITURE,
        ),
    }


class ContactVue(EntreeVue):
    """The operations on contacts: people and services."""

    chapitre, ressource = "Contacts", "contacts"
    genre, filtres, lecture = GENRES["contact"], ContactFiltres, ContactSerializer
    ecriture, depot, modification = (
        ContactEcritureSerializer,
        ContactEcritureSerializer,
        ContactModificationSerializer,
    )
    docs: ClassVar[dict[str, Doc]]


class AdresseVue(EntreeVue):
    """The operations on addresses."""

    chapitre, ressource = "Adresses", "adresses"
    genre, filtres, lecture = GENRES["adresse"], AdresseFiltres, AdresseSerializer
    ecriture, depot, modification = (
        AdresseEcritureSerializer,
        AdresseDepotSerializer,
        AdresseModificationSerializer,
    )
    docs: ClassVar[dict[str, Doc]]


ContactVue.docs = _docs(ContactVue, un="un contact", des="les contacts")
AdresseVue.docs = _docs(AdresseVue, un="une adresse", des="les adresses")
