"""The elements of a lot: what a program asks of one record, and what it is answered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.urls import reverse

from catalogue.models.fiche import niveaux
from catalogue.operations import USAGES
from edof.lecture import CLE_AU_PLUS
from edof.problemes import Probleme, Raison
from lots.models import FICHES_AU_PLUS
from organismes.droits import Operation
from organismes.validateurs import normaliser_identifiant

Chemin = tuple[str, ...]
CREER, MODIFIER, DEPOSER = "creer", "modifier", "deposer"
ECRITURES = (CREER, MODIFIER, DEPOSER)
OPERATIONS: dict[str, Operation] = {
    **{operation.value: operation for operation, usage in USAGES.items() if usage.api},
    Operation.SUPPRIMER.value: Operation.SUPPRIMER,
}
FAIRE = (*ECRITURES, *OPERATIONS)
MODES = ("valides", "tout")
NIVEAUX = ("offre", "action", "session")
# The longest text of an identifier that is read: a longer one is refused by its own rule.
LONGUEUR = 200
# The largest call that is answered at once; a larger one is a task.
TOUT_DE_SUITE = 1_000
_CLES = {"mode", "elements"}
_CLES_D_ELEMENT = {"faire", "niveau", "id", "chemin", "valeurs", "si_match"}


@dataclass
class Element:
    """One write: what is asked of which record; then its status, and the record or the problem."""

    rang: int
    faire: str
    niveau: str
    valeurs: dict[str, Any] = field(default_factory=dict)
    cle: int | None = None
    # The identifiers that lead to the record, from the offre, as they were written.
    ecrit: Chemin = ()
    si_match: str | None = None
    # The same, compared: what finds the record.
    chemin: Chemin = ()
    statut: int = 0
    fiche: Any = None
    change: bool = False
    a_completer: list[Raison] = field(default_factory=list)
    probleme: Probleme | None = None

    @property
    def nom(self) -> str:
        """Return the identifier of the record, as it is known."""
        return self.ecrit[-1] if self.ecrit else ""

    def faite(self, fiche: Any, *, statut: int = 200, change: bool = True) -> None:
        """Note what was done."""
        self.fiche, self.statut, self.change, self.probleme = fiche, statut, change, None
        self.a_completer = []

    def refusee(self, probleme: Probleme) -> None:
        """Note why nothing was done."""
        self.fiche, self.statut, self.change, self.probleme = None, probleme.status_code, False, probleme
        self.a_completer = []

    def en_json(self, *, simulation: bool) -> dict[str, Any]:
        """Return the answer: the record, or the problem. A simulated creation has no key."""
        fiche, dite = self.fiche, self.probleme.en_json() if self.probleme else None
        partie = self.faire == Operation.SUPPRIMER
        cle = None if fiche is None or (simulation and self.statut == 201) else fiche.pk
        if fiche is None:
            cle = self.cle
        la = fiche is not None and not partie
        return {
            "rang": self.rang,
            "status": self.statut,
            "niveau": self.niveau,
            "id": cle,
            "identifiant": fiche.identifiant if fiche is not None else self.nom,
            "statut": fiche.statut if la else None,
            "version": fiche.version if la else None,
            "etag": f'"{fiche.version}"' if la else None,
            "url": _adresse(self.niveau).format(cle) if la and cle else None,
            "a_completer": [{"champ": r.champ, "code": r.code, "phrase": r.phrase} for r in self.a_completer],
            "probleme": dite,
        }

    def en_demande(self) -> dict[str, Any]:
        """Return what was asked, as `element_de` reads it again."""
        return {
            "faire": self.faire,
            "niveau": self.niveau,
            "id": self.cle,
            "chemin": list(self.ecrit),
            "valeurs": self.valeurs,
            "si_match": self.si_match,
        }


@cache
def _adresse(niveau: str) -> str:
    """Return the address of a record, with a place for its key: composing one costs as much as the rest."""
    return reverse(f"api_{niveau}", args=[0]).replace("/0/", "/{}/")


def element_de(rang: int, demande: dict[str, Any]) -> Element:
    """Return the element that `en_demande` kept."""
    ecrit = tuple(demande["chemin"])
    return Element(
        rang, demande["faire"], demande["niveau"], demande["valeurs"], demande["id"], ecrit,
        demande["si_match"], tuple(map(normaliser_identifiant, ecrit)),
    )  # fmt: skip


def lire(corps: dict[str, Any]) -> tuple[str, list[Element]]:
    """Return the mode and the elements of a body.

    Raises Probleme, which names what is not written as the schema says: nothing is then done.
    """
    lecture = _Lecture()
    for nom in corps.keys() - _CLES:
        lecture.refuser(nom[:60], f"Le champ « {nom[:60]} » n'existe pas.", "champ_inconnu")
    mode, elements = corps.get("mode", MODES[0]), corps.get("elements")
    if mode not in MODES:
        lecture.refuser("mode", "Écrivez « valides » ou « tout ».", "invalid_choice")
    if not isinstance(elements, list) or not 1 <= len(elements) <= FICHES_AU_PLUS:
        lecture.refuser("elements", f"Écrivez une liste de 1 à {FICHES_AU_PLUS} éléments.", "type")
        elements = []
    lus = [lecture.element(rang, brut) for rang, brut in enumerate(elements)]
    if lecture.raisons:
        raise Probleme("validation", "", lecture.raisons)
    return mode, [lu for lu in lus if lu is not None]


class _Lecture:
    def __init__(self) -> None:
        self.raisons: list[Raison] = []

    def refuser(self, champ: str, phrase: str, code: str) -> None:
        self.raisons.append(Raison(phrase, champ, code))

    def element(self, rang: int, brut: Any) -> Element | None:
        ici = f"elements[{rang}]"
        if not isinstance(brut, dict):
            self.refuser(ici, "Écrivez un objet.", "type")
            return None
        combien = len(self.raisons)
        for nom in brut.keys() - _CLES_D_ELEMENT:
            self.refuser(f"{ici}.{nom[:60]}", f"Le champ « {nom[:60]} » n'existe pas.", "champ_inconnu")
        faire, niveau = brut.get("faire"), brut.get("niveau")
        self._exiger(faire in FAIRE, f"{ici}.faire", f"Écrivez l'un de : {', '.join(FAIRE)}.")
        self._exiger(niveau in NIVEAUX, f"{ici}.niveau", f"Écrivez l'un de : {', '.join(NIVEAUX)}.")
        valeurs, si_match = brut.get("valeurs", {}), brut.get("si_match")
        self._exiger(isinstance(valeurs, dict), f"{ici}.valeurs", "Écrivez un objet.")
        texte = "si_match" not in brut or isinstance(si_match, str)
        self._exiger(texte, f"{ici}.si_match", "Écrivez un texte.")
        if len(self.raisons) > combien:
            return None
        if faire in OPERATIONS and USAGES[OPERATIONS[faire]].pour_la_session and niveau != "session":
            self.refuser(f"{ici}.faire", f"« {faire} » est pour les sessions.", "invalid_choice")
        cle, chemin = brut.get("id"), brut.get("chemin")
        self._exiger(("id" in brut) != ("chemin" in brut), ici, "Nommez la fiche par `id` ou par `chemin`.")
        if "chemin" in brut:
            de_long = NIVEAUX.index(niveau) + 1
            phrase = (
                f"Écrivez les {de_long} identifiants qui mènent à la fiche."
                if de_long > 1
                else ("Écrivez l'identifiant de l'offre, seul dans une liste.")
            )
            bon = isinstance(chemin, list) and len(chemin) == de_long and all(map(_est_un_nom, chemin))
            self._exiger(bon, f"{ici}.chemin", phrase)
        else:
            bonne = isinstance(cle, int) and not isinstance(cle, bool) and 0 < cle <= CLE_AU_PLUS
            self._exiger(bonne, f"{ici}.id", "Écrivez la clé de la fiche.")
            nommee = faire not in {CREER, DEPOSER}
            self._exiger(nommee, f"{ici}.id", "Ce qui se crée se nomme par `chemin`.")
        if len(self.raisons) > combien:
            return None
        ecrit = tuple(chemin or ())
        return Element(
            rang,
            str(faire),
            str(niveau),
            valeurs,
            cle,
            ecrit,
            si_match,
            tuple(map(normaliser_identifiant, ecrit)),
        )

    def _exiger(self, tient: bool, champ: str, phrase: str) -> None:
        if not tient:
            self.refuser(champ, phrase, "type")


def _est_un_nom(texte: Any) -> bool:
    return isinstance(texte, str) and "\x00" not in texte and 1 <= len(texte) <= LONGUEUR


def retrouver(elements: list[Element], organisme: Any) -> None:
    """Give those that are named by a key the identifiers that lead to them; refuse what is not there."""
    for nom, modele in niveaux().items():
        les_leurs = [element for element in elements if element.niveau == nom and element.cle]
        if not les_leurs:
            continue
        liens = [*(f"{chemin}__" for chemin in reversed(modele._chemins_des_parents())), ""]
        colonnes = [
            f"{lien}{colonne}" for colonne in ("identifiant_normalise", "identifiant") for lien in liens
        ]
        lus = modele.objects.pour_organisme(organisme).filter(pk__in={e.cle for e in les_leurs})
        chemins = {ligne[0]: ligne[1:] for ligne in lus.values_list("pk", *colonnes)}
        for element in les_leurs:
            if (trouve := chemins.get(element.cle)) is None:
                element.refusee(Probleme("introuvable"))
            else:
                element.chemin, element.ecrit = trouve[: len(liens)], trouve[len(liens) :]


def chaque(elements: list[Element], faire: Callable[[Element], None]) -> None:
    """Do something with each element that is not refused yet."""
    for element in elements:
        if element.probleme is None:
            faire(element)
