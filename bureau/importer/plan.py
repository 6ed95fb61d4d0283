"""The plan as the page shows it: its tabs, its lines in words, the cells to repair."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils.safestring import SafeString

from catalogue.cycle_de_vie import Statut
from catalogue.models.fiche import niveaux
from echanges.choix import choix_du_champ
from echanges.cibles import FORMULAIRES, nom_du_champ
from echanges.decisions import Decision
from echanges.fichiers import Format
from echanges.lignes import Gravite
from echanges.models import Import, LigneImport
from echanges.preparation import tables_de
from edof.dates import lire_date
from edof.ecriture import parmi
from edof.templatetags.affichage import enumerer, milliers, pluriel
from organismes.auteurs import auteur_de, personnes
from organismes.carnet_ecrit import CarnetEcrit

PAR_PAGE, EN_TETE = 50, 10
A_VERIFIER = "a-verifier"
ONGLETS = {
    "": ("Toutes", ""), "erreurs": ("Erreurs", Decision.ERREUR), A_VERIFIER: ("À vérifier", ""),
    "creations": ("Créations", Decision.CREATION),
    "modifications": ("Modifications", Decision.MODIFICATION),
    "inchangees": ("Inchangées", Decision.INCHANGEE), "ignorees": ("Ignorées", Decision.IGNOREE),
}  # fmt: skip


@dataclass
class Onglet:
    """A tab: a decision, and how many lines it has."""

    slug: str
    nom: str
    nombre: int
    courant: bool

    @property
    def alerte(self) -> bool:
        """Return whether it counts errors."""
        return self.slug == "erreurs" and self.nombre > 0


@dataclass
class Cellule:
    """A field to repair, or repaired: what was read, what is wrong, and the box to type in."""

    champ: str
    titre: str
    lue: str
    phrase: str
    widget: SafeString
    propositions: list[tuple[str, str]] = field(default_factory=list)
    mise: str = ""


@dataclass
class LigneMontree:
    """A line in words."""

    ligne: LigneImport
    cellules: list[Cellule] = field(default_factory=list)
    changements: list[tuple[str, str, str]] = field(default_factory=list)
    # What a new record would hold.
    valeurs: list[tuple[str, str]] = field(default_factory=list)
    # What deserves a look, what was repaired.
    averties: list[str] = field(default_factory=list)
    remarques: list[str] = field(default_factory=list)
    completer: list[str] = field(default_factory=list)
    etat: str = ""
    active: bool = False
    bougee: str = ""

    @property
    def parent(self) -> str:
        """Return the identifiers of what contains the record."""
        return " › ".join(str(nom) for nom in self.ligne.chemin[:-1] if nom)

    @property
    def reparee(self) -> bool:
        """Return whether a person repaired it."""
        return bool(self.ligne.corrections) and self.ligne.decision != Decision.ERREUR


def onglets(importation: Import, courant: str) -> list[Onglet]:
    """Return the tabs, with their counts."""
    comptes = importation.decisions()
    autres = {"": importation.nombre, A_VERIFIER: importation.a_verifier().count()}
    return [
        Onglet(slug, nom, comptes[decision] if decision else autres[slug], slug == courant)
        for slug, (nom, decision) in ONGLETS.items()
    ]


class PlanMontre:
    """The lines of the page: those of a tab, or the first ones of each decision, errors first.

    `attendent` are the keys of the lines that only wait for the meaning of an unknown value.
    """

    def __init__(
        self, importation: Import, onglet: str, page: str | None, attendent: Sequence[int] = ()
    ) -> None:
        self.importation, self.onglet = importation, onglet if onglet in ONGLETS else ""
        self.onglets = onglets(importation, self.onglet)
        self.comptes = importation.decisions()
        self.page: Any = None
        parties: dict[str, Any]
        self.attendent = len(attendent)
        ordre = ["rang"] if importation.lecture.get("autres") else ["ligne", "rang"]
        lignes = importation.lignes.order_by(*ordre)
        fautives = lignes.filter(decision=Decision.ERREUR) | lignes.exclude(corrections={})
        if self.onglet == "erreurs":
            parties = {"erreurs": self._paginer(fautives, page)}
        elif self.onglet == A_VERIFIER:
            parties = {A_VERIFIER: self._paginer(importation.a_verifier().order_by(*ordre), page)}
        elif self.onglet:
            parties = {self.onglet: self._paginer(lignes.filter(decision=ONGLETS[self.onglet][1]), page)}
        else:
            modifications = lignes.filter(decision=Decision.MODIFICATION, corrections={})
            creations = lignes.filter(decision=Decision.CREATION, corrections={})
            parties = {
                "erreurs": fautives.exclude(pk__in=parmi(attendent))[:PAR_PAGE],
                "modifications": modifications[:EN_TETE],
                "creations": creations[:EN_TETE],
            }
        montrer = _Montrer(importation)
        self.parties = {nom: montrer.toutes(list(lues)) for nom, lues in parties.items()}

    def _paginer(self, lignes: Any, page: str | None) -> Any:
        self.page = Paginator(lignes, PAR_PAGE).get_page(page)
        return self.page.object_list

    @property
    def erreurs(self) -> list[LigneMontree]:
        """Return the lines in error, and those that were repaired, in their place."""
        return self.parties.get("erreurs", [])

    @property
    def modifications(self) -> list[LigneMontree]:
        """Return the lines that change a record."""
        return self.parties.get("modifications", [])

    @property
    def creations(self) -> list[LigneMontree]:
        """Return the lines that create a record."""
        return self.parties.get("creations", [])

    @property
    def a_verifier(self) -> list[LigneMontree]:
        """Return the lines that deserve a look."""
        return self.parties.get(A_VERIFIER, [])

    @property
    def autres(self) -> list[LigneMontree]:
        """Return the lines that do nothing."""
        return [*self.parties.get("inchangees", []), *self.parties.get("ignorees", [])]

    @property
    def rien(self) -> bool:
        """Return whether the page has no line to show."""
        return not any(self.parties.values())

    @property
    def autres_modifications(self) -> int:
        """Return how many lines that change a record are not on the page."""
        return max(0, self.comptes[Decision.MODIFICATION] - len(self.modifications)) if not self.onglet else 0

    @property
    def autres_creations(self) -> int:
        """Return how many lines that create a record are not on the page."""
        return max(0, self.comptes[Decision.CREATION] - len(self.creations)) if not self.onglet else 0

    @property
    def autres_erreurs(self) -> int:
        """Return how many lines in error are not on the page."""
        montrees = sum(1 for montree in self.erreurs if montree.ligne.decision == Decision.ERREUR)
        autres = self.comptes[Decision.ERREUR] - montrees - self.attendent
        return max(0, autres) if not self.onglet else 0

    @property
    def resume_des_creations(self) -> str:
        """Return « 81 validées, 6 brouillons »."""
        creations = self.importation.lignes.filter(decision=Decision.CREATION)
        validees = creations.filter(validable=True).count()
        brouillons = self.comptes[Decision.CREATION] - validees
        dits = [pluriel(validees, "validée,validées")] if validees else []
        dits += [f"{pluriel(brouillons, 'brouillon,brouillons')} à compléter"] if brouillons else []
        averties = self.importation.a_verifier().filter(decision=Decision.CREATION).count()
        dits += [f"{milliers(averties)} à vérifier"] if averties else []
        return ", ".join(dits)


class _Montrer:
    """The lines in words, with what they share: the records that exist, the address book."""

    def __init__(self, importation: Import) -> None:
        self.importation = importation
        self.bougees = importation.choix.get("bougees", {})
        self.carnets: dict[Any, list[tuple[str, str]]] = {}

    def toutes(self, lignes: Sequence[LigneImport]) -> list[LigneMontree]:
        fiches: dict[tuple[str, int], Any] = {}
        for niveau, modele in niveaux().items():
            cles = [ligne.cle for ligne in lignes if ligne.niveau == niveau and ligne.cle]
            if cles:
                lues = modele.objects.pour_organisme(self.importation.organisme).in_bulk(cles)
                fiches |= {(niveau, cle): fiche for cle, fiche in lues.items()}
        return [self._une(ligne, fiches.get((ligne.niveau, ligne.cle or 0))) for ligne in lignes]

    def _une(self, ligne: LigneImport, fiche: Any) -> LigneMontree:
        montree = LigneMontree(ligne)
        anomalies = ligne.dites_en_anomalies()
        if ligne.decision == Decision.ERREUR:
            for anomalie in anomalies:
                if anomalie.gravite == Gravite.BLOQUANTE:
                    montree.cellules.append(self._cellule(ligne, anomalie))
        for champ, correction in ligne.corrections.items():
            if not any(cellule.champ == champ for cellule in montree.cellules):
                titre = nom_du_champ(ligne.niveau, champ)
                mise = correction.get("mise", "")
                montree.cellules.append(
                    Cellule(champ, titre, correction.get("lue", ""), "", SafeString(), mise=mise)
                )
        montree.averties = [a.phrase for a in anomalies if a.gravite == Gravite.AVERTISSEMENT]
        montree.remarques = [a.phrase for a in anomalies if a.gravite == Gravite.REPARE]
        montree.completer = [a.phrase for a in anomalies if a.gravite == Gravite.BROUILLON]
        ordre = list(FORMULAIRES[ligne.niveau]._meta.fields or ())
        changes = sorted(ligne.changements.items(), key=lambda change: ordre.index(change[0]))
        for champ, (avant, apres) in changes:
            titre = nom_du_champ(ligne.niveau, champ)
            montree.changements.append(
                (titre, en_mots(ligne.niveau, champ, avant), en_mots(ligne.niveau, champ, apres))
            )
        if ligne.decision == Decision.CREATION:
            montree.valeurs = [
                (nom_du_champ(ligne.niveau, champ), en_mots(ligne.niveau, champ, valeur))
                for champ in ordre
                if (valeur := ligne.valeurs.get(champ)) not in (None, "", [])
            ]
        if fiche is not None:
            ouverte = getattr(fiche, "ouverte", None)
            suite = {True: ", ouverte", False: ", fermée", None: ""}[ouverte]
            montree.active = fiche.statut == Statut.ACTIVE
            montree.etat = fiche.get_statut_display() + (suite if montree.active else "")
        montree.bougee = self.bougees.get(str(ligne.repere), "")
        return montree

    def _cellule(self, ligne: LigneImport, anomalie: Any) -> Cellule:
        champ = anomalie.champ
        titre = nom_du_champ(ligne.niveau, champ) if champ else ""
        lue = ligne.ecrites.get(champ) or anomalie.valeur or self._lue(ligne, champ)
        nom = f"c-{ligne.repere}-{champ}"
        widget = self._widget(ligne, champ, nom, titre) if champ else SafeString()
        propositions = [(texte, f"{ligne.repere}:{champ}:{texte}") for texte in anomalie.propositions]
        mise = ligne.corrections.get(champ, {}).get("mise", "")
        return Cellule(
            champ,
            titre,
            lue,
            _sans_la_valeur(anomalie.phrase, lue),
            widget,
            propositions if champ else [],
            mise,
        )

    def _lue(self, ligne: LigneImport, champ: str) -> str:
        valeur = ligne.dites.get(champ)
        return "" if valeur is None else en_mots(ligne.niveau, champ, valeur)

    def _widget(self, ligne: LigneImport, champ: str, nom: str, titre: str) -> SafeString:
        """Return the widget of the form for this field, named for this line."""
        attributs = {"id": f"id_{nom}", "aria-label": f"{titre}, {ligne.place.lower()}"}
        formulaire: Any = FORMULAIRES[ligne.niveau].base_fields.get(champ)
        choix: Iterable[tuple[str, str]] = ()
        if isinstance(formulaire, forms.ModelChoiceField):
            choix = self._entrees(formulaire)
        elif formulaire is not None and choix_du_champ(ligne.niveau, champ):
            choix = [(slug, libelle) for slug, libelle in formulaire.choices if slug]
        mise = ligne.corrections.get(champ, {}).get("mise", "")
        if choix:
            return forms.Select(choices=[("", "Choisir…"), *choix]).render(nom, mise, attributs)
        genre = formulaire.widget if formulaire is not None else forms.TextInput()
        if isinstance(genre, forms.DateInput):
            attributs |= {"placeholder": "jj/mm/aaaa", "inputmode": "numeric"}
        return forms.TextInput(attrs={"autocomplete": "off"}).render(nom, mise, attributs)

    def _entrees(self, champ: forms.ModelChoiceField) -> list[tuple[str, str]]:
        modele: Any = champ.queryset.model  # type: ignore[union-attr]
        if not hasattr(modele, "CHAMP_IDENTIFIANT"):
            return []
        if modele not in self.carnets:
            libelles = CarnetEcrit(modele.objects.pour_organisme(self.importation.organisme)).libelles
            self.carnets[modele] = [(libelle, libelle) for libelle in sorted(libelles.values())]
        return self.carnets[modele]


def _sans_la_valeur(phrase: str, lue: str) -> str:
    """Return a sentence without the value that stands beside it."""
    reste = phrase.removeprefix(f"« {lue} » : ")
    return reste[:1].upper() + reste[1:]


def en_mots(niveau: str, champ: str, valeur: Any) -> str:
    """Return a value of the API as a person reads it."""
    if valeur is None or valeur == "" or valeur == []:
        return "vide"
    if isinstance(valeur, bool):
        return "Oui" if valeur else "Non"
    if isinstance(valeur, list):
        return ", ".join(en_mots(niveau, champ, une) for une in valeur)
    texte = str(valeur)
    if len(texte) == 10 and texte[4] == "-":
        try:
            return f"{lire_date(texte):%d/%m/%Y}"
        except ValueError:
            return texte
    formulaire: Any = FORMULAIRES[niveau].base_fields.get(champ)
    if formulaire is not None and not isinstance(formulaire, forms.ModelChoiceField):
        return str(dict(getattr(formulaire, "choices", ())).get(texte, texte))
    return texte if len(texte) <= 160 else f"{texte[:160]}…"


def auteurs_des_changements(importation: Import, lignes: Sequence[LigneImport]) -> dict[str, str]:
    """Return, by line, who changed its record last: « Changée ici par Nadia Roux ». One query per level."""
    dits = {}
    for niveau, modele in niveaux().items():
        siennes = {ligne.cle: ligne for ligne in lignes if ligne.niveau == niveau and ligne.cle}
        if not siennes:
            continue
        evenements = modele.pgh_event_model.objects.filter(pgh_obj_id__in=siennes)
        derniers = list(
            evenements.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id").select_related("pgh_context")
        )
        connues = personnes(derniers)
        for evenement in derniers:
            qui = auteur_de(evenement, connues)
            dits[str(siennes[evenement.pgh_obj_id].repere)] = f"Changée ici depuis votre dépôt : {qui}."
    return dits


_FORMATS = {
    Format.XML: "catalogue au format d'EDOF",
    Format.JSON: "lignes écrites par un programme (JSON Lines)",
    Format.ARCHIVE: "archive « Tout emporter »",
}


def phrase_de_lecture(importation: Import) -> str:
    """Return how the file was read, in a sentence."""
    lecture = importation.lecture
    tables = tables_de(importation)
    dits = []
    if format_ := _FORMATS.get(lecture.get("format", "")):
        dits.append(format_)
    if lecture.get("encodage"):
        dits.append(f"texte {lecture['encodage']}")
    if lecture.get("separateur"):
        signe = lecture["separateur"]
        dits.append(f"séparateur {signe if len(signe) > 1 else f'« {signe} »'}")
    reprises = [sum(1 for colonne in table["colonnes"] if colonne["champ"]) for table in tables]
    if len(tables) > 1:
        lues = [
            f"« {table['feuille']} » ({nombre} colonnes sur {len(table['colonnes'])})"
            for table, nombre in zip(tables, reprises, strict=True)
        ]
        dits.append(f"feuilles {enumerer(lues)}")
    elif tables:
        (table,), (nombre,) = tables, reprises
        if table.get("feuille"):
            dits.append(f"feuille « {table['feuille']} »")
        dits.append(f"titres à la ligne {table['ligne_de_titres']}")
        combien = pluriel(nombre, "colonne reprise,colonnes reprises")
        dits.append(f"{combien} sur {milliers(len(table['colonnes']))}")
    phrase = ", ".join(dits)
    return f"{phrase[:1].upper()}{phrase[1:]}." if phrase else ""
