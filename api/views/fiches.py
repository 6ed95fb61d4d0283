"""Views common to offres, actions and sessions.

They read the records, save them through their form, and execute the operations through the single entry point
(`executer`).
"""

import datetime as dt
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.ecriture import (
    Enregistrement,
    en_transaction,
    expliquer,
    lire_le_corps,
    meme_identifiant,
    verifier_la_version,
)
from api.filtres import FicheFiltres
from api.liens import parent_absent
from api.listes import champs_demandes, inclus, inclusions_demandees, montrer
from api.preconditions import nomme_une_version, verifier
from api.serializers.fiches import (
    CreationSerializer,
    DesarchivageSerializer,
    FicheSerializer,
    ModificationSerializer,
)
from api.views.historique import AvecHistorique
from api.views.listes import AvecListe
from catalogue.cycle_de_vie import Origine, executer
from catalogue.fusion import VersionDepassee
from catalogue.models import Fiche, Suppression
from edof.gardees import Donnee, Gardee
from edof.horloge import aujourd_hui
from edof.lecture import lire_cle
from edof.problemes import Probleme, Raison
from organismes.droits import Operation
from organismes.models import Organisme
from organismes.models.organisme import ORGANISME_DONNE
from organismes.validateurs import normaliser_identifiant
from publication.impact import dessous_de, essayer
from sessions_app.models import Session


