"""The contacts and the addresses of an EDOF file: each described again wherever it is used.

The first description of a number is kept, what later ones add completes it, and one that contradicts it is
told to the record that holds it.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from lxml import etree

from echanges.edof_xml.valeurs import ESPACE, Recueil, ligne, mot, oui_non, texte_de
from echanges.edof_xml.voies import LIGNES, remettre_la_voie
from echanges.lignes import Anomalie, Gravite, LigneLue, Niveau
from edof.lecture import lire_identifiant
from organismes.adresse_en_ligne import plat
from organismes.models import Adresse, Contact
from organismes.models.pays import Pays
from organismes.validateurs import normaliser_identifiant, normaliser_telephone

# More entries than this in one file are not those of an organisme.
ENTREES_AU_PLUS = 20_000

_EXTRA = f"{ESPACE}extra"

_TELEPHONE_FACTICE = re.compile(r"\+?([0-9])\1{7,}|0?123456789[0-9]*|0([1-9])(?:0\2){4}|0[1-9]0{8}")
_COURRIEL_FACTICE = re.compile(
    r"(?:no-?reply|ne-?pas-?repondre|test|exemple|xxx+|aaa+|nom\.prenom|prenom\.nom|contact@organisme)[@.].*"
    r"|.*@(?:example|exemple|test|domaine|organisme)\.(?:com|fr|org|net)",
    re.I,
)
_EXTRAS_DE_L_ADRESSE = {
    "ligne5-adresse": "ligne_5",
    "numero-voie": "numero_voie",
    "code-indice-repetition": "indice_repetition",
    "code-nature-voie": "nature_voie",
    "libelle-voie": "libelle_voie",
    "accessibilite-batimentaire": "accessibilite_batimentaire",
    "conformite-reglementaire": "conformite_reglementaire",
}


@dataclass
class EntreeLue:
    """A contact or an address of the file, with the lines that describe it in another way."""

    niveau: Niveau
    identifiant: str
    recueil: Recueil
    utilisable: bool
    # What was said of it once, beside the first record that uses it.
    racontee: bool = False

    @property
    def nom(self) -> str:
        """Return « Le contact « NROUX » »."""
        genre = "Le contact" if self.niveau == Niveau.CONTACT else "L'adresse"
        return f"{genre} « {self.identifiant} »"

    def en_ligne(self) -> LigneLue:
        """Return the line of this entry."""
        return LigneLue(
            self.recueil.ligne,
            self.niveau,
            (self.identifiant,),
            self.recueil.valeurs,
            self.recueil.anomalies,
        )


class CarnetLu:
    """The entries of the file, by their numbers."""

    def __init__(self) -> None:
        self.entrees: dict[tuple[Niveau, str], EntreeLue] = {}
        # As they are written.
        self._numeros: set[tuple[Niveau, str | None]] = set()
        # By the text of the element: the same description comes back in each record.
        self._deja: dict[tuple[Niveau, str], tuple[EntreeLue, str]] = {}

    def de(self, niveau: Niveau) -> list[EntreeLue]:
        """Return the entries of this kind, in the order of the file."""
        return [entree for (genre, _), entree in self.entrees.items() if genre == niveau]

    def connait(self, niveau: Niveau, element: Any) -> bool:
        """Return whether an entry of this number has already been described."""
        return (niveau, element.get("numero")) in self._numeros

    def connaitre(self, niveau: Niveau, element: Any, base: int) -> tuple[EntreeLue, str]:
        """Return the entry that this element describes, and how it contradicts its first description."""
        ecrit = etree.tostring(element, encoding="unicode", with_tail=False)
        trouvee = self._deja.get((niveau, ecrit))
        if trouvee is None:
            trouvee = self._lire(niveau, element, base)
            if len(self._deja) < 2 * ENTREES_AU_PLUS:
                self._deja[niveau, ecrit] = trouvee
        return trouvee

    def lier(self, niveau: Niveau, element: Any, utilisateur: Recueil, champ: str, code: str) -> EntreeLue:
        """Set in `champ` the entry that this element describes, and return it.

        When it cannot be created, the field is left out, with an anomaly of the code `code`.
        """
        entree, conflit = self.connaitre(niveau, element, utilisateur.base)
        if conflit:
            utilisateur.dire(
                f"{niveau.value}-en-conflit", Gravite.AVERTISSEMENT, conflit, champ, entree.identifiant
            )
        if not entree.racontee:
            entree.racontee = True
            utilisateur.anomalies += [
                Anomalie(dite.code, dite.gravite, f"{entree.nom} : {dite.phrase}", champ, dite.valeur)
                for dite in entree.recueil.anomalies
                if dite.gravite in (Gravite.REPARE, Gravite.AVERTISSEMENT)
            ]
        if entree.utilisable:
            utilisateur.valeurs[champ] = entree.identifiant
            return entree
        pourquoi = next(
            (dite for dite in entree.recueil.anomalies if dite.gravite == Gravite.BLOQUANTE),
            Anomalie(code, Gravite.BROUILLON, "illisible."),
        )
        if niveau == Niveau.ADRESSE:
            code = pourquoi.code
        phrase = f"{entree.nom} n'est pas repris{'e' if niveau == Niveau.ADRESSE else ''} : {pourquoi.phrase}"
        utilisateur.dire(code, Gravite.BROUILLON, phrase, champ, pourquoi.valeur)
        return entree

    def _lire(self, niveau: Niveau, element: Any, base: int) -> tuple[EntreeLue, str]:
        recueil = Recueil(element, base)
        self._numeros.add((niveau, element.get("numero")))
        lire, completer = (
            (_lire_contact, _nom_du_contact)
            if niveau == Niveau.CONTACT
            else (_lire_adresse, _nom_de_l_adresse)
        )
        lire(element, recueil)
        numero = lire_identifiant(element.get("numero") or "") or completer(recueil)
        cle = (niveau, normaliser_identifiant(numero))
        connue = self.entrees.get(cle)
        if connue is None:
            _eprouver(niveau, numero, recueil)
            bloquee = any(dite.gravite == Gravite.BLOQUANTE for dite in recueil.anomalies)
            connue = EntreeLue(niveau, numero, recueil, not bloquee)
            if len(self.entrees) < ENTREES_AU_PLUS:
                self.entrees[cle] = connue
            return connue, ""
        differents = [
            champ
            for champ, valeur in recueil.valeurs.items()
            if champ in connue.recueil.valeurs and not _pareilles(connue.recueil.valeurs[champ], valeur)
        ]
        if not differents:
            for champ, valeur in recueil.valeurs.items():
                connue.recueil.valeurs.setdefault(champ, valeur)
            return connue, ""
        modele: type[Contact | Adresse] = Contact if niveau == Niveau.CONTACT else Adresse
        ecarts = ", ".join(
            f"{_nom_du_champ(modele, champ)} « {recueil.valeurs[champ]} » au lieu de"
            f" « {connue.recueil.valeurs[champ]} »"
            for champ in differents
        )
        phrase = (
            f"{connue.nom} a deux descriptions, ligne {recueil.ligne} et ligne {connue.recueil.ligne}"
            f" ({ecarts}) : la première description est gardée."
        )
        return connue, phrase


def _nom_du_champ(modele: type[Contact | Adresse], champ: str) -> str:
    return str(getattr(modele._meta.get_field(champ), "verbose_name", champ))


def _pareilles(gauche: Any, droite: Any) -> bool:
    if isinstance(gauche, str) and isinstance(droite, str):
        return plat(gauche) == plat(droite)
    return gauche == droite


def _eprouver(niveau: Niveau, numero: str, recueil: Recueil) -> None:
    """Say what keeps the entry from being created, by the rules of its model; no query."""
    connues = {champ: valeur for champ, valeur in recueil.valeurs.items() if valeur is not None}
    if niveau == Niveau.CONTACT:
        entree: Contact | Adresse = Contact(identifiant=numero, **connues)
    else:
        # Amounts and coordinates are texts until the column reads them.
        entree = Adresse(titre=numero, **connues)
    try:
        entree.full_clean(exclude=["organisme"], validate_unique=False, validate_constraints=False)
    except ValidationError as refus:
        for champ, phrases in refus.message_dict.items():
            valeur = str(recueil.valeurs.get(champ) or "")
            phrase = f"{_nom_du_champ(type(entree), champ)} : {' '.join(phrases)}"
            recueil.dire("valeur-refusee", Gravite.BLOQUANTE, phrase[:1].upper() + phrase[1:], champ, valeur)
    if (
        isinstance(entree, Adresse)
        and entree.pays == Pays.FRANCE
        and not (entree.libelle_voie or entree.ligne_5)
    ):
        phrase = "Indiquez la voie, ou à défaut le lieu-dit ou la boîte postale."
        recueil.dire("30013", Gravite.BLOQUANTE, phrase, "libelle_voie")


def _inconnu(element: Any, recueil: Recueil, nom: str) -> None:
    phrase = f"L'élément « {nom} » n'est pas connu : il est ignoré."
    recueil.dire("element-inconnu", Gravite.AVERTISSEMENT, phrase, nom)


def _nom_du_contact(recueil: Recueil) -> str:
    phrase = "Le contact n'a pas de numéro : son nom en tient lieu."
    recueil.dire("sans-numero", Gravite.REPARE, phrase, "identifiant")
    nom = f"{recueil.valeurs.get('prenom', '')} {recueil.valeurs.get('nom', '')}".strip()
    return lire_identifiant(nom[:30]) or "CONTACT"


def _nom_de_l_adresse(recueil: Recueil) -> str:
    phrase = "L'adresse n'a pas de numéro : sa dénomination en tient lieu."
    recueil.dire("sans-numero", Gravite.REPARE, phrase, "titre")
    return lire_identifiant(recueil.valeurs.get("denomination", "")[:30]) or "ADRESSE"


def _lire_contact(element: Any, recueil: Recueil) -> None:
    for enfant in element:
        nom = enfant.tag.removeprefix(ESPACE)
        if nom in ("nom", "prenom"):
            recueil.valeurs[nom] = ligne(enfant, recueil, nom)
        elif nom == "courriel":
            recueil.valeurs["courriel"] = _courriel(enfant, recueil)
        elif nom in ("telfixe", "portable"):
            _telephone(enfant, recueil, "telephone_fixe" if nom == "telfixe" else "telephone_portable")
        elif nom in ("extras", "extra"):
            lire_fonction(enfant, recueil)
        elif nom != "adresse":
            _inconnu(enfant, recueil, nom)


def lire_fonction(element: Any, recueil: Recueil) -> None:
    """Read the function of a contact, in its `coordonnees` or beside it."""
    for extra in element.iter(_EXTRA):
        if extra.get("info") == "fonction":
            recueil.valeurs["fonction"] = ligne(extra, recueil, "fonction")


def _courriel(element: Any, recueil: Recueil) -> str:
    lu = ligne(element, recueil, "courriel")
    if _COURRIEL_FACTICE.fullmatch(lu):
        phrase = "Ce courriel semble factice : les demandes des titulaires s'y perdraient."
        recueil.dire("factice", Gravite.AVERTISSEMENT, phrase, "courriel", lu)
    return lu


def _telephone(element: Any, recueil: Recueil, champ: str) -> None:
    numero = element.find(f"{ESPACE}numtel")
    ecrit = mot(element if numero is None else numero)
    lu = normaliser_telephone(ecrit)
    recueil.valeurs[champ] = lu
    if lu != ecrit:
        phrase = f"Numéro de téléphone écrit « {ecrit[:30]} », lu {lu[:30]}."
        recueil.dire("telephone-repare", Gravite.REPARE, phrase, champ, ecrit)
    if _TELEPHONE_FACTICE.fullmatch(lu):
        phrase = f"Le numéro {lu[:30]} semble factice : personne ne répondrait aux titulaires."
        recueil.dire("factice", Gravite.AVERTISSEMENT, phrase, champ, lu)


def _lire_adresse(element: Any, recueil: Recueil) -> None:
    lignes: list[str] = []
    for enfant in element:
        nom = enfant.tag.removeprefix(ESPACE)
        if nom == "ligne":
            lignes.append(ligne(enfant, recueil, "denomination"))
        elif nom == "codepostal":
            recueil.valeurs["code_postal"] = mot(enfant)
        elif nom == "ville":
            recueil.valeurs["ville"] = ligne(enfant, recueil, "ville")
        elif nom == "pays":
            recueil.valeurs["pays"] = mot(enfant).upper() or Pays.FRANCE.value
        elif nom == "geolocalisation":
            _position(enfant, recueil)
        elif nom in ("extras", "extra"):
            _extras_de_l_adresse(enfant, recueil)
        else:
            _inconnu(enfant, recueil, nom)
    lignes = [dite for dite in lignes if dite]
    recueil.valeurs.update(zip(LIGNES, lignes, strict=False))
    if len(lignes) > len(LIGNES):
        phrase = f"L'adresse a {len(lignes)} lignes, seules les trois premières sont reprises."
        recueil.dire("lignes-en-trop", Gravite.AVERTISSEMENT, phrase, "denomination_3", lignes[3])
    if "conformite_reglementaire" not in recueil.valeurs:
        recueil.valeurs["conformite_reglementaire"] = False
        phrase = "La conformité à l'accessibilité n'est pas dite : elle est lue « non »."
        recueil.dire("conformite-absente", Gravite.AVERTISSEMENT, phrase, "conformite_reglementaire")
    remettre_la_voie(recueil)


def _extras_de_l_adresse(element: Any, recueil: Recueil) -> None:
    for extra in element.iter(_EXTRA):
        info = (extra.get("info") or "").strip().lower()
        champ = _EXTRAS_DE_L_ADRESSE.get(info)
        if champ == "conformite_reglementaire":
            oui_non(extra, recueil, champ)
            recueil.valeurs[champ] = bool(recueil.valeurs[champ])
        elif champ == "accessibilite_batimentaire":
            recueil.valeurs[champ] = texte_de(extra).strip()
        elif champ in ("indice_repetition", "nature_voie"):
            recueil.valeurs[champ] = mot(extra).upper()
        elif champ:
            recueil.valeurs[champ] = ligne(extra, recueil, champ)
        elif info and info != "adresse":
            _inconnu(extra, recueil, info)


def _position(element: Any, recueil: Recueil) -> None:
    for nom in ("latitude", "longitude"):
        trouve = element.find(ESPACE + nom)
        lu = mot(trouve).replace(",", ".") if trouve is not None else ""
        if not lu:
            continue
        try:
            degres = Decimal(lu)
            if not degres.is_finite() or abs(degres) > 1000:
                raise InvalidOperation
        except InvalidOperation:
            phrase = f"La {nom} « {lu[:30]} » ne se lit pas : elle n'est pas reprise."
            recueil.dire("position-illisible", Gravite.AVERTISSEMENT, phrase, nom, lu)
            continue
        # Seven decimals in official samples: six are kept, 10 cm.
        recueil.valeurs[nom] = f"{degres:.6f}"
    if ("latitude" in recueil.valeurs) != ("longitude" in recueil.valeurs):
        recueil.valeurs.pop("latitude", None)
        recueil.valeurs.pop("longitude", None)
