"""Writing of records through the API.

A JSON body is converted to what a user would have typed. It then goes through the same forms and the same
entry point of operations (`executer`) as the web pages.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.http import QueryDict
from rest_framework import serializers

from api.champs import ChampJSON, MauvaisType
from api.liens import Liens
from api.problemes import raisons_de, raisons_du_formulaire
from api.serializers.fiches import EcritureSerializer
from catalogue.cycle_de_vie import OperationRefusee, Origine, Statut, executer, refus_de
from catalogue.forms import FicheForm, IdentifiantForm
from catalogue.forms.fiche import identifiant_fige, pris_entre_temps
from catalogue.fusion import VersionDepassee
from catalogue.models import Fiche
from edof.lecture import lire_identifiant
from edof.problemes import Probleme, Raison
from organismes.droits import Operation
from organismes.models import Jeton
from organismes.validateurs import normaliser_identifiant

R = TypeVar("R")
# Of how many unknown fields the one that was meant is looked for.
CHERCHES = 10
SANS_OBJET = "Ce champ n'a pas d'objet pour ce type d'action : laissez-le vide."
STATUT_NON_ECRIT = (
    "Le statut ne s'écrit pas : seules les opérations le changent (valider, ouvrir, archiver…)."
)


def en_transaction(faire: Callable[[], R], *, simulation: bool) -> R:
    """Call `faire` in a transaction and return its result.

    In simulation, the transaction is rolled back after every check: the result is the one that the real call
    would have given.
    """
    avec_d_autres = connection.in_atomic_block
    with transaction.atomic():
        resultat = faire()
        if simulation or avec_d_autres:
            # Foreign keys are normally checked at the commit. They are checked now, since there will be none
            # in simulation, and a later one inside another transaction.
            connection.check_constraints()
        if simulation:
            transaction.set_rollback(True)
    return resultat


# --- The request body ---


def lire_le_corps(
    corps: dict[str, Any],
    attendu: serializers.Serializer | Mapping[str, Any],
    liens: Liens | None = None,
    *,
    lecture_seule: Collection[str] = (),
) -> dict[str, Any]:
    """Return the submitted values by field, as a user would have typed them.

    Raises Probleme, which names each unknown or read-only field and each value of another type. Values that
    are not fields of a form (`valider`, `version`…) are returned unchanged.
    """
    raisons: list[Raison] = []
    saisie = {}
    champs = attendu if isinstance(attendu, Mapping) else attendu.fields
    for nom, valeur in corps.items():
        champ = champs.get(nom)
        if champ is None:
            raisons.append(_inconnu(nom, lecture_seule, champs if len(raisons) < CHERCHES else ()))
        elif isinstance(champ, ChampJSON):
            try:
                saisie[nom] = champ.taper(valeur, liens)
            except MauvaisType as erreur:
                raisons.append(Raison(f"Écrivez {erreur}.", nom, "type"))
        elif (phrase := _mauvais_type(champ, valeur)) is not None:
            raisons.append(Raison(phrase, nom, "type"))
        else:
            saisie[nom] = valeur
    if raisons:
        raise Probleme("validation", "", raisons)
    return saisie


def _inconnu(nom: str, lecture_seule: Collection[str], champs: Iterable[str]) -> Raison:
    if nom == "statut":
        return Raison(STATUT_NON_ECRIT, nom, "lecture_seule")
    if nom in lecture_seule:
        return Raison(f"Le champ « {nom} » se lit, mais ne s'écrit pas ici.", nom, "lecture_seule")
    proches = get_close_matches(nom[:60].lower(), champs, n=1)
    suite = f" Vouliez-vous dire « {proches[0]} » ?" if proches else ""
    return Raison(f"Le champ « {nom[:60]} » n'existe pas.{suite}", nom[:60], "champ_inconnu")


def _mauvais_type(champ: serializers.Field, valeur: Any) -> str | None:
    if isinstance(champ, serializers.BooleanField):
        return None if isinstance(valeur, bool) else "Écrivez true ou false."
    if isinstance(champ, serializers.IntegerField):
        lisible = (
            isinstance(valeur, int)
            and not isinstance(valeur, bool)
            and (champ.min_value or 0) <= valeur < 2**31
        )
        if lisible:
            return None
        bornes = f", de {champ.min_value} à {champ.max_value}" if champ.max_value else ""
        return f"Écrivez un nombre entier{bornes}."
    if isinstance(valeur, str):
        return None
    return (
        "Écrivez une date : AAAA-MM-JJ." if isinstance(champ, serializers.DateField) else "Écrivez un texte."
    )


def en_saisie(valeurs: dict[str, Any]) -> QueryDict:
    """Return the same values as a browser would send them."""
    saisie = QueryDict(mutable=True)
    for nom, valeur in valeurs.items():
        if isinstance(valeur, list):
            saisie.setlist(nom, valeur)
        else:
            saisie[nom] = valeur
    return saisie


# --- A record, through its form ---


@dataclass
class Enregistrement:
    """One save of one record, requested by a token.

    `remplace` empties the fields that the body does not name.
    """

    jeton: Jeton
    fiche: Fiche
    attendu: EcritureSerializer
    remplace: bool
    # The version required by If-Match; the save is refused for any other one. None: no requirement.
    exigee: int | None = None

    def executer(self, corps: dict[str, Any], lecture_seule: set[str]) -> Fiche:
        """Save the record and return it.

        Raises Probleme with the messages of the form, or the exceptions of `catalogue.cycle_de_vie.executer`.
        """
        liens = Liens(self.jeton.organisme)
        saisie = lire_le_corps(corps, self.attendu, liens, lecture_seule=lecture_seule)
        operation = Operation.VALIDER if saisie.pop("valider", False) else Operation.MODIFIER
        version = saisie.pop("version", None)
        saisie.pop(self.attendu.contenant or "", None)
        if refus := refus_de(self.fiche, operation):
            raise OperationRefusee(refus)
        valeurs = self._identifiant(saisie)
        valeurs |= self._contenu(
            saisie, exiger=operation == Operation.VALIDER or self.fiche.statut == Statut.ACTIVE
        )
        edition = (
            {"version": self.exigee, "stricte": True} if self.exigee is not None else {"version": version}
        )
        try:
            return executer(
                self.fiche, operation, par=self.jeton, origine=Origine.API, valeurs=valeurs, **edition
            )
        except OperationRefusee as refusee:
            raise refus_du_contenu(refusee) from refusee

    def _identifiant(self, saisie: dict[str, Any]) -> dict[str, Any]:
        """Return the identifier when it is set or changed, checked as « VÉRIFIER » does (D-04)."""
        if "identifiant" not in saisie and self.fiche.pk:
            return {}
        identifiant = saisie.pop("identifiant", "")
        if self.fiche.pk and lire_identifiant(identifiant) == self.fiche.identifiant:
            return {}
        form = IdentifiantForm({"identifiant": identifiant}, fiche=self.fiche)
        if fige := identifiant_fige(self.fiche):
            form.full_clean()
            form.add_error("identifiant", fige)
        if not form.is_valid():
            raise Probleme("validation", "", raisons_du_formulaire(form))
        return {"identifiant": form.cleaned_data["identifiant"]}

    def _contenu(self, saisie: dict[str, Any], *, exiger: bool) -> dict[str, Any]:
        """Return the values cleaned by the form.

        They are all the fields when the body replaces the record, else only the fields that it names.
        """
        formulaire: type[FicheForm] = self.attendu.formulaire
        typee = QueryDict(mutable=True) if self.remplace else formulaire.saisie_de(self.fiche)
        for nom, valeur in saisie.items():
            typee.setlist(nom, valeur if isinstance(valeur, list) else [valeur])
        form = formulaire(typee, fiche=self.fiche, exiger=exiger)
        if raisons := raisons_du_contenu(form, saisie):
            raise Probleme("validation", "", raisons)
        return {nom: valeur for nom, valeur in form.cleaned_data.items() if self.remplace or nom in saisie}


def raisons_du_contenu(form: FicheForm, saisie: dict[str, Any]) -> list[Raison]:
    """Return why the values of `saisie`, typed in this form, are refused; nothing when they may be saved."""
    sans_objet = [
        Raison(SANS_OBJET, nom, "sans_objet")
        for nom in saisie.keys() - form.fields.keys()
        if not _s_y_tient(form, nom, saisie[nom])
    ]
    return [*([] if form.is_valid() else raisons_du_formulaire(form)), *sans_objet]


def refus_du_contenu(refusee: OperationRefusee) -> Exception:
    """Return the problem of a refusal that is only about fields, the refusal itself otherwise."""
    if all(refus.champ and not refus.coupable for refus in refusee.refus):
        return Probleme("validation", "", raisons_de(refusee.refus))
    return refusee


def _s_y_tient(form: FicheForm, nom: str, valeur: Any) -> bool:
    """Return whether a field that the type of the offre imposes is empty or has the imposed value.

    The type of the offre can leave no choice of certification.
    """
    imposee = getattr(form, "imposee", None)
    return valeur in ("", []) or (
        nom == "certification" and imposee is not None and valeur == str(imposee.pk)
    )


def expliquer(erreur: IntegrityError, fiche: Fiche, formulaire: type[FicheForm]) -> Probleme:
    """Return the problem for what somebody else did first, with the messages of the web pages.

    Raises `erreur` itself when it has another cause.
    """
    if not (pris := pris_entre_temps(erreur, fiche, formulaire)):
        raise erreur
    return Probleme("validation", "", [Raison(phrase, champ, code) for champ, phrase, code in pris])


def verifier_la_version(fiche: Fiche, exigee: int | None) -> None:
    """Raise VersionDepassee when the record no longer has the version required by If-Match.

    The caller is inside the transaction of an operation: the record is locked first.
    """
    if exigee is not None and (vivante := fiche.verrouiller()).version != exigee:
        raise VersionDepassee(vivante)


def meme_identifiant(un: str, autre: str) -> bool:
    """Return whether two identifiers are the same under D-04."""
    return normaliser_identifiant(un) == normaliser_identifiant(autre)
