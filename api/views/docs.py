"""Descriptions of the operations that several resources share."""

from typing import Any

from api.filtres import parametres_de
from api.listes import CHAMPS, CHOIX, parametre_d_inclusion
from api.parametres import CLE, IDENTIFIANT, PAGE, SI_ABSENTE, SI_CHANGE, SI_MATCH, SIMULATION, Parametre
from api.schema import ECRITURE, LECTURE, LECTURE_D_UNE, Doc
from api.serializers.communs import PageSuivieSerializer, en_partie, page_de
from api.serializers.fiches import DesarchivageSerializer, SuppressionFaiteSerializer
from api.views.historique import doc_de_l_historique

CREATION = tuple(code for code in ECRITURE if code != 412)
ENREGISTRER = (
    "Sans `valider`, enregistre comme « Enregistrer les modifications » : tout ce qui manque est admis, et la"
    " fiche est un brouillon (une fiche validée qui reste complète le reste ; une fiche active doit le"
    ' rester). Avec `"valider": true`, valide comme « VALIDER ». Le statut ne s\'écrit jamais.'
)
PAR_IDENTIFIANT = (
    "Les paramètres de l'adresse sont vos identifiants, comparés sans égard à la casse ni aux espaces du"
    " bord. Encodez-les : « A/1 » s'écrit `A%2F1`."
)


def docs_de_fiche(vue: Any, *, un: str, le: str, des: str, chemin: dict[str, str]) -> dict[str, Doc]:
    """Return the descriptions of the operations of one level, by operation.

    `un`, `le` and `des` are its French names: « une offre », « l'offre », « les offres ». `chemin` contains
    the parameters of « par-identifiant », with their help.
    """
    par = tuple(Parametre(nom, aide, IDENTIFIANT, requis=True) for nom, aide in chemin.items())
    avec = {inclusion.vue.ressource: inclusion.vue.lecture for inclusion in vue.inclusions}
    inclure = parametre_d_inclusion(vue.inclusions)
    ecrire = {"reponse": vue.detaillee, "erreurs": ECRITURE, "etag": True}
    operer = {**ecrire, "parametres": (CLE, SIMULATION, SI_MATCH)}
    return {
        "lister": Doc(
            f"Lister {des}",
            "Dans l'ordre des clés. Avec `modifie_depuis`, ce qui a changé depuis, et `supprimees` ce qui"
            " n'existe plus. Ce que contient une fiche archivée ou supprimée compte comme changé ou"
            " supprimé.",
            page_de(vue.lecture, PageSuivieSerializer, avec, partielle=True),
            parametres=(*parametres_de(vue.filtres), *PAGE, inclure, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "lire": Doc(
            f"Lire {un}",
            "Avec ce qu'il reste à compléter pour la valider.",
            en_partie(vue.detaillee, avec),
            parametres=(CLE, CHAMPS, inclure, SI_CHANGE),
            erreurs=LECTURE_D_UNE,
            etag=True,
        ),
        "creer": Doc(
            f"Créer {un}",
            ENREGISTRER,
            corps=vue.creation,
            statuts=(201,),
            parametres=(SIMULATION,),
            **(ecrire | {"erreurs": CREATION}),
        ),
        "remplacer": Doc(
            f"Remplacer {un}",
            f"Ce que le corps ne nomme pas est vidé, sauf l'identifiant. {ENREGISTRER}",
            corps=vue.modification,
            **operer,
        ),
        "modifier": Doc(
            f"Modifier {un}",
            f"Ce que le corps ne nomme pas reste. {ENREGISTRER}",
            corps=vue.modification,
            **operer,
        ),
        "retrouver": Doc(
            f"Lire {un} par son identifiant",
            PAR_IDENTIFIANT,
            en_partie(vue.detaillee, avec),
            parametres=(*par, CHAMPS, inclure, SI_CHANGE),
            erreurs=LECTURE_D_UNE,
            etag=True,
        ),
        "deposer": Doc(
            f"Créer ou remplacer {un} par son identifiant",
            "Crée la fiche (201), ou remplace tout son contenu (200) : envoyer deux fois la même requête ne"
            f" fait rien de plus. {PAR_IDENTIFIANT} {ENREGISTRER}",
            corps=vue.modification,
            statuts=(200, 201),
            **(operer | {"parametres": (*par, SIMULATION, SI_MATCH, SI_ABSENTE)}),
        ),
        "historique": doc_de_l_historique(un),
        "valider": Doc(
            f"Valider {un}", "Telle qu'elle est ; refusée tant qu'il manque quelque chose.", **operer
        ),
        "archiver": Doc(
            f"Archiver {un}",
            "Le public ne la voit plus, aussitôt, et elle ne se modifie plus. Ce qu'elle contient est archivé"
            " avec elle.",
            **operer,
        ),
        "desarchiver": Doc(
            f"Désarchiver {un}",
            "Elle revient en brouillon, seule ou avec ce qu'elle contient.",
            corps=DesarchivageSerializer,
            **operer,
        ),
        "supprimer": Doc(
            f"Supprimer {un}",
            f"Refusé tant que {le} ou ce qu'elle contient est active. La corbeille la garde 30 jours. "
            "Avec `dry_run=true`, compte ce qui partirait avec elle.",
            SuppressionFaiteSerializer,
            parametres=(CLE, SIMULATION, SI_MATCH),
            erreurs=ECRITURE,
        ),
    }
