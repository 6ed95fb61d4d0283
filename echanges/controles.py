"""The check before an export in EDOF's XML: what is held back and why, what EDOF may refuse, with its codes.

Each rule is asked of its home, by whole sets: the number of queries does not depend on the catalogue.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.db.models.functions import Length

from catalogue.cycle_de_vie import colonnes
from catalogue.jumelles import a_la_suite, empreinte
from catalogue.models import Action, Certification, Offre
from echanges.exportables import Choix, Exportables
from echanges.retenues import BROUILLON, DESSOUS, DESSUS, ELU, compter, retenues
from edof.ecriture import parmi
from edof.templatetags.affichage import milliers
from edof.texte_leger import MAXIMUM, TexteLegerField, longueur_pour_edof
from organismes.models import Organisme
from sessions_app import memes_dates
from sessions_app.models import Session

# What is listed; everything is counted.
LISTES_AU_PLUS = 200
# A text shorter than this stays within the limit whatever its form.
COURT = 400

NIVEAUX: tuple[type[Any], ...] = (Offre, Action, Session)
TITRES = {
    BROUILLON: "En brouillon",
    DESSOUS: "Rien d'exportable dessous",
    ELU: "DIF élu : EDOF n'en accepte pas l'import",
    DESSUS: "Retenue avec son offre ou son action",
    memes_dates.CODE: "Deux sessions de l'action aux mêmes dates",
    "30013": "Adresse sans voie ni ligne 5",
    "30017": "Contact d'information incomplet",
    "30020": "Début après la fin",
    "30022": "Contact d'inscription incomplet",
    "30056": "Action identique à une autre",
    "30057": "Action de durée trop proche d'une autre",
    "30070": "Bloc écrit deux fois",
    "30077": "Catégorie de VAE déjà prise",
    "longueur": "Texte trop long une fois mis en forme",
    "a-verifier": "Prix ou heures à vérifier",
    "certification": "Certification qui n'est plus en vigueur",
    "incomplete": "Incomplète",
    "contact": "Contact que EDOF refuserait",
    "statut": "Statut qui n'est pas demandé",
}


@dataclass(frozen=True)
class Constat:
    """What is said of one record: with EDOF's code when it has one, and the field to look at."""

    code: str
    phrase: str
    niveau: str
    pk: int
    nom: str
    champ: str = ""


@dataclass
class Rapport:
    """What the check found: how many records go, what is held back, what EDOF may refuse."""

    partent: dict[str, int] = field(default_factory=dict)
    retenues: list[Constat] = field(default_factory=list)
    alertes: list[Constat] = field(default_factory=list)
    comptes_des_retenues: Counter[str] = field(default_factory=Counter)
    comptes_des_alertes: Counter[str] = field(default_factory=Counter)
    archivees: int = 0

    def alerter(self, constat: Constat) -> None:
        """Add a record that goes, and that EDOF may refuse."""
        self.comptes_des_alertes[constat.code] += 1
        if self.comptes_des_alertes[constat.code] <= LISTES_AU_PLUS:
            self.alertes.append(constat)

    @property
    def vide(self) -> bool:
        """Return whether nothing goes."""
        return not self.partent.get("session")


def titre(code: str) -> str:
    """Return what a code means, in a few words."""
    return TITRES.get(code, code)


def controler(organisme: Organisme, choix: Choix | None = None) -> Rapport:
    """Return what an export of this choice would give."""
    exportables = Exportables(organisme, choix or Choix())
    rapport = Rapport()
    for modele in NIVEAUX:
        rapport.partent[str(modele._meta.model_name)] = exportables.de(modele).count()
        rapport.archivees += exportables.toutes(modele).archivees().count()
        for code, nombre in compter(exportables, modele):
            rapport.comptes_des_retenues[code] += nombre
        for code, phrase, fiche, champ in retenues(exportables, modele, LISTES_AU_PLUS):
            rapport.retenues.append(_constat(code, phrase, fiche, champ))
    for constat in (
        *_memes_dates(exportables),
        *_actions(exportables),
        *_longueurs(exportables),
        *_certifications(exportables),
    ):
        rapport.alerter(constat)
    return rapport


def _constat(code: str, phrase: str, fiche: Any, champ: str = "") -> Constat:
    noms = [parent.identifiant for parent in reversed(fiche.parents())]
    return Constat(code, phrase, fiche.nom_de_niveau, fiche.pk, " / ".join([*noms, fiche.identifiant]), champ)


# --- What goes, and that EDOF may refuse ---


def _memes_dates(exportables: Exportables) -> Iterator[Constat]:
    """Yield the sessions of one action that have the same dates, each naming another one."""
    pareilles = memes_dates.pareilles(exportables.sessions)
    sessions = Session.objects.filter(pk__in=parmi([pareille.cle for pareille in pareilles if pareille.cle]))
    lues = sessions.select_related("action__offre").in_bulk() if pareilles else {}
    for pareille in pareilles:
        yield _constat(memes_dates.CODE, pareille.phrase, lues[pareille.cle], "date_debut")


def _actions(exportables: Exportables) -> Iterator[Constat]:
    """Yield the actions that resemble another one, and those whose price or hours deserve a look."""
    actions = list(exportables.actions.select_related("offre").order_by("pk"))
    comparees = ((a.pk, a.identifiant, empreinte(colonnes(a), a.offre.certification_id)) for a in actions)
    jumelles = {jumelle.cle: jumelle for jumelle in a_la_suite(comparees)}
    for action in actions:
        if jumelle := jumelles.get(action.pk):
            yield _constat(jumelle.code, jumelle.phrase, action, "duree_totale")
    for action in actions:
        for phrase in action.avertissements():
            yield _constat("a-verifier", phrase, action, "duree_totale")


def _longueurs(exportables: Exportables) -> Iterator[Constat]:
    """Yield the texts that would be too long in HTML: they are written without their form (D-43)."""
    for modele in NIVEAUX:
        champs = [champ for champ in modele._meta.concrete_fields if isinstance(champ, TexteLegerField)]
        longs = Q(*(Q(**{f"long_{champ.name}__gt": COURT}) for champ in champs), _connector=Q.OR)
        ensemble = exportables.de(modele).annotate(**{f"long_{c.name}": Length(c.name) for c in champs})
        parents = {Offre: [], Action: ["offre"], Session: ["action__offre"]}[modele]
        for fiche in ensemble.filter(longs).select_related(*parents).order_by("pk").iterator(chunk_size=500):
            for champ in champs:
                longueur = longueur_pour_edof(getattr(fiche, champ.name))
                if longueur > MAXIMUM:
                    nom = str(champ.verbose_name).capitalize()
                    yield _constat("longueur", f"{nom} : {phrase_de_longueur(longueur)}", fiche, champ.name)


def phrase_de_longueur(longueur: int) -> str:
    """Return what is said of a text that is too long once formatted."""
    return (
        f"{milliers(longueur)} caractères une fois mis en forme pour EDOF, qui en accepte"
        f" {milliers(MAXIMUM)} : le texte sera écrit sans sa mise en forme."
    )


def _certifications(exportables: Exportables) -> Iterator[Constat]:
    """Yield the offres whose certification is no longer in force (D-26)."""
    offres = exportables.offres
    visees = Certification.objects.filter(pk__in=offres.order_by().values("certification"))
    finies = {certification.pk: dit for certification in visees if (dit := certification.reserve())}
    if finies:
        for offre in offres.filter(certification__in=list(finies)).order_by("pk"):
            phrase = finies.get(offre.certification_id or 0, "")
            yield _constat("certification", phrase, offre, "certification")
