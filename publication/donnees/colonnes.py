"""The columns of the open data: name, meaning, type, and the SQL that reads each from what was published.

In this SQL `o` and `a` are the rows of the published contents of the offre and of the action, `p` the
parution, `t` the territory of the place, `x` the session or the action that the row is about.
"""

from dataclasses import dataclass
from typing import Any

from catalogue.nomenclatures import Enseignement, EntreesSorties, FraisCertification, Langue, TypeOffre


@dataclass(frozen=True)
class Colonne:
    """A column of a CSV file, and its field in Table Schema."""

    nom: str
    description: str
    sql: str
    genre: str = "string"
    valeurs: tuple[str, ...] = ()

    @property
    def en_sql(self) -> str:
        """Return the SQL of the cell, under the name of the column.

        A text that a spreadsheet would take for a formula begins with an apostrophe; a number has a comma.
        """
        lu = f"({self.sql})::text"
        if self.genre == "string" and not self.valeurs:
            lu = f"regexp_replace({lu}, '^([=+@\\t\\r-])', '''\\1')"
        elif self.genre == "number":
            lu = f"replace({lu}, '.', ',')"
        return f'{lu} AS "{self.nom}"'

    @property
    def en_schema(self) -> dict[str, Any]:
        """Return the field in Table Schema."""
        champ: dict[str, Any] = {"name": self.nom, "type": self.genre, "description": self.description}
        if self.genre == "number":
            champ["decimalChar"] = ","
        if self.valeurs:
            champ["constraints"] = {"enum": list(self.valeurs)}
        return champ


def _valeurs(enumeration: Any) -> tuple[str, ...]:
    return tuple(enumeration.values)


def _lu(ou: str, chemin: str) -> str:
    """Return the SQL that reads a published value as text; `chemin` is its path, with commas."""
    return f"{ou}.contenu #>> '{{{chemin}}}'"


_SIRET = _lu("o", "organisme,siret")
_CODE = _lu("o", "certification,code")
_REFERENTIEL = f"substring({_CODE} from '^(RNCP|RS)')"


def _numero(ou: str) -> str:
    return f"{_SIRET} || '_' || ({_lu(ou, 'identifiant')})"


_DEPARTEMENT = (
    Colonne("nom_departement", "Nom du département du lieu", "t.nom_departement"),
    Colonne("code_departement", "Code du département du lieu", "t.code_departement"),
)
_REGION = (
    Colonne("nom_region", "Nom de la région du lieu", "t.nom_region"),
    Colonne("code_region", "Code de la région du lieu", "t.code_region"),
)

# One row for each session.
COLONNES = (
    Colonne("id_session", "Numéro de la session ; ne change jamais", "x.session_id", "integer"),
    Colonne("id_action", "Numéro de l'action ; ne change jamais", "x.action_id", "integer"),
    Colonne("id_offre", "Numéro de l'offre ; ne change jamais", "x.offre_id", "integer"),
    Colonne("page", "Page de la formation", "x.page"),
    Colonne("siret", "SIRET de l'organisme de formation", _SIRET),
    Colonne("organisme", "Raison sociale de l'organisme", _lu("o", "organisme,raison_sociale")),
    Colonne("numero_formation", "SIRET et identifiant de l'offre", _numero("o")),
    Colonne("numero_action", "SIRET et identifiant de l'action", _numero("a")),
    Colonne("numero_session", "SIRET et identifiant de la session", _numero("p")),
    Colonne("type_offre", "Type de l'offre", _lu("o", "type_offre"), valeurs=_valeurs(TypeOffre)),
    Colonne("intitule", "Intitulé de la formation", _lu("o", "intitule")),
    Colonne("code_certification", "Code RNCP, RS ou CPF de la certification visée", _CODE),
    Colonne("intitule_certification", "Intitulé de la certification", _lu("o", "certification,intitule")),
    Colonne(
        "niveau_certification", "Niveau de la certification (3 à 8)", _lu("o", "certification,niveau"),
        "integer",
    ),
    Colonne(
        "modalite", "Modalité d'enseignement", _lu("a", "modalites_enseignement"),
        valeurs=_valeurs(Enseignement),
    ),
    Colonne(
        "entrees_sorties", "Entrées à dates fixes ou permanentes", _lu("a", "modalites_entrees_sorties"),
        valeurs=_valeurs(EntreesSorties),
    ),
    Colonne("langue", "Langue d'enseignement", _lu("a", "langue"), valeurs=_valeurs(Langue)),
    Colonne("heures_total", "Durée totale, en heures", _lu("a", "duree_totale"), "number"),
    Colonne("heures_centre", "Dont heures en centre", _lu("a", "heures_centre"), "number"),
    Colonne("heures_entreprise", "Dont heures en entreprise", _lu("a", "heures_entreprise"), "number"),
    Colonne(
        "rythmes", "Rythmes, séparés par une barre",
        "(SELECT string_agg(r, '|') FROM jsonb_array_elements_text(a.contenu -> 'rythmes') r)",
    ),
    Colonne("prix_ttc", "Prix total, toutes taxes comprises, en euros", _lu("a", "total_ttc"), "number"),
    Colonne(
        "frais_certification", "Frais d'examen inclus dans le prix", _lu("a", "frais_certif_inclus"),
        valeurs=_valeurs(FraisCertification),
    ),
    Colonne(
        "lieu_conforme", "Lieu conforme à la réglementation sur l'accessibilité",
        _lu("a", "lieu,conformite_reglementaire"), "boolean",
    ),
    Colonne("lieu_code_postal", "Code postal du lieu", _lu("a", "lieu,code_postal")),
    Colonne("lieu_ville", "Ville du lieu", _lu("a", "lieu,ville")),
    Colonne("lieu_latitude", "Latitude du lieu, en degrés", _lu("a", "lieu,latitude"), "number"),
    Colonne("lieu_longitude", "Longitude du lieu, en degrés", _lu("a", "lieu,longitude"), "number"),
    *_DEPARTEMENT,
    *_REGION,
    Colonne("site", "Page de la formation chez l'organisme", _lu("a", "url_action")),
    Colonne("date_debut", "Premier jour ; vide pour des entrées permanentes", _lu("p", "date_debut"), "date"),
    Colonne("date_fin", "Dernier jour, compris", _lu("p", "date_fin"), "date"),
    Colonne("garantie", "Session garantie", _lu("p", "garantie"), "boolean"),
    Colonne("publiee_depuis", "Premier jour de ce qui est décrit ici", "p.du", "date"),
)  # fmt: skip


