"""Reading a file of EDOF's XML: its lines, and what is said of the file as a whole.

The file is read once, record by record, and what was read of each waits on the disk: memory does not grow
with the file. A fault costs its record, and an XML that breaks costs the formation where it breaks.
"""

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from lxml import etree

from echanges.edof_xml import octets
from echanges.edof_xml.actions import lire_action
from echanges.edof_xml.carnet import CarnetLu
from echanges.edof_xml.elements import FicheLue
from echanges.edof_xml.flux import Attente, Source, dire
from echanges.edof_xml.octets import Encodage
from echanges.edof_xml.offres import lire_offre
from echanges.edof_xml.sessions import lire_session
from echanges.edof_xml.valeurs import ESPACE, NS, mot
from echanges.lignes import FichierRefuse, Gravite, LigneLue, Niveau
from edof.lecture import lire_identifiant
from organismes.validateurs import normaliser_identifiant

VERSION = "v5r2/2026-06"
FORMATIONS_AU_PLUS, SESSIONS_AU_PLUS = 20_000, 200_000
PROFONDEUR_AU_PLUS = 32
# How many times a broken file is resumed.
REPRISES_AU_PLUS = 200

FORMATION, ACTION, SESSION = (ESPACE + nom for nom in ("formation", "action", "session"))
_FORMATION = re.compile(rb"<(?:[\w.-]+:)?formation[\s>/]")
_TROP_PROFOND = etree.XPath("/".join("*" * (PROFONDEUR_AU_PLUS - 2)))
_ENTREES = f"{ESPACE}modalites-entrees-sorties"
_LIEU, _COORDONNEES, _ADRESSE = (ESPACE + nom for nom in ("lieu-de-formation", "coordonnees", "adresse"))
_PERMANENTE = "1"


@dataclass
class CatalogueLu:
    """What was read of a file: its lines, or the sentence that refuses it whole.

    `reparations` and `avertissements` are sentences about the whole file. `nombres` counts the lines.
    """

    version: str = VERSION
    encodage: Encodage = field(default_factory=lambda: Encodage("", ""))
    siret: str = ""
    refus: str = ""
    reparations: list[str] = field(default_factory=list)
    avertissements: list[str] = field(default_factory=list)
    nombres: dict[Niveau, int] = field(default_factory=dict)
    _carnet: CarnetLu = field(default_factory=CarnetLu, repr=False)
    _attentes: dict[Niveau, "Attente"] = field(default_factory=dict, repr=False)

    def lignes(self) -> Iterator[LigneLue]:
        """Yield the lines: contacts, addresses, offres, actions, sessions; may be called again.

        `Demande.FERMER` is asked by every closed session: it means something for an open one only.
        """
        if self.refus:
            return
        for niveau in (Niveau.CONTACT, Niveau.ADRESSE):
            for entree in self._carnet.de(niveau):
                yield entree.en_ligne()
        for attente in self._attentes.values():
            yield from attente.lignes()


def lire(fichier: IO[bytes], siret: str = "") -> CatalogueLu:
    """Read the file, which may be anything; `siret` is the only one that it may name."""
    lecture = CatalogueLu()
    try:
        copie, lecture.encodage, lecture.reparations = octets.preparer(fichier)
        if lecture.encodage.phrase:
            lecture.reparations.insert(0, lecture.encodage.phrase)
        with copie:
            _Lecteur(copie, lecture, siret).lire()
    except FichierRefuse as refus:
        lecture.refus = str(refus)
    lecture.nombres = dict.fromkeys(Niveau, 0)
    if not lecture.refus:
        lecture.nombres |= {niveau: attente.nombre for niveau, attente in lecture._attentes.items()}
        for niveau in (Niveau.CONTACT, Niveau.ADRESSE):
            lecture.nombres[niveau] = len(lecture._carnet.de(niveau))
    return lecture


@dataclass
class _Ouverte:
    """A formation or an action that is being read."""

    rang: int
    numero: str
    deja: set[str] = field(default_factory=set)


