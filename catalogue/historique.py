"""The history of a record, as displayed: who did what, when, from where, and which fields changed.

It is the history of the database, written by triggers (pghistory): the changes made by `.update()`, by the
admin or in SQL are in it too. An entry is all that one operation did to one record. Edits by one user that
follow each other within ten minutes are one entry.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import CharField, QuerySet, Value

from catalogue.comparaison import Changement, changements, etats
from catalogue.cycle_de_vie import Origine
from catalogue.models import Fiche
from catalogue.models.fiche import niveaux
from catalogue.operations import ANNULER_L_IMPORT, ENVOI_GROUPE, IMPORTER, SERIE, TABLEAU
from edof.templatetags.affichage import date_longue
from organismes.auteurs import auteur_de, metadata, personnes
from organismes.droits import Operation

PAR_PAGE = 50
# How many edits of one entry can be unfolded; the others are compared by their versions.
ETAPES_MONTREES = 10

# What the context of a planned operation says: when it was ordered, and for which day (D-46).
PROGRAMMATION = ("programmee_le", "prevue_pour")
AUTRES_OPERATIONS = {
    "annuler": "Annulation",
    SERIE: "Création d'une série",
    TABLEAU: "Modification en tableau",
    IMPORTER: "Import d'un fichier",
    ANNULER_L_IMPORT: "Annulation d'un import",
    ENVOI_GROUPE: "Envoi groupé d'un programme",
    "remplacer": "Remplacement d'un contact ou d'une adresse",
    "decaler": "Dates décalées",
    "changer": "Modification de plusieurs fiches",
    "prix": "Changement de prix",
    "suspendre": "Suspension",
    "lever_la_suspension": "Suspension levée",
}
PAR_GENRE = {"insert": "Création", "update": Operation.MODIFIER.label, "delete": Operation.SUPPRIMER.label}

# `suite` is true when a row belongs to the same entry as the row before it on the same record.
_SUITES = """
WITH lignes (niveau, ligne, fiche, instant, genre, contexte, metadata) AS ({lignes}),
qualifiees AS (
  SELECT *, coalesce(metadata->>'utilisateur', 'jeton ' || (metadata->>'jeton')) AS auteur,
    genre = 'update' AND metadata->>'operation' = 'modifier' AND NOT metadata ? 'restaure' AS edition
  FROM lignes),
suites AS (
  SELECT *, lag(ligne) OVER fil AS avant,
    coalesce(contexte = lag(contexte) OVER fil
      OR (edition AND lag(edition) OVER fil AND auteur = lag(auteur) OVER fil
          AND instant - lag(instant) OVER fil < interval '10 minutes'), false) AS suite
  FROM qualifiees WINDOW fil AS (PARTITION BY niveau, fiche ORDER BY ligne))
"""
_COMPTE = _SUITES + "SELECT count(*) FROM suites WHERE NOT suite"
_ENTREES = (
    _SUITES
    + """,
entrees AS (SELECT *, count(*) FILTER (WHERE NOT suite) OVER (PARTITION BY niveau, fiche ORDER BY ligne)
    AS rang FROM suites)