def _vides(*noms: str) -> tuple[Colonne, ...]:
    return tuple(Colonne(nom, "Non renseigné ici", "NULL") for nom in noms)


def _trois(nom: str, quoi: str, sql: str) -> tuple[Colonne, ...]:
    noms = (("min", "minimum", "min"), ("max", "maximum", "max"), ("mean", "moyenne", "avg"))
    return tuple(
        Colonne(f"{nom}_{fin}", f"{quoi}, {mot}", f"round({f}(({sql})::numeric), 2)", "number")
        for fin, mot, f in noms
    )


# One row for each offre and département, with the columns of the official data set. What is read of the offre
# is the same in all the rows of a group.
AGREGEES = (
    Colonne("date_chargement", "Jour des données", "x.jour", "date"),
    Colonne("nom_of", "Raison sociale de l'organisme", _lu("o", "organisme,raison_sociale")),
    Colonne("siret", "SIRET de l'organisme de formation", _SIRET),
    *_DEPARTEMENT,
    *_REGION,
    Colonne("coderegion_export", "Code de la région du lieu", "t.code_region"),
    Colonne("type_referentiel", "RNCP ou RS", _REFERENTIEL),
    Colonne("code_rncp", "Numéro au RNCP", f"substring({_CODE} from '^RNCP(.+)')"),
    Colonne("code_rs", "Numéro au répertoire spécifique", f"substring({_CODE} from '^RS(.+)')"),
    Colonne("intitule_certification", "Intitulé de la certification", _lu("o", "certification,intitule")),
    Colonne(
        "libelle_niveau_sortie_formation", "Niveau de la certification",
        "'Niveau ' || (o.contenu #>> '{certification,niveau}')",
    ),
    *_vides(
        "code_certifinfo", *(f"code_formacode_{n}" for n in range(1, 6)), "libelle_code_formacode_principal",
        *(f"code_rome_{n}" for n in range(1, 6)), *(f"code_nsf_{n}" for n in range(1, 4)),
        *(f"libelle_nsf_{n}" for n in range(1, 4)),
    ),
    Colonne("numero_formation", "SIRET et identifiant de l'offre", _numero("o")),
    Colonne("intitule_formation", "Intitulé de la formation", _lu("o", "intitule")),
    Colonne("points_forts", "Points forts", _lu("o", "points_forts")),
    Colonne("objectif_formation", "Objectif", _lu("o", "objectif")),
    Colonne("contenu_formation", "Contenu", _lu("o", "contenu")),
    Colonne("resultats_attendus_formation", "Résultats attendus", _lu("o", "resultats_attendus")),
    Colonne("nb_action", "Nombre d'actions", "count(*)", "integer"),
    Colonne("nb_session_active", "Nombre de sessions ouvertes", "sum(x.sessions)", "integer"),
    Colonne(
        "nb_session_a_distance", "Dont sessions à distance",
        "coalesce(sum(x.sessions) FILTER (WHERE a.contenu ->> 'modalites_enseignement' ="
        f" '{Enseignement.A_DISTANCE.value}'), 0)",
        "integer",
    ),
    *_trois("nombre_heures_total", "Durée en heures", _lu("a", "duree_totale")),
    *_trois("frais_ttc_tot", "Prix TTC en euros", _lu("a", "total_ttc")),
    Colonne(
        "nbaction_nbheures", "Actions dont la durée est connue", f"count({_lu('a', 'duree_totale')})",
        "integer",
    ),
    Colonne("type_offre", "Type de l'offre", _lu("o", "type_offre"), valeurs=_valeurs(TypeOffre)),
)  # fmt: skip


def schema(colonnes: tuple[Colonne, ...]) -> dict[str, Any]:
    """Return the Table Schema of these columns."""
    return {"fields": [colonne.en_schema for colonne in colonnes], "missingValues": [""]}
