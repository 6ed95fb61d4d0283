"""What a set of elements is about: read together, one query for each level and each kind of link."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.forms import ModelChoiceField

from api.liens import LiensLus, Modele
from api.lots.elements import Chemin, Element
from catalogue.forms.fiche import FicheForm
from catalogue.models import Action, Offre
from catalogue.models.fiche import niveaux
from organismes.models import Organisme
from sessions_app.models import Session


def lire_les_fiches(organisme: Organisme, chemins: Iterable[Chemin]) -> dict[Chemin, Any]:
    """Return the records that these identifiers lead to, and what contains them; parents are shared."""
    lues: dict[Chemin, Any] = {}
    noms = _noms(chemins)
    offres = Offre.objects.pour_organisme(organisme).select_related("certification")
    for offre in offres.filter(identifiant_normalise__in=noms[0]) if noms[0] else ():
        offre.organisme = organisme
        lues[(offre.identifiant_normalise,)] = offre
    par_cle = {offre.pk: (chemin, offre) for chemin, offre in lues.items()}
    for rang, (modele, lien) in enumerate(((Action, "offre"), (Session, "action")), 1):
        dessous = {}
        if par_cle and noms[rang]:
            fiches = modele.objects.pour_organisme(organisme).filter(identifiant_normalise__in=noms[rang])
            for fiche in fiches.filter(**{f"{lien}__in": list(par_cle)}):
                du_parent, parent = par_cle[getattr(fiche, f"{lien}_id")]
                setattr(fiche, lien, parent)
                fiche.organisme = organisme
                chemin = (*du_parent, fiche.identifiant_normalise)
                lues[chemin] = fiche
                dessous[fiche.pk] = (chemin, fiche)
        par_cle = dessous
    return lues


def verrouiller(organisme: Organisme, chemins: Iterable[Chemin]) -> None:
    """Lock the records of these identifiers, in the order of every operation: offres, actions, sessions.

    The sets that follow then wait for nobody while they hold what another waits for.
    """
    noms = _noms(chemins)
    dessus: dict[str, list[int]] = {}
    for rang, modele in enumerate(niveaux().values()):
        if not noms[rang] or (rang and not dessus):
            return
        fiches: Any = modele.objects.pour_organisme(organisme).filter(identifiant_normalise__in=noms[rang])
        verrouillees = fiches.filter(**dessus).select_for_update(no_key=True).order_by("pk")
        cles = list(verrouillees.values_list("pk", flat=True))
        dessus = {f"{modele._meta.model_name}__in": cles} if cles else {}


def _noms(chemins: Iterable[Chemin]) -> tuple[set[str], set[str], set[str]]:
    noms: tuple[set[str], set[str], set[str]] = (set(), set(), set())
    for chemin in chemins:
        for rang, nom in enumerate(chemin):
            noms[rang].add(nom)
    return noms


def lire_les_liens(
    organisme: Organisme, formulaire: type[FicheForm], elements: Iterable[Element], fiches: Iterable[Any]
) -> LiensLus:
    """Return the contacts, addresses and certifications that bodies name, and those that records have."""
    modeles = {
        nom: champ.queryset.model
        for nom, champ in formulaire.base_fields.items()
        if isinstance(champ, ModelChoiceField) and champ.queryset is not None
    }
    noms: dict[Modele, set[str]] = defaultdict(set)
    cles: dict[Modele, set[int]] = defaultdict(set)
    for element in elements:
        for nom, modele in modeles.items():
            if isinstance(texte := element.valeurs.get(nom), str):
                noms[modele].add(texte.replace("\x00", ""))
    for fiche in fiches:
        for nom, modele in modeles.items():
            if (cle := getattr(fiche, f"{nom}_id")) is not None:
                cles[modele].add(cle)
    return LiensLus(organisme, noms, cles)