class _Lecteur:
    """One reading of a file."""

    def __init__(self, copie: IO[bytes], lecture: CatalogueLu, siret: str) -> None:
        self.copie, self.lecture, self.siret = copie, lecture, siret
        self.carnet = lecture._carnet
        self.bloquees: dict[int, str] = {}
        lecture._attentes = {
            niveau: Attente(niveau, self.bloquees) for niveau in (Niveau.OFFRE, Niveau.ACTION, Niveau.SESSION)
        }
        self.rang = 0
        self.base = 0
        self.formations: list[_Ouverte] = []
        self.actions: list[_Ouverte] = []
        self.numeros: dict[str, str] = {}
        self.categories: dict[str, str] = {}
        self.sans_siret = 0

    def lire(self) -> None:
        """Read the whole file, resumed after each formation where it breaks."""
        debut = self._racine()
        position = 0
        taille = self.copie.seek(0, 2)
        with mmap.mmap(self.copie.fileno(), taille, access=mmap.ACCESS_READ) as carte:
            for _ in range(REPRISES_AU_PLUS):
                self.copie.seek(position)
                if not (cassure := self._parcourir(debut if position else b"")):
                    break
                reprise = self._apres(carte, position, cassure)
                if reprise is None:
                    break
                self.base += carte[position:reprise].count(b"\n")
                position = reprise
            else:
                self.lecture.avertissements.append("Le fichier est trop abîmé : la suite n'a pas été lue.")
        if not self.lecture._attentes[Niveau.OFFRE].nombre:
            if self.lecture.avertissements:
                raise FichierRefuse(f"{octets.ILLISIBLE} {self.lecture.avertissements[0]}")
            raise FichierRefuse("Ce fichier ne contient aucune formation.")
        if self.sans_siret and not self.lecture.siret:
            self.lecture.avertissements.append("Le fichier ne dit pas le SIRET de l'organisme.")

    def _racine(self) -> bytes:
        """Return what opens the file again in the middle; raise FichierRefuse for another root."""
        parseur = etree.XMLPullParser(events=("start",), no_network=True, load_dtd=False)
        racine: Any = None
        refus = ""
        self.copie.seek(0)
        try:
            while racine is None and (morceau := self.copie.read(65_536)):
                parseur.feed(morceau)
                racine = next((element for _, element in parseur.read_events()), None)
        except etree.XMLSyntaxError as erreur:
            racine = next((element for _, element in parseur.read_events()), None)
            refus = dire(erreur)
        if racine is None:
            raise FichierRefuse(f"{octets.ILLISIBLE} {refus[:1].upper()}{refus[1:]}".strip())
        # The name of a namespace may hold any sign, « } » too, which lxml refuses to split.
        espace, _, nom = racine.tag.rpartition("}")
        if nom.lower() == "html":
            raise FichierRefuse("Ce fichier est une page web : déposez le fichier XML du catalogue.")
        if nom != "lheo":
            raise FichierRefuse(
                f"La racine de ce fichier est « {nom[:40]} » : celle d'un catalogue d'EDOF est « lheo »."
            )
        if espace != f"{{{NS}":
            dit = f"« {espace[1:81]} »" if espace else "absent"
            raise FichierRefuse(
                f"L'espace de noms de ce fichier est {dit} : celui d'un catalogue d'EDOF est « {NS} »."
            )
        copie = etree.Element(racine.tag, nsmap=racine.nsmap)
        etree.SubElement(copie, f"{ESPACE}offres").text = " "
        return etree.tostring(copie).partition(b" </")[0]

    def _parcourir(self, debut: bytes) -> etree.XMLSyntaxError | None:
        """Read the records up to the end of the file, or to the error that is returned."""
        source = Source(self.copie, debut)
        flux = etree.iterparse(
            source,
            events=("start", "end"),
            tag=(FORMATION, ACTION, SESSION),
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for evenement, element in flux:
                source.depuis = 0
                if evenement == "end":
                    self._finir(element)
                elif element.tag == FORMATION:
                    self._ouvrir_la_formation(element)
                elif element.tag == ACTION:
                    self._ouvrir_l_action(element)
        except etree.XMLSyntaxError as erreur:
            return erreur
        return None

    def _ouvrir_la_formation(self, element: Any) -> None:
        _oublier_avant(element)
        self.rang += 1
        self.formations.append(_Ouverte(self.rang, lire_identifiant(element.get("numero") or "")))
        if self.lecture._attentes[Niveau.OFFRE].nombre >= FORMATIONS_AU_PLUS:
            raise FichierRefuse(
                "Ce fichier contient plus de 20 000 formations : exportez le catalogue en plusieurs fichiers."
            )

    def _ouvrir_l_action(self, element: Any) -> None:
        self.rang += 1
        self.actions.append(_Ouverte(self.rang, lire_identifiant(element.get("numero") or "")))

    def _finir(self, element: Any) -> None:
        fiche = FicheLue(element, self.base, self.carnet)
        if element.tag == SESSION:
            self._finir_la_session(element, fiche)
            # The first one is kept, for the order of the elements.
            if (avant := element.getprevious()) is not None and avant.tag == SESSION:
                element.getparent().remove(avant)
        elif element.tag == ACTION:
            self._finir_l_action(element, fiche)
        else:
            self._finir_la_formation(element, fiche)
        element.clear()

    def _finir_la_session(self, element: Any, fiche: FicheLue) -> None:
        if not self.actions or not self.formations:
            self._perdue("session", fiche.ligne)
            return
        formation, action = self.formations[-1], self.actions[-1]
        if not action.deja:
            self._connaitre_le_lieu(element)
        entrees = next(element.getparent().iterchildren(_ENTREES), None)
        permanente = entrees is not None and mot(entrees) == _PERMANENTE
        lire_session(element, fiche, permanente)
        numero = self._numero(element, fiche, action.deja, "cette action")
        attente = self.lecture._attentes[Niveau.SESSION]
        if attente.nombre >= SESSIONS_AU_PLUS:
            raise FichierRefuse(
                "Ce fichier contient plus de 200 000 sessions : exportez le catalogue en plusieurs fichiers."
            )
        attente.garder([formation.rang, action.rang], (formation.numero, action.numero, numero), fiche)

    def _connaitre_le_lieu(self, session: Any) -> None:
        """Read first what comes first: the contact and the address of the place, before those of sessions."""
        lieux = session.getparent().iterchildren(_LIEU)
        contact = next((trouve for lieu in lieux for trouve in lieu.iterchildren(_COORDONNEES)), None)
        if contact is None:
            return
        adresse = next(contact.iterchildren(_ADRESSE), None)
        for niveau, element in ((Niveau.CONTACT, contact), (Niveau.ADRESSE, adresse)):
            if element is not None and not self.carnet.connait(niveau, element):
                self.carnet.connaitre(niveau, element, self.base)

    def _finir_l_action(self, element: Any, fiche: FicheLue) -> None:
        action = self.actions.pop() if self.actions else None
        if action is None or not self.formations:
            self._perdue("action", fiche.ligne)
            return
        formation = self.formations[-1]
        lire_action(element, fiche)
        self._numero(element, fiche, formation.deja, "cette formation")
        if element.find(SESSION) is None:
            phrase = "Cette action n'a pas de session : EDOF la refuserait."
            fiche.dire("sans-session", Gravite.AVERTISSEMENT, phrase)
        self._bloquer(action, fiche, "L'action")
        self.lecture._attentes[Niveau.ACTION].garder(
            [formation.rang], (formation.numero, action.numero), fiche
        )

    def _finir_la_formation(self, element: Any, fiche: FicheLue) -> None:
        formation = self.formations.pop()
        if _TROP_PROFOND(element):
            phrase = f"Des éléments sont emboîtés sur plus de {PROFONDEUR_AU_PLUS} niveaux."
            fiche.dire("trop-profond", Gravite.BLOQUANTE, phrase)
        else:
            lire_offre(element, fiche)
        self._verifier_le_siret(fiche)
        cle = normaliser_identifiant(formation.numero)
        if not formation.numero:
            fiche.dire("sans-numero", Gravite.BLOQUANTE, "La formation n'a pas de numéro.", "identifiant")
        elif cle in self.numeros:
            autre = self.numeros[cle]
            suite = "" if autre == formation.numero else f" par « {autre} » : les majuscules ne comptent pas"
            phrase = f"Le numéro « {formation.numero} » est déjà pris dans ce fichier{suite}."
            fiche.dire("numero-double", Gravite.BLOQUANTE, phrase, "identifiant", formation.numero)
        else:
            self.numeros[cle] = formation.numero
        self._verifier_la_categorie(formation, fiche)
        self._bloquer(formation, fiche, "L'offre")
        self.lecture._attentes[Niveau.OFFRE].garder([], (formation.numero,), fiche)

    def _numero(self, element: Any, fiche: FicheLue, deja: set[str], ou: str) -> str:
        """Return the number of an action or a session, and say when it is missing or already taken."""
        numero = lire_identifiant(element.get("numero") or "")
        cle = normaliser_identifiant(numero)
        if not numero:
            fiche.dire("sans-numero", Gravite.BLOQUANTE, "Le numéro manque.", "identifiant")
        elif cle in deja:
            phrase = f"Le numéro « {numero} » est déjà pris dans {ou} : les majuscules ne comptent pas."
            fiche.dire("numero-double", Gravite.BLOQUANTE, phrase, "identifiant", numero)
        deja.add(cle)
        return numero

    def _bloquer(self, ouverte: _Ouverte, fiche: FicheLue, genre: str) -> None:
        if any(dite.gravite == Gravite.BLOQUANTE for dite in fiche.anomalies):
            self.bloquees[ouverte.rang] = f"{genre} « {ouverte.numero} »"

    def _verifier_le_siret(self, fiche: FicheLue) -> None:
        lu = fiche.valeurs.pop("siret", "")
        if not lu:
            self.sans_siret += 1
            return
        if self.siret and lu != self.siret:
            raise FichierRefuse(
                f"Ce fichier est celui du SIRET {lu[:20]} : votre organisme a le SIRET {self.siret}."
            )
        if self.lecture.siret and lu != self.lecture.siret:
            raise FichierRefuse(
                f"Ce fichier contient deux SIRET, {self.lecture.siret} et {lu[:20]} : il en faut un seul."
            )
        self.lecture.siret = lu[:20]

    def _verifier_la_categorie(self, formation: _Ouverte, fiche: FicheLue) -> None:
        categorie = fiche.valeurs.get("categorisation")
        if not categorie:
            return
        if categorie in self.categories:
            phrase = (
                f"La catégorie de VAE {categorie} est déjà celle de « {self.categories[categorie]} » dans ce"
                " fichier : une seule offre par catégorie est admise."
            )
            fiche.dire("30077", Gravite.BROUILLON, phrase, "categorisation", categorie)
        self.categories.setdefault(categorie, formation.numero)

    def _perdue(self, genre: str, ligne: int) -> None:
        if len(self.lecture.avertissements) < 50:
            self.lecture.avertissements.append(
                f"Ligne {ligne} : une {genre} n'est pas à sa place, elle n'est pas reprise."
            )

    def _apres(self, carte: mmap.mmap, position: int, cassure: etree.XMLSyntaxError) -> int | None:
        """Say what is lost where the XML breaks; return where the next formation begins, None without any."""
        ligne, colonne = cassure.position if cassure.position else (1, 0)
        endroit = position
        for _ in range(max(ligne - 1, 0)):
            retour = carte.find(b"\n", endroit)
            if retour < 0:
                break
            endroit = retour + 1
        fin = carte.find(b"\n", endroit)
        # The column counts characters, and what opens a resumed file: never beyond the line.
        endroit = min(endroit + max(colonne - 1, 0), fin if fin >= 0 else len(carte))
        for perdue in self.formations[:1]:
            fiche = FicheLue(_SansElement(ligne), self.base, self.carnet)
            phrase = f"Le fichier n'est plus lisible ici : {dire(cassure)} La formation n'est pas reprise."
            fiche.dire("illisible", Gravite.BLOQUANTE, phrase)
            self._bloquer(perdue, fiche, "L'offre")
            self.lecture._attentes[Niveau.OFFRE].garder([], (perdue.numero,), fiche)
        if not self.formations and len(self.lecture.avertissements) < 50:
            self.lecture.avertissements.append(f"Ligne {ligne + self.base} : {dire(cassure)}")
        self.formations, self.actions = [], []
        suivante = _FORMATION.search(carte, max(endroit, position + 1))
        return suivante.start() if suivante else None


class _SansElement:
    """What stands for an element that could not be read."""

    def __init__(self, ligne: int) -> None:
        self.sourceline = ligne


def _oublier_avant(element: Any) -> None:
    """Forget what was read before this element, whatever it was."""
    parent = element.getparent()
    while parent is not None and (avant := element.getprevious()) is not None:
        parent.remove(avant)
