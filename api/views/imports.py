"""Views of the imports: a file is planned, read line by line, applied, undone, as on the screens."""

from typing import Any, ClassVar
from urllib.parse import unquote

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.corps import LecteurDeFichier, LecteurJSON
from api.ecriture import en_transaction, lire_le_corps
from api.listes import CHOIX, liste_simple
from api.pagination import Lignes
from api.parametres import CLE, IDENTIFIANT, PAGE, SIMULATION, Parametre, refuser
from api.schema import ECRITURE, LECTURE, LECTURE_D_UNE, Doc
from api.serializers.communs import page_de
from api.serializers.imports import (
    ApplicationSerializer,
    ImportDetailSerializer,
    ImportLuSerializer,
    ImportSerializer,
    LigneSerializer,
)
from api.views.base import Vue
from catalogue.models import Action
from echanges import execution
from echanges.decisions import Decision
from echanges.ecriture_tableur import XLSX_TYPE
from echanges.execution import avancer_un_import, demander
from echanges.models import Etat, Import, Mode, Porte
from echanges.preparation import TOUT_DE_SUITE, deposer, preparer
from edof.problemes import Probleme, Raison
from edof.textes import nettoyer_texte
from organismes.droits import Operation
from organismes.validateurs import normaliser_identifiant

# The types of the files that are sent; each is recognised by its content.
TYPES = (
    "application/octet-stream", "application/x-ndjson", "application/xml", "application/zip", "text/csv",
    "text/xml", XLSX_TYPE,
)  # fmt: skip
LE_FICHIER_LUI_MEME = (
    "Envoyez le fichier lui-même, sans formulaire ni compression, avec l'un de ces Content-Type :"
    f" {', '.join(TYPES)}."
)
NOM = Parametre(
    "nom",
    "Le nom du fichier, que montre le journal des imports.",
    {"type": "string", "minLength": 1, "maxLength": 255},
)
ACTION = Parametre("action", "L'action des sessions dont la ligne n'en nomme aucune.", IDENTIFIANT)
DECISION = Parametre(
    "decision", "Ces lignes seulement.", {"type": "string", "enum": [str(d) for d in Decision.values]}
)
SIMULE_AU_PLUS = 1_000_000


def _lecteur(type_: str) -> type[LecteurDeFichier]:
    return type("LecteurDeFichier", (LecteurDeFichier,), {"media_type": type_})