SELECT niveau, (array_agg(ligne ORDER BY ligne DESC))[:%s], (array_agg(avant ORDER BY ligne))[1], count(*)
FROM entrees GROUP BY niveau, fiche, rang
ORDER BY max(instant) DESC, max(ligne) DESC, niveau LIMIT %s OFFSET %s"""
)


@dataclass(frozen=True)
class Etape:
    """One row of the history; `changements` is None when the state before it is not known."""

    instant: dt.datetime
    version: int
    origine: str
    changements: list[Changement] | None


@dataclass(frozen=True)
class Entree(Etape):
    """One entry: what one user did to one record, in one operation or in edits close in time.

    `etapes` lists these edits, latest first; it is empty when there is only one.
    """

    fiche: Fiche
    operation: str
    qui: str
    creation: bool
    # Whether the record is below the one displayed and still exists: its page can then be linked to.
    vivante: bool
    etapes: list[Etape]
    # How many edits the entry groups, and how many of them cannot be unfolded.
    nombre: int
    autres: int


class Historique:
    """The entries of a record, latest first, to be sliced by a Paginator.

    With `enfants`, the entries of the records below it are included.
    """

    def __init__(self, fiche: Fiche, *, enfants: bool = False) -> None:
        self.fiche = fiche
        self.enfants = enfants
        requetes = [lignes.query.sql_with_params() for lignes in self._lignes()]
        self._union = " UNION ALL ".join(f"({sql})" for sql, _ in requetes)
        self._parametres = [parametre for _, parametres in requetes for parametre in parametres]

    def _lignes(self) -> list[QuerySet]:
        """Return the history rows of each level concerned."""
        ensembles: list[QuerySet] = []
        modeles = list(niveaux().values())
        for modele in modeles[modeles.index(type(self.fiche)) :]:
            lignes = modele.pgh_event_model.objects.filter(organisme_id=self.fiche.organisme_id)
            parents = (
                {f"{modele.PARENT}__in": ensembles[-1].values("pgh_obj_id")}
                if ensembles
                else {"pgh_obj_id": self.fiche.pk}
            )
            ensembles.append(lignes.filter(**parents))
            if not self.enfants:
                break
        colonnes = (
            "niveau",
            "pgh_id",
            "pgh_obj_id",
            "pgh_created_at",
            "pgh_label",
            "pgh_context_id",
            "pgh_context__metadata",
        )
        return [
            lignes.annotate(niveau=Value(modele._meta.model_name, output_field=CharField())).values_list(
                *colonnes
            )
            for modele, lignes in zip(modeles[modeles.index(type(self.fiche)) :], ensembles, strict=False)
        ]

    def _lire(self, requete: str, *parametres: int) -> list[tuple[Any, ...]]:
        with connection.cursor() as curseur:
            curseur.execute(requete.replace("{lignes}", self._union), [*self._parametres, *parametres])
            return curseur.fetchall()

    @cached_property
    def _nombre(self) -> int:
        return self._lire(_COMPTE)[0][0]

    def __len__(self) -> int:
        return self._nombre

    def __getitem__(self, tranche: slice) -> list[Entree]:
        """Return the entries of this slice; the number of queries does not depend on its size."""
        # Fetch one row more than is shown, to compare the last one with it.
        groupes = self._lire(_ENTREES, ETAPES_MONTREES + 1, tranche.stop - tranche.start, tranche.start)
        return _Lecture(self.fiche, groupes).entrees()


class _Lecture:
    """One page of entries, whose data is fetched at once."""

    def __init__(self, fiche: Fiche, groupes: list[tuple[Any, ...]]) -> None:
        self.fiche = fiche
        self.groupes = groupes
        self.lignes: dict[tuple[str, int], Any] = {}
        for niveau, modele in niveaux().items():
            if cles := {cle for n, ids, avant, _ in groupes if n == niveau for cle in (*ids, avant)} - {None}:
                lignes = modele.pgh_event_model.objects.select_related("pgh_context").filter(pgh_id__in=cles)
                self.lignes |= {(niveau, ligne.pgh_id): ligne for ligne in lignes}
        self.etats = etats(self.lignes.values())
        self.personnes = personnes(self.lignes.values())
        self.vivantes = self._vivantes()

    def _vivantes(self) -> set[tuple[str, int]]:
        """Return the displayed records below this one that still exist, as (level, key)."""
        vivantes = set()
        for niveau, modele in niveaux().items():
            if cles := {
                ligne.pgh_obj_id
                for (n, _), ligne in self.lignes.items()
                if n == niveau and n != self.fiche._meta.model_name
            }:
                vivantes |= {
                    (niveau, pk) for pk in modele.objects.filter(pk__in=cles).values_list("pk", flat=True)
                }
        return vivantes

    def entrees(self) -> list[Entree]:
        return [self._entree(*groupe) for groupe in self.groupes]

    def _entree(self, niveau: str, ids: list[int], avant: int | None, nombre: int) -> Entree:
        montrees = ids[:ETAPES_MONTREES]
        precedents = [*ids[1:], *([avant] if nombre == len(ids) else [])]
        etapes = [
            self._etape(niveau, cle, precedent) for cle, precedent in zip(montrees, precedents, strict=False)
        ]
        ligne = self.lignes[niveau, ids[0]]
        return Entree(
            instant=ligne.pgh_created_at,
            version=ligne.version,
            origine=", ".join(dict.fromkeys(etape.origine for etape in etapes)),
            changements=self._changements(niveau, ids[0], avant),
            fiche=self.etats[niveaux()[niveau], ids[0]],
            operation=operation_de(ligne),
            qui=auteur_de(ligne, self.personnes),
            creation=ligne.pgh_label == "insert" and avant is None,
            vivante=(niveau, ligne.pgh_obj_id) in self.vivantes,
            etapes=etapes if nombre > 1 else [],
            nombre=nombre,
            autres=nombre - len(etapes),
        )

    def _etape(self, niveau: str, cle: int, avant: int | None) -> Etape:
        ligne = self.lignes[niveau, cle]
        return Etape(
            ligne.pgh_created_at, ligne.version, origine_de(ligne), self._changements(niveau, cle, avant)
        )

    def _changements(self, niveau: str, cle: int, avant: int | None) -> list[Changement] | None:
        modele = niveaux()[niveau]
        if avant is not None:
            return changements(self.etats[modele, avant], self.etats[modele, cle])
        # A new record is compared with an empty one. When a row that is not a creation has no row before it,
        # its changes are not known.
        return (
            changements(modele(), self.etats[modele, cle])
            if self.lignes[niveau, cle].pgh_label == "insert"
            else None
        )


def origine_de(ligne: Any) -> str:
    """Return the origin of this row (form, API, administration…), as displayed."""
    if ligne.pgh_context is None:
        return "Directement en base de données"
    dits = metadata(ligne)
    if "prevue_pour" in dits:
        programmee, prevue = (date_longue(dt.date.fromisoformat(dits[nom])) for nom in PROGRAMMATION)
        return f"Programmé le {programmee}, prévu le {prevue}"
    return dict(Origine.choices).get(dits.get("origine"), "Origine inconnue")


def operation_de(ligne: Any) -> str:
    """Return the operation of this row, in words."""
    dits = metadata(ligne)
    operation = dits.get("operation")
    if "restaure" in dits:
        return "Restauration d'une version"
    if operation in AUTRES_OPERATIONS:
        return AUTRES_OPERATIONS[operation]
    return (
        PAR_GENRE[ligne.pgh_label]
        if ligne.pgh_label == "insert"
        else dict(Operation.choices).get(operation, PAR_GENRE[ligne.pgh_label])
    )


def version_de(fiche: Fiche, *versions: int) -> dict[int, Any]:
    """Return the history rows that hold these versions of the record, by version.

    Versions that are not in the history are missing from the result.
    """
    lignes = type(fiche).pgh_event_model.objects.filter(
        pgh_obj_id=fiche.pk, organisme_id=fiche.organisme_id, version__in=versions
    )
    return {ligne.version: ligne for ligne in lignes.select_related("pgh_context").order_by("pgh_id")}