class FicheVue(AvecHistorique, AvecListe):
    """The operations on the records of one level."""

    lecture: ClassVar[type[FicheSerializer]]
    detaillee: ClassVar[type[serializers.Serializer]]
    creation: ClassVar[type[CreationSerializer]]
    modification: ClassVar[type[ModificationSerializer]]
    filtres: ClassVar[type[FicheFiltres]]
    # The parameters of « par-identifiant » that identify the record, with the lookup of each, parents first.
    chemin: ClassVar[dict[str, str]]

    @classmethod
    def toutes(cls) -> QuerySet[Any]:
        """Return the records of every organisme, with all that a response shows of them."""
        raise NotImplementedError

    @classmethod
    def de(cls, organisme: Organisme) -> QuerySet[Any]:
        """Return the records of this organisme."""
        return cls.toutes().pour_organisme(organisme)  # type: ignore[attr-defined, no-any-return]

    def ensemble(self) -> QuerySet[Any]:
        """Return the records of the organisme of the token."""
        return self.de(self.jeton.organisme)

    # --- Reading ---

    def supprimees(self) -> list[dict[str, Any]]:
        """Return the records deleted since `modifie_depuis` and not restored.

        They are read from the history, under the deletions of the « Corbeille ».
        """
        filtres = self.filtres(data=self.request.query_params, queryset=self.modele.objects.none())
        if not filtres.form.is_valid() or "curseur" in self.request.query_params:
            return []
        if (depuis := filtres.form.cleaned_data["modifie_depuis"]) is None:
            return []
        suppressions = Suppression.objects.pour_organisme(self.jeton.organisme).filter(
            supprimee_le__gte=depuis
        )
        dates = dict(suppressions.values_list("contexte", "supprimee_le"))
        lignes = self.modele.pgh_event_model.objects.filter(
            pgh_label="delete", organisme=self.jeton.organisme, pgh_context_id__in=dates
        )
        return [
            {"id": pk, "identifiant": identifiant, "supprimee_le": dates[contexte]}
            for pk, identifiant, contexte in lignes.order_by("pgh_id").values_list(
                "pgh_obj_id", "identifiant", "pgh_context_id"
            )
        ]

    def lire(self, request: Request, id: int) -> Response:
        """Return one record."""
        return self._montrer(self._fiche(id))

    def retrouver(self, request: Request) -> Response:
        """Return one record, by its identifier."""
        fiche = self._par_identifiant()[0]
        if fiche is None:
            raise Http404
        return self._montrer(fiche)

    def _montrer(self, fiche: Fiche) -> Response:
        champs = champs_demandes(self.request, self.detaillee)
        demandees = inclusions_demandees(self.request, self.inclusions)
        # The version says nothing of what is included.
        if not demandees and verifier(self.request, str(fiche.version)):
            return self._avec_etag(None, fiche, statut=304)
        contenu = montrer(self.detaillee, fiche, champs)
        if demandees:
            return Response(contenu | {"inclus": inclus(self.jeton.organisme, demandees, [fiche])})
        return self._avec_etag(contenu, fiche)

    def _avec_etag(self, contenu: Any, fiche: Fiche, **options: Any) -> Response:
        return self.repondre(contenu, str(fiche.version), **options)

    def _fiche(self, pk: int) -> Any:
        lues = _une(type(self), aujourd_hui()).lire(cle=pk, organisme=self.jeton.organisme_id)
        if not lues:
            raise Http404
        return lues[0]

    # --- Saving ---

    def creer(self, request: Request) -> Response:
        """Create a record."""
        self.exiger(Operation.MODIFIER)
        return self._enregistrer(
            self.nouvelle(self._parent_du_corps(request.data)), request.data, self.creation(), statut=201
        )

    def remplacer(self, request: Request, id: int) -> Response:
        """Replace a record (PUT): the fields that the body does not name are emptied."""
        return self._modifier(id, remplace=True)

    def modifier(self, request: Request, id: int) -> Response:
        """Change a record (PATCH): the fields that the body does not name stay."""
        return self._modifier(id, remplace=False)

    def _modifier(self, pk: int, *, remplace: bool) -> Response:
        fiche = self._fiche(pk)
        self.exiger(Operation.MODIFIER)
        exigee = self._exigee(fiche)
        corps, attendu = self.request.data, self.modification()
        return self._enregistrer(fiche, corps, attendu, remplace=remplace, exigee=exigee)

    def deposer(self, request: Request) -> Response:
        """Create the record with this identifier, or replace its content (PUT)."""
        self.exiger(Operation.MODIFIER)
        try:
            return self._deposer()
        except Probleme as probleme:
            # Somebody else has created it in the meantime: it is now replaced.
            if not any(raison.code == "pris" for raison in probleme.raisons):
                raise
            return self._deposer()

    def _deposer(self) -> Response:
        fiche, parent, identifiant = self._par_identifiant()
        if fiche is None and parent is None:
            dessus = {nom: self._identifiant(nom) for nom in self.chemin if nom != "identifiant"}
            raise parent_absent(self.jeton.organisme, dessus)
        exigee = self._exigee(fiche)
        corps = self.request.data
        if isinstance(dit := corps.get("identifiant", identifiant), str) and not meme_identifiant(
            dit, identifiant
        ):
            raise Probleme(
                "validation",
                "",
                [
                    Raison(
                        "L'identifiant du corps n'est pas celui de l'adresse.", "identifiant", "identifiant"
                    )
                ],
            )
        if fiche is not None:
            corps = {nom: valeur for nom, valeur in corps.items() if nom != "identifiant"}
            return self._enregistrer(fiche, corps, self.modification(), exigee=exigee)
        attendu = self.modification()
        return self._enregistrer(self.nouvelle(parent), {**corps, "identifiant": dit}, attendu, statut=201)

    def _enregistrer(
        self,
        fiche: Fiche,
        corps: dict[str, Any],
        attendu: Any,
        *,
        remplace: bool = True,
        statut: int = 200,
        exigee: int | None = None,
    ) -> Response:
        a_enregistrer = Enregistrement(self.jeton, fiche, attendu, remplace or not fiche.pk, exigee)
        lecture_seule = set(self.detaillee().fields)
        adresse = "" if fiche.pk else f"api_{self.modele._meta.model_name}"

        def enregistrer() -> Fiche:
            return a_enregistrer.executer(corps, lecture_seule)

        def annoncer() -> Fiche:
            # What the web pages announce before they save is said by the simulation.
            impact = essayer(dessous_de(fiche), enregistrer)
            enregistree: Any = enregistrer()
            enregistree.impact = impact
            return enregistree

        simulee = parametres.vrai(self.request, parametres.SIMULATION)
        annonce = simulee and fiche.pk is not None and not isinstance(fiche, Session)
        return self._passer(annoncer if annonce else enregistrer, fiche, statut=statut, adresse=adresse)

    def nouvelle(self, parent: Any) -> Fiche:
        """Return a new record, not saved, under this parent."""
        raise NotImplementedError

    def _parent_du_corps(self, corps: dict[str, Any]) -> Any:
        nom = self.modele.PARENT
        if nom == "organisme":
            return self.jeton.organisme
        cle = None if isinstance(corps.get(nom), str) else lire_cle(corps.get(nom))
        modele = self.modele._meta.get_field(nom).related_model
        parent = modele.objects.pour_organisme(self.jeton.organisme).filter(pk=cle).first()
        if parent is None:
            phrase = f"Donnez la clé (« id ») d'une {nom} de votre organisme."
            raise Probleme("validation", "", [Raison(phrase, nom, "invalid_choice")])
        return parent

    # --- By the identifiers of the organisme ---

    def _par_identifiant(self) -> tuple[Any, Any, str]:
        """Return the record that the query parameters name, its parent and its identifier.

        The record and the parent are None when they do not exist. The parent is also None when the record
        exists.
        """
        valeurs = {nom: self._identifiant(nom) for nom in self.chemin}
        identifiant = valeurs["identifiant"]
        filtres = {lookup: normaliser_identifiant(valeurs[nom]) for nom, lookup in self.chemin.items()}
        fiche = self.ensemble().filter(**filtres).first()
        if fiche is not None or self.modele.PARENT == "organisme":
            return fiche, None if fiche else self.jeton.organisme, identifiant
        prefixe = f"{self.modele.PARENT}__"
        du_parent = {
            lookup.removeprefix(prefixe): valeur
            for lookup, valeur in filtres.items()
            if lookup.startswith(prefixe)
        }
        modele = self.modele._meta.get_field(self.modele.PARENT).related_model
        return (
            None,
            modele.objects.pour_organisme(self.jeton.organisme).filter(**du_parent).first(),
            identifiant,
        )

    def _identifiant(self, nom: str) -> str:
        valeur = self.request.query_params.get(nom, "")
        if not valeur.strip() or "\x00" in valeur:
            raise parametres.refuser(
                nom, f"Le paramètre « {nom} » est obligatoire : l'identifiant que vous avez donné."
            )
        return valeur

    # --- The operations ---

    def supprimer(self, request: Request, id: int) -> Response:
        """Move the record to the « Corbeille » (DELETE), with what it contains."""
        fiche = self._fiche(id)
        faite = self._operer(fiche, Operation.SUPPRIMER)

        def faire() -> dict[str, int]:
            return Suppression.objects.get(contexte=faite().contexte).emportees

        return Response({"emportees": self._proteger(faire, fiche)})

    def valider(self, request: Request, id: int) -> Response:
        """Validate the record as it is (« VALIDER »)."""
        return self._demander(id, Operation.VALIDER, valeurs={})

    def archiver(self, request: Request, id: int) -> Response:
        """Archive the record, with what it contains."""
        return self._demander(id, Operation.ARCHIVER)

    def desarchiver(self, request: Request, id: int) -> Response:
        """Restore the record from archive, alone or with what it contains."""
        lu = lire_le_corps(request.data, DesarchivageSerializer())
        return self._demander(
            id, Operation.DESARCHIVER, corps=False, avec_descendants=lu.get("avec_descendants", False)
        )

    def _demander(self, pk: int, operation: Operation, *, corps: bool = True, **options: Any) -> Response:
        fiche = self._fiche(pk)
        faire = self._operer(fiche, operation, **options)
        if corps:
            lire_le_corps(self.request.data, serializers.Serializer())
        return self._passer(faire, fiche)

    def _operer(self, fiche: Fiche, operation: Operation, **options: Any) -> Callable[[], Fiche]:
        self.exiger(operation)
        exigee = self._exigee(fiche)

        def faire() -> Fiche:
            verifier_la_version(fiche, exigee)
            return executer(fiche, operation, par=self.jeton, origine=Origine.API, **options)

        return faire

    def _exigee(self, fiche: Fiche | None) -> int | None:
        """Return the version that the record must still have once locked, None for any version.

        Raises the exception of a 412 response when a condition fails.
        """
        if fiche is None:
            verifier(self.request, None)
            return None
        verifier(self.request, str(fiche.version), VersionDepassee(fiche))
        return fiche.version if nomme_une_version(self.request) else None

    def _passer(
        self, faire: Callable[[], Fiche], fiche: Fiche, *, statut: int = 200, adresse: str = ""
    ) -> Response:
        """Execute the operation, and return the response with the record as it then is."""

        def montrer() -> tuple[Any, Fiche]:
            executee = faire()
            faite = self._fiche(executee.pk)
            faite.suites, faite.impact = executee.suites, getattr(executee, "impact", None)
            return self.detaillee(faite).data, faite

        contenu, faite = self._proteger(montrer, fiche)
        return self._avec_etag(
            contenu, faite, statut=statut, adresse=reverse(adresse, args=[faite.pk]) if adresse else ""
        )

    def _proteger(self, faire: Callable[[], Any], fiche: Fiche) -> Any:
        """Call `faire` in a transaction, and report what somebody else did first.

        The messages are those of the web pages. Raises Http404 when the record has been deleted in the
        meantime.
        """
        try:
            return en_transaction(faire, simulation=parametres.vrai(self.request, parametres.SIMULATION))
        except IntegrityError as erreur:
            raise expliquer(erreur, fiche, self.creation.formulaire) from erreur
        except self.modele.DoesNotExist as disparue:
            raise Http404 from disparue


# For each level, two days: around midnight some requests are of the day before.
@lru_cache(maxsize=48)
def _une(vue: type[FicheVue], jour: dt.date) -> Gardee[Fiche]:
    """Return the query that reads the record `cle` of `organisme` on `jour`; call it on that day."""
    return Gardee(vue.toutes().pour_organisme(ORGANISME_DONNE).filter(pk=Donnee("cle")))
