"""The reading of an archive « Tout emporter »: its address book and its catalogue become lines.

Links are keys of the archive; a line names its parents by their identifiers, a contact or an address by a
text that finds it. What a file may not bring (parutions, history, certificates) is left in it, and said.
"""

import json
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from catalogue.cycle_de_vie import Statut
from echanges.archive import FORMAT, MANIFESTE
from echanges.cibles import CHEMINS, FORMULAIRES
from echanges.fichiers import archive
from echanges.lignes import Demande, FichierRefuse, LigneLue, Niveau
from echanges.tables import Carnets
from edof.templatetags.affichage import milliers, pluriel
from organismes.models import Adresse, Contact
from organismes.models.entree import Entree

LIGNES_AU_PLUS = 200_000
# The longest line: a record with all its texts full is a tenth of it.
_LONGUEUR_AU_PLUS = 1_000_000
_ABIMEE = (
    "Cette archive est abîmée, ou elle n'est pas arrivée en entier : demandez-la de nouveau avec « Tout"
    " emporter », puis déposez-la."
)
_LAISSES = (
    "Restent dans l'archive, sans être repris : parutions, historique, certificats Qualiopi, programmations,"
    " fermetures et habitudes."
)


def lire_archive(fichier: IO[bytes], siret: str = "") -> tuple[list[LigneLue], list[str]]:
    """Return the lines of an archive, and what is said of it as a whole.

    Raise FichierRefuse, with a French sentence, when it is not one that can be read.
    """
    try:
        with archive(fichier, MANIFESTE) as ouverte:
            manifeste = _manifeste(ouverte)
            lignes = list(islice(_Lecteur(ouverte).lignes(), LIGNES_AU_PLUS + 1))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as erreur:
        raise FichierRefuse(_ABIMEE) from erreur
    if len(lignes) > LIGNES_AU_PLUS:
        raise FichierRefuse(
            f"Cette archive compte plus de {milliers(LIGNES_AU_PLUS)} fiches : elle ne se reprend pas par"
            " l'écran. Rien n'a été lu."
        )
    if not lignes:
        raise FichierRefuse("Cette archive ne contient aucune fiche.")
    return lignes, _remarques(manifeste, lignes, siret)


def _manifeste(ouverte: zipfile.ZipFile) -> dict[str, Any]:
    with ouverte.open(MANIFESTE) as piece:
        lu: Any = json.loads(piece.read(_LONGUEUR_AU_PLUS))
    if not isinstance(lu, dict) or lu.get("format") != FORMAT:
        raise FichierRefuse(f"Cette archive n'est pas au format {FORMAT} : rien n'a été lu.")
    return lu


def _remarques(manifeste: dict[str, Any], lignes: list[LigneLue], siret: str) -> list[str]:
    dites = [_LAISSES]
    nom, sien = str(manifeste.get("raison_sociale", ""))[:100], str(manifeste.get("siret", ""))[:14]
    if siret and sien != siret:
        dites.insert(0, f"Cette archive est celle de « {nom} », SIRET {sien} : vérifiez que c'est voulu.")
    archivees = sum(1 for ligne in lignes if ligne.demande == Demande.ARCHIVER)
    if archivees:
        quoi = pluriel(archivees, "fiche y est archivée,fiches y sont archivées")
        dites.append(f"{quoi} : l'archivage se demande à part, une fois l'archive reprise.")
    return dites


class _Lecteur:
    """One reading: what rows point to is known by its key, parents first."""

    def __init__(self, lue: zipfile.ZipFile) -> None:
        self.lue = lue
        self.certifications = {int(r["id"]): str(r["code"]) for r in self._rangees("certifications")}
        # By level and key: the identifiers that lead to a record.
        self.chemins: dict[tuple[str, int], tuple[str, ...]] = {}
        self.textes: dict[type[Entree], dict[int, str]] = {}

    def _rangees(self, nom: str) -> Iterator[dict[str, Any]]:
        with self.lue.open(f"{nom}.jsonl") as piece:
            while octets := piece.readline(_LONGUEUR_AU_PLUS):
                rangee = json.loads(octets)
                # A null has no place in a text of the database, a lone surrogate none in UTF-8.
                ecrite = json.dumps(rangee, ensure_ascii=False)
                ecrite.encode()
                if not isinstance(rangee, dict) or "\\u0000" in ecrite:
                    raise ValueError(nom)
                yield rangee

    def lignes(self) -> Iterator[LigneLue]:
        """Yield the lines: contacts, addresses, offres, actions, sessions."""
        yield from self._entrees(Niveau.CONTACT, Contact)
        yield from self._entrees(Niveau.ADRESSE, Adresse)
        for niveau in (Niveau.OFFRE, Niveau.ACTION, Niveau.SESSION):
            for numero, rangee in enumerate(self._rangees(f"{niveau}s"), 1):
                yield self._fiche(niveau, numero, rangee)

    def _entrees(self, niveau: Niveau, modele: type[Any]) -> Iterator[LigneLue]:
        entrees = []
        colonnes = {champ.attname for champ in modele._meta.concrete_fields}
        for numero, rangee in enumerate(self._rangees(f"{niveau}s"), 1):
            # As texts: they are only compared.
            entree = modele(**{nom: valeur for nom, valeur in rangee.items() if nom in colonnes})
            entree.pk = int(rangee["id"])
            entrees.append(entree)
            yield self._ligne(niveau, numero, (str(rangee[modele.CHAMP_IDENTIFIANT]),), rangee)
        self.textes[modele] = Carnets.textes(modele, entrees)

    def _fiche(self, niveau: Niveau, numero: int, rangee: dict[str, Any]) -> LigneLue:
        parent = {Niveau.ACTION: Niveau.OFFRE, Niveau.SESSION: Niveau.ACTION}.get(niveau)
        avant = self.chemins[parent, int(rangee[f"{parent}_id"])] if parent else ()
        chemin = (*avant, str(rangee["identifiant"]))
        self.chemins[niveau, int(rangee["id"])] = chemin
        ligne = self._ligne(niveau, numero, chemin, rangee)
        if rangee["statut"] == Statut.ARCHIVEE:
            ligne.demande = Demande.ARCHIVER
        elif niveau == Niveau.SESSION and rangee["statut"] == Statut.ACTIVE:
            ligne.demande = Demande.OUVRIR if rangee["ouverte"] else Demande.FERMER
        return ligne

    def _ligne(
        self, niveau: Niveau, numero: int, chemin: tuple[str, ...], rangee: dict[str, Any]
    ) -> LigneLue:
        ligne = LigneLue(numero, niveau, chemin)
        modele: Any = FORMULAIRES[niveau]._meta.model
        for nom in FORMULAIRES[niveau]._meta.fields or ():
            colonne = modele._meta.get_field(nom)
            if nom in CHEMINS[niveau] or colonne.attname not in rangee:
                continue
            valeur = rangee[colonne.attname]
            if colonne.is_relation and valeur is not None:
                textes = self.textes.get(colonne.related_model, self.certifications)
                valeur = textes[int(valeur)]
            ligne.valeurs[nom] = valeur
        return ligne
