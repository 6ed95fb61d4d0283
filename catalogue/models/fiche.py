"""What the three levels share: owner, identifier, status, and the transitions common to them."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django_fsm import RETURN_VALUE, FSMField, FSMModelMixin, transition

from catalogue.cycle_de_vie import Condition, OperationRefusee, Refus, Statut, passage
from catalogue.fusion import fusionner
from catalogue.models.corbeille import Suppression
from catalogue.regles import Regle, conjonction, non_respectees
from edof.champs import IdentifiantField
from edof.horloge import maintenant
from edof.textes import valider_texte
from edof.versions import VersionField
from organismes.droits import Acteur, Operation
from organismes.models import Jeton, Utilisateur
from organismes.models.identifiant import IdentifiantNormaliseField, IdentifieQuerySet
from organismes.models.organisme import DateDeModificationField, Organisme
from organismes.validateurs import valider_identifiant

A_COMPLETER = (Statut.BROUILLON, Statut.ARCHIVEE)


@cache
def niveaux() -> "dict[str, type[Fiche]]":
    """The levels by name, from the top: « offre », « action », « session ». A level is a subclass of Fiche,
    and says its PARENT.
    """
    modeles, nom = {modele.PARENT: modele for modele in Fiche.__subclasses__()}, "organisme"
    trouves: dict[str, type[Fiche]] = {}
    while nom in modeles:
        modele = modeles[nom]
        nom = str(modele._meta.model_name)
        trouves[nom] = modele
    return trouves


class FicheQuerySet(IdentifieQuerySet):
    """Records of one level."""

    def non_archivees(self) -> Self:
        """All but the archived ones."""
        return self.exclude(statut=Statut.ARCHIVEE)

    def archivees(self) -> Self:
        """The archived ones."""
        return self.filter(statut=Statut.ARCHIVEE)


def parent_ouvert(fiche: Any) -> Iterator[Refus]:
    """Nothing is added under what is archived (S-40)."""
    for parent in () if fiche.pk else fiche.parents():
        if parent.statut == Statut.ARCHIVEE:
            yield Refus(f"{parent.GENRE} « {parent} » est archivée : désarchivez-la d'abord.", None, parent)


class Fiche(FSMModelMixin, models.Model):
    """An offre, an action or a session: a record with an identifier, a status and a life cycle."""

    # « La session », for sentences; the mandatory content, for validity; what archiving writes, for the
    # cascade.
    GENRE: ClassVar[str]
    # The field that leads to what holds this record, among whose records its identifier is unique (D-04).
    PARENT: ClassVar[str]
    REGLES: ClassVar[tuple[Regle, ...]] = ()
    VALEURS_D_ARCHIVE: ClassVar[dict[str, Any]] = {"statut": Statut.ARCHIVEE}
    # The manager of the level, and the model of the lines of its history.
    objects: ClassVar[Any]
    pgh_event_model: ClassVar[Any]
    # The context of the history in which `executer` has just changed it: what « Annuler » names.
    contexte: UUID | None = None

    organisme = models.ForeignKey(
        Organisme, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name="organisme"
    )
    identifiant = IdentifiantField(
        "identifiant", max_length=30, validators=[valider_identifiant, valider_texte]
    )
    identifiant_normalise = IdentifiantNormaliseField(editable=False)
    statut = FSMField(
        "statut", max_length=9, choices=Statut.choices, default=Statut.BROUILLON, protected=True
    )
    a_ete_active = models.BooleanField("a déjà été active", default=False, editable=False)
    cle_de_creation = models.UUIDField(null=True, editable=False)
    cree_le = models.DateTimeField("créée le", default=maintenant, editable=False)
    modifie_le = DateDeModificationField("modifiée le", db_index=True)
    version = VersionField("version")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.identifiant

    @property
    def nom_de_niveau(self) -> str:
        """« offre », « action » or « session »."""
        return str(self._meta.model_name)

    def parents(self) -> "list[Fiche]":
        """What holds it, nearest first."""
        raise NotImplementedError

    @property
    def cle_html(self) -> str:
        """What makes the identifiers of its block unique in a page: « session-12 »."""
        return f"{self._meta.model_name}-{self.pk}"

    @classmethod
    def contraintes(cls, regles: Iterable[Regle], nom: str, parent: str) -> list[models.BaseConstraint]:
        """What must never be in this level's table, whoever writes: see each name."""
        statuts_connus = Q(statut__in=[statut.value for statut in Statut])
        complete = Q(statut__in=[statut.value for statut in A_COMPLETER]) | conjonction(regles)
        return [
            models.UniqueConstraint(
                fields=[parent, "identifiant_normalise"], name=f"{nom}_identifiant_unique"
            ),
            models.UniqueConstraint(fields=["cle_de_creation"], name=f"{nom}_creee_une_fois"),
            models.CheckConstraint(condition=statuts_connus, name=f"{nom}_statut_connu"),
            models.CheckConstraint(condition=complete, name=f"{nom}_complete_hors_brouillon"),
        ]

    @property
    def repere(self) -> str:
        """« s1 (ACTION-1, OFFRE-1) »: how a page's title names it; another parent may hold the same
        identifier.
        """
        parents = ", ".join(parent.identifiant for parent in self.parents())
        return f"{self.identifiant} ({parents})".strip() if parents else self.identifiant

    def manques(self) -> list[Regle]:
        """What must be filled or corrected for the record to be « validée » (S-34, S-98); empty when
        nothing.
        """
        return non_respectees(self.REGLES, self)

    def conflits(self) -> list[Regle]:
        """What is wrong and cannot be read on the record alone: other records, sums; as rules that do not
        hold.
        """
        return []

    def empechements(self) -> list[Regle]:
        """All that keeps the record from being « validée »: what VALIDER, opening, the API and the imports
        refuse.
        """
        return [*self.manques(), *self.conflits()]

    def avertissements(self) -> Iterable[str]:
        """What is admitted and deserves a second look, in sentences."""
        return ()

    def soeurs(self) -> FicheQuerySet:
        """The records under the same parent, this one included: those that may not bear the same
        identifier.
        """
        return type(self).objects.filter(**{self.PARENT: getattr(self, f"{self.PARENT}_id")})

    def verrouiller(self) -> Self:
        """Lock this record after its parents (offre, then action, then session) and return it as it is
        now.
        """
        raise NotImplementedError

    def descendants(self) -> list[FicheQuerySet]:
        """The sets of records below this one, nearest first."""
        return []

    def appliquer(self, valeurs: dict[str, Any]) -> None:
        """Put the values of a form on the record, without saving."""
        for champ, valeur in valeurs.items():
            setattr(self, champ, valeur)

    def _exiger_complete(self) -> None:
        if empechements := self.empechements():
            raise OperationRefusee(
                Refus(regle.raison, regle.champ, code=regle.slug) for regle in empechements
            )

    # --- The transitions common to the three levels (D-10) ---

    @passage(
        Operation.MODIFIER,
        de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE],
        vers=RETURN_VALUE(Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE),
        conditions=[Condition(parent_ouvert)],
    )
    def enregistrer(self, valeurs: dict[str, Any], version: int | None = None, **edition: Any) -> str:
        """« Enregistrer les modifications » (D-06, D-15): a validée record that is no longer complete falls
        back to brouillon, an active one must stay complete. `version` is the one that was edited: see
        `fusionner`.
        """
        self.appliquer(fusionner(self, valeurs, version, **edition))
        if self.statut == Statut.ACTIVE:
            self._exiger_complete()
            return Statut.ACTIVE
        return (
            Statut.VALIDEE if self.statut == Statut.VALIDEE and not self.empechements() else Statut.BROUILLON
        )

    @passage(
        Operation.VALIDER,
        de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE],
        vers=RETURN_VALUE(Statut.VALIDEE, Statut.ACTIVE),
        conditions=[Condition(parent_ouvert)],
    )
    def valider(self, valeurs: dict[str, Any], version: int | None = None, **edition: Any) -> str:
        """« VALIDER » (S-97, D-07): refused while something is missing; an active record stays active."""
        self.appliquer(fusionner(self, valeurs, version, **edition))
        self._exiger_complete()
        return Statut.ACTIVE if self.statut == Statut.ACTIVE else Statut.VALIDEE

    @transition(field="statut", source=[Statut.VALIDEE], target=Statut.ACTIVE)
    def devenir_active(self) -> None:
        """The consequence of opening a session at or below this record (S-106, D-11); no operation leads
        here.
        """
        self.a_ete_active = True

    @passage(Operation.ARCHIVER, de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE], vers=Statut.ARCHIVEE)
    def archiver(self) -> None:
        """« Archiver »: no longer visible nor modifiable (S-39, S-40); takes along what is not yet archived
        (D-13).
        """
        for champ, valeur in self.VALEURS_D_ARCHIVE.items():
            if champ != "statut":
                setattr(self, champ, valeur)
        for ensemble in self.descendants():
            ensemble.non_archivees().update(**ensemble.model.VALEURS_D_ARCHIVE, modifie_le=maintenant())

    @passage(Operation.DESARCHIVER, de=[Statut.ARCHIVEE], vers=Statut.BROUILLON)
    def desarchiver(self, avec_descendants: bool = False) -> None:
        """« Désarchiver »: back to brouillon, this record alone or with all that is archived below it (S-41,
        D-13).
        """
        for ensemble in self.descendants() if avec_descendants else ():
            ensemble.archivees().update(statut=Statut.BROUILLON, modifie_le=maintenant())

    @passage(Operation.SUPPRIMER, de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ARCHIVEE], vers=None)
    def supprimer(self) -> None:
        """« Supprimer » (S-42, D-14): refused while a descendant is active; `executer` then throws the record
        away.
        """
        for ensemble in self.descendants():
            if active := ensemble.filter(statut=Statut.ACTIVE).first():
                raise OperationRefusee(
                    [
                        Refus(
                            f"{active.GENRE} « {active} » est active : archivez-la avant de supprimer.",
                            None,
                            active,
                        )
                    ]
                )

    def jeter(self, contexte: UUID, par: Acteur) -> None:
        """Delete the record and what is below it, and leave in the « Corbeille » what it takes to restore
        them.
        """
        emportees = {}
        for ensemble in reversed(self.descendants()):
            emportees[ensemble.model._meta.model_name] = ensemble.count()
            ensemble.delete()
        chemin = [parent.identifiant for parent in reversed(self.parents())]
        Suppression.objects.create(
            organisme_id=self.organisme_id,
            contexte=contexte,
            niveau=self._meta.model_name,
            identifiant=self.identifiant,
            intitule=" › ".join([*chemin, getattr(self, "intitule", "") or self.identifiant])[:255],
            emportees=emportees,
            supprimee_par=par if isinstance(par, Utilisateur) else None,
            jeton=par if isinstance(par, Jeton) else None,
        )
        self.delete()


def parents_pretes(fiche: Any) -> Iterator[Refus]:
    """D-11: the parents of what becomes active are validée or active."""
    for parent in fiche.parents():
        if parent.statut in A_COMPLETER:
            etat = (
                "en brouillon : validez-la d'abord"
                if parent.statut == Statut.BROUILLON
                else "archivée : désarchivez-la d'abord"
            )
            yield Refus(f"{parent.GENRE} « {parent} » est {etat}.", None, parent)