class ImportVue(Vue):
    """The imports of the organisme of the token."""

    chapitre, ressource = "Imports", "import"
    parser_classes: ClassVar[Any] = [LecteurJSON, *map(_lecteur, TYPES)]
    docs: ClassVar[dict[str, Doc]] = {
        "lister": Doc(
            "Lister les imports",
            "Ceux des écrans, de l'API et de la ligne de commande, gardés trente jours.",
            page_de(ImportSerializer, partielle=True),
            parametres=(*PAGE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "importer": Doc(
            "Déposer un fichier",
            "Le corps est le fichier : classeur (.xlsx), CSV, XML d'EDOF, archive « Tout emporter », ou JSON"
            " Lines (une ligne par fiche, avec `niveau`, `chemin`, `valeurs`, `demande`). Rien n'est écrit :"
            " le plan dit, ligne par ligne, ce qui serait créé ou changé (`lignes/`), puis `appliquer/`"
            " l'écrit. Au-delà de 100 ko, il est prêt quand `etat` n'est plus `a_lire`. Avec `dry_run`, il"
            " vient tout de suite et rien n'est gardé.",
            ImportLuSerializer,
            statuts=(201,),
            parametres=(NOM, ACTION, SIMULATION),
            erreurs=ECRITURE,
            envois=TYPES,
        ),
        "lire": Doc(
            "Lire un import",
            "Où il en est.",
            ImportDetailSerializer,
            parametres=(CLE,),
            erreurs=LECTURE_D_UNE,
        ),
        "lignes": Doc(
            "Lister les lignes d'un import",
            "Ce que chacune ferait, puis ce qu'elle est devenue.",
            page_de(LigneSerializer, partielle=True),
            parametres=(CLE, DECISION, *PAGE, *CHOIX),
            erreurs=LECTURE_D_UNE,
            tableau=True,
        ),
        "appliquer": Doc(
            "Appliquer un import",
            "`valides` écrit ce qui peut l'être, `tout` n'écrit rien si une ligne est en erreur. Au-delà de"
            " 200 lignes, c'est fait quand `etat` n'est plus `demande`. Ce qu'un fichier demande d'ouvrir ou"
            " de fermer ne l'est jamais ainsi (`ouvrir/`, `fermer/`).",
            ImportDetailSerializer,
            corps=ApplicationSerializer,
            parametres=(CLE,),
            erreurs=ECRITURE,
        ),
        "annuler": Doc(
            "Annuler un import",
            "Ce qui n'a pas bougé depuis redevient comme avant, le reste est gardé.",
            ImportDetailSerializer,
            parametres=(CLE,),
            erreurs=ECRITURE,
        ),
    }  # fmt: skip

    def ensemble(self) -> QuerySet[Import]:
        """Return the imports of the organisme."""
        return Import.objects.pour_organisme(self.jeton.organisme).select_related("organisme")

    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page of imports."""
        return liste_simple(request, "imports", ImportSerializer, Lignes(self.ensemble()))

    def lire(self, request: Request, id: int) -> Response:
        """Return one import."""
        return Response(ImportDetailSerializer(get_object_or_404(self.ensemble(), pk=id)).data)

    def lignes(self, request: Request, id: int) -> HttpResponseBase:
        """Return a page of the lines of one import."""
        lignes = get_object_or_404(self.ensemble(), pk=id).lignes.all()
        if (decision := request.query_params.get(DECISION.nom)) is not None:
            if decision not in Decision.values:
                raise refuser(DECISION.nom, f"Le paramètre « decision » vaut : {', '.join(Decision.values)}.")
            lignes = lignes.filter(decision=decision)
        return liste_simple(request, f"import-{id}", LigneSerializer, Lignes(lignes))

    def importer(self, request: Request) -> Response:
        """Plan a file (POST)."""
        self.exiger(Operation.MODIFIER)
        simulation = parametres.vrai(request, SIMULATION)
        try:
            morceaux = request.data
        except UnsupportedMediaType as erreur:
            raise Probleme("type_de_contenu", LE_FICHIER_LUI_MEME) from erreur
        if isinstance(morceaux, dict):
            if morceaux or str(request.content_type).startswith(LecteurJSON.media_type):
                raise Probleme("type_de_contenu", LE_FICHIER_LUI_MEME)
            # An empty body is not parsed.
            morceaux = ()
        nom = nettoyer_texte(unquote(request.query_params.get(NOM.nom, ""))).strip() or "import de l'API"
        importation = Import(
            organisme=self.jeton.organisme, jeton=self.jeton, porte=Porte.API, nom=nom, action=self._action()
        )

        def faire() -> Any:
            deposer(importation, morceaux)
            if simulation and importation.taille > SIMULE_AU_PLUS:
                raise Probleme("trop_gros", "Une simulation lit un mégaoctet au plus.")
            if simulation or importation.taille <= TOUT_DE_SUITE:
                preparer(importation)
            if importation.etat == Etat.REFUSE:
                raison = Raison(importation.refus, "fichier", "fichier_refuse")
                raise Probleme("validation", "", [raison])
            lues = importation.lignes.all() if simulation else None
            lignes = LigneSerializer(lues, many=True).data if simulation else None
            return ImportDetailSerializer(importation).data | {"lignes": lignes}

        contenu = en_transaction(faire, simulation=simulation)
        entetes = {}
        if simulation:
            contenu["id"] = None
        else:
            entetes["Location"] = request.build_absolute_uri(reverse("api_import", args=[importation.pk]))
        return Response(contenu, status=201, headers=entetes)

    def _action(self) -> Action | None:
        if not (identifiant := self.request.query_params.get(ACTION.nom)):
            return None
        actions = Action.objects.pour_organisme(self.jeton.organisme)
        trouvees = list(actions.filter(identifiant_normalise=normaliser_identifiant(identifiant))[:2])
        if len(trouvees) != 1:
            combien = "Plusieurs actions portent" if trouvees else "Aucune action ne porte"
            raise refuser(ACTION.nom, f"{combien} l'identifiant « {identifiant} ».")
        return trouvees[0]

    def appliquer(self, request: Request, id: int) -> Response:
        """Apply the plan (POST)."""
        importation = get_object_or_404(self.ensemble(), pk=id)
        self.exiger(Operation.MODIFIER)
        lu = lire_le_corps(request.data, ApplicationSerializer())
        mode = lu.get("mode", Mode.VALIDES.value)
        if mode not in Mode.values:
            raise Probleme(
                "validation", "", [Raison("Écrivez « valides » ou « tout ».", "mode", "invalid_choice")]
            )
        if not demander(importation, mode=mode, par=self.jeton):
            raise _pas_maintenant(importation)
        if importation.nombre <= execution.TOUT_DE_SUITE:
            avancer_un_import(importation.pk)
        return self.lire(request, id)

    def annuler(self, request: Request, id: int) -> Response:
        """Undo what was applied (POST)."""
        importation = get_object_or_404(self.ensemble(), pk=id)
        self.exiger(Operation.MODIFIER)
        lire_le_corps(request.data, ApplicationSerializer())
        if not execution.annuler(importation, par=self.jeton):
            raise _pas_maintenant(importation)
        if importation.nombre <= execution.TOUT_DE_SUITE:
            avancer_un_import(importation.pk)
        return self.lire(request, id)


def _pas_maintenant(importation: Import) -> Probleme:
    importation.refresh_from_db()
    phrase = f"Cet import n'en est pas là : « {importation.get_etat_display()} »."
    return Probleme("operation_refusee", "", [Raison(phrase, None, "etat")])
