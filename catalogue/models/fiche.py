"""The base of offres, actions and sessions: owner, identifier, status, and common transitions."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property, lru_cache
from typing import Any, ClassVar, Self, cast
from uuid import UUID

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.expressions import Combinable
from django_fsm import RETURN_VALUE, FSMField, FSMModelMixin, transition

from catalogue.cycle_de_vie import Condition, OperationRefusee, Refus, Statut, transition_par
from catalogue.fusion import fusionner
from catalogue.models.corbeille import Suppression
from catalogue.regles import Regle, conjonction, non_respectees
from edof.champs import Colonne, IdentifiantField
from edof.colonnes import ChoixField
from edof.gardees import Donnee, Ecriture, Gardee
from edof.horloge import maintenant
from edof.textes import valider_texte
from edof.versions import VersionField
from organismes.droits import Acteur, Operation
from organismes.models import Jeton, Membre, Utilisateur
from organismes.models.identifiant import IdentifiantNormaliseField, IdentifieQuerySet
from organismes.models.organisme import DateDeModificationField, Organisme
from organismes.validateurs import valider_identifiant

A_COMPLETER = (Statut.BROUILLON, Statut.ARCHIVEE)


@cache
def niveaux() -> "dict[str, type[Fiche]]":
    """Return the levels by name, from the top: "offre", "action", "session".

    A level is a subclass of Fiche that declares its PARENT.
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
        """Return the records that are not archived."""
        return self.exclude(statut=Statut.ARCHIVEE)

    def archivees(self) -> Self:
        """Return the archived records."""
        return self.filter(statut=Statut.ARCHIVEE)

    def apres(self, operation: Operation) -> list[str]:
        """Do what follows from an operation that has just changed these records; return what to say of it."""
        return []

    def rendre_les_suites(self, contexte: UUID, avant: dt.datetime | None = None) -> None:
        """Put back what an operation changed beside these records, which have just been put back (D-48).

        `contexte` is the context of the history that holds the operation; with `avant`, put back only what
        was there at that instant.
        """


def parent_ouvert(fiche: Any) -> Iterator[Refus]:
    """Yield a refusal for each archived parent of a new record: nothing is added there (S-40)."""
    for parent in () if fiche.pk else fiche.parents():
        if parent.statut == Statut.ARCHIVEE:
            yield Refus(f"{parent.GENRE} « {parent} » est archivée : désarchivez-la d'abord.", None, parent)


def _archiver_dessous(modele: "type[Fiche]", cles: Sequence[int]) -> None:
    for ensemble in modele.dessous(cles):
        ensemble.non_archivees().update(**ensemble.model.VALEURS_D_ARCHIVE, modifie_le=maintenant())


def _desarchiver_dessous(
    modele: "type[Fiche]", cles: Sequence[int], *, avec_descendants: bool = False
) -> None:
    for ensemble in modele.dessous(cles) if avec_descendants else ():
        ensemble.archivees().update(statut=Statut.BROUILLON, modifie_le=maintenant())


class StatutField(FSMField, ChoixField):
    """The status of a record: only a transition writes it."""

    # Not FSMField: each one that a migration renders would listen to every model rendered after it.
    chemin = "django.db.models.CharField"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return what the column takes, without what only FSMField understands."""
        nom, chemin, args, kwargs = super().deconstruct()
        kwargs.pop("protected", None)
        return nom, chemin, args, kwargs


class Fiche(FSMModelMixin, models.Model):
    """An offre, an action or a session: a record with an identifier, a status and a life cycle."""

    # GENRE names the record in sentences: « La session ». REGLES is what a valid record must satisfy.
    # VALEURS_D_ARCHIVE is what archiving writes, on descendants too.
    GENRE: ClassVar[str]
    # The field that links to the parent, among whose records the identifier is unique (D-04).
    PARENT: ClassVar[str]
    REGLES: ClassVar[tuple[Regle, ...]] = ()
    VALEURS_D_ARCHIVE: ClassVar[dict[str, Any]] = {"statut": Statut.ARCHIVEE}
    # The manager of the level, and the model of its history rows.
    objects: ClassVar[Any]
    pgh_event_model: ClassVar[Any]
    # The context of the history in which `executer` has just changed the record, for « Annuler ».
    contexte: UUID | None = None
    # What the operation that `executer` has just done changed beside the record, in sentences.
    suites: tuple[str, ...] = ()

    organisme = models.ForeignKey(
        Organisme, on_delete=models.PROTECT, related_name="%(class)ss", verbose_name="organisme"
    )
    identifiant = IdentifiantField(
        "identifiant", max_length=30, validators=[valider_identifiant, valider_texte]
    )
    identifiant_normalise = IdentifiantNormaliseField(editable=False)
    statut = StatutField(
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

    def validate_constraints(self, exclude: Any = None) -> None:
        """Check the constraints of the table, unless the status is left out, as every form does.

        They hold for a status: what a form may write is checked on its fields and by the rules (D-06).
        """
        if "statut" not in (exclude or ()):
            super().validate_constraints(exclude)

    @property
    def nom_de_niveau(self) -> str:
        """Return the name of the level: "offre", "action" or "session"."""
        return str(self._meta.model_name)

    @classmethod
    def colonne(cls, nom: str) -> Colonne:
        """Return the column of this name among those that forms and pages show."""
        return cast(Colonne, cls._meta.get_field(nom))

    def parents(self) -> "list[Fiche]":
        """Return the parents, nearest first."""
        raise NotImplementedError

    @property
    def cle_html(self) -> str:
        """Return what makes the HTML identifiers of the record's block unique in a page: "session-12"."""
        return f"{self._meta.model_name}-{self.pk}"

    @classmethod
    def contraintes(cls, regles: Iterable[Regle], nom: str, parent: str) -> list[models.BaseConstraint]:
        """Return the constraints of this level's table, which hold whoever writes; see each name."""
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
        """Return the name of the record in the title of a page: « s1 (ACTION-1, OFFRE-1) ».

        Its parents are named because a record of another parent may have the same identifier.
        """
        parents = ", ".join(parent.identifiant for parent in self.parents())
        return f"{self.identifiant} ({parents})".strip() if parents else self.identifiant

    def manques(self) -> list[Regle]:
        """Return the rules to satisfy before the record can be « validée » (S-34, S-98).

        The list is empty when nothing is missing or incorrect.
        """
        return non_respectees(self.REGLES, self)

    def conflits(self) -> list[Regle]:
        """Return, as rules that do not hold, the errors that cannot be seen on the fields alone.

        They come from other records or from sums.
        """
        return []

    def empechements(self) -> list[Regle]:
        """Return every rule that keeps the record from being « validée ».

        VALIDER, the opening, the API and the imports refuse the record because of them.
        """
        return [*self.manques(), *self.conflits()]

    def avertissements(self) -> Iterable[str]:
        """Return a sentence for each value that is accepted but deserves a second look."""
        return ()

    def soeurs(self) -> FicheQuerySet:
        """Return the records under the same parent, this one included.

        Two of them may not have the same identifier.
        """
        return type(self).objects.filter(**{self.PARENT: getattr(self, f"{self.PARENT}_id")})

    def verrouiller(self) -> Self:
        """Lock this record after its parents (offre, then action, then session), in one statement.

        Return the record as it is now, with its parents; a new record, with its locked parents. Its key and
        its organisme are all that is read of it: raise DoesNotExist when the organisme has no such record.
        """
        chemins = self._chemins_des_parents()
        if not self.pk:
            if chemins:
                setattr(self, self.PARENT, getattr(self, self.PARENT).verrouiller())
            return self
        lues = _verrou(type(self)).lire(cle=self.pk, organisme=self.organisme_id)
        if not lues:
            raise type(self).DoesNotExist
        return lues[0]

    @classmethod
    def verrouiller_les_parents(cls, fiches: Sequence[Any]) -> list[Any]:
        """Lock the parents of these new records, in one statement, and give each record its own.

        Return the first record of each parent. Raise DoesNotExist when a parent no longer exists.
        """
        cle = f"{cls.PARENT}_id"
        premieres = {getattr(fiche, cle): fiche for fiche in reversed(fiches)}
        if cls.PARENT == "organisme":
            return list(premieres.values())
        modele = niveaux()[cls.PARENT]
        chemins = modele._chemins_des_parents()
        # The order of `verrouiller`, from one parent to the next too: whoever locks several waits for none
        # while holding what the other waits for.
        parents = (
            modele.objects.select_related(chemins[-1] if chemins else None)
            .select_for_update(no_key=True, of=(*reversed(chemins), "self"))
            .order_by(*reversed(chemins), "pk")
            .in_bulk(list(premieres))
        )
        if len(parents) < len(premieres):
            raise modele.DoesNotExist
        for fiche in fiches:
            setattr(fiche, cls.PARENT, parents[getattr(fiche, cle)])
        return list(premieres.values())

    @classmethod
    def _chemins_des_parents(cls) -> list[str]:
        """Return the lookups that lead to the parents, nearest first: "action", "action__offre"."""
        modele, chemin, chemins = cls, "", []
        while modele.PARENT != "organisme":
            chemin = f"{chemin}__{modele.PARENT}" if chemin else modele.PARENT
            chemins.append(chemin)
            modele = niveaux()[modele.PARENT]
        return chemins

    @classmethod
    def dessous(cls, cles: Iterable[int]) -> list[FicheQuerySet]:
        """Return the querysets of the records below those of these keys, nearest first."""
        cles, ensembles = list(cles), []
        modeles = list(niveaux().values())
        for rang, modele in enumerate(modeles[modeles.index(cls) + 1 :]):
            chemin = modele._chemins_des_parents()[rang]
            ensembles.append(modele.objects.filter(**{f"{chemin}__in": cles}))
        return ensembles

    def descendants(self) -> list[FicheQuerySet]:
        """Return the querysets of the records below this one, nearest first."""
        return self.dessous([self.pk])

    @cached_property
    def active_dessous(self) -> "Fiche | None":
        """Return an active record below this one, which forbids to delete it; None without any."""
        return self.actives_dessous([self.pk]).get(self.pk)

    @classmethod
    def actives_dessous(cls, cles: Iterable[int]) -> "dict[int, Fiche]":
        """Return, by key of those of these records that have one, an active record below it."""
        trouvees: dict[int, Fiche] = {}
        for rang, ensemble in enumerate(cls.dessous(cles)):
            chemin = ensemble.model._chemins_des_parents()[rang]
            actives = ensemble.filter(statut=Statut.ACTIVE).annotate(dessus=F(f"{chemin}__pk"))
            for active in actives.order_by("dessus", "pk").distinct("dessus"):
                trouvees.setdefault(active.dessus, active)
        return trouvees

    @classmethod
    def a_suivre(cls) -> Combinable:
        """Return whether `apres` may have something to do, as an expression read when a record is written."""
        return Value(True)

    def ecrire(self, avant: dict[str, Any]) -> bool:
        """Write what has changed of this record, locked since its columns were `avant`.

        It is Django's `save` for a row that is known to exist. Return whether `apres` has to be asked.
        """
        changees = tuple(
            champ.attname
            for champ in self._meta.concrete_fields
            if not champ.primary_key and champ.pre_save(self, False) != avant[champ.attname]
        )
        return bool(_ecriture(type(self), changees).ecrire(self))

    @classmethod
    def apres(cls, cles: Iterable[int], operation: Operation) -> list[str]:
        """Do what follows from an operation that has just been saved; return what to say of it.

        An archiving took along what is below.
        """
        cles = list(cles)
        emportees = cls.dessous(cles) if operation == Operation.ARCHIVER else []
        ensembles = [cls.objects.filter(pk__in=cles), *emportees]
        return [phrase for ensemble in ensembles for phrase in ensemble.apres(operation)]

    def appliquer(self, valeurs: dict[str, Any]) -> None:
        """Set the values of a form on the record, without saving."""
        for champ, valeur in valeurs.items():
            setattr(self, champ, valeur)

    def _exiger_complete(self) -> None:
        if empechements := self.empechements():
            raise OperationRefusee(
                Refus(regle.raison, regle.champ, code=regle.slug) for regle in empechements
            )

    # --- The transitions common to the three levels (D-10) ---

    @transition_par(
        Operation.MODIFIER,
        de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE],
        vers=RETURN_VALUE(Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE),
        conditions=[Condition(parent_ouvert)],
    )
    def enregistrer(self, valeurs: dict[str, Any], version: int | None = None, **edition: Any) -> str:
        """Set the values, for « Enregistrer les modifications », and return the new status (D-06, D-15).

        A validée record that is no longer complete becomes a brouillon; an active one must stay complete.
        `version` is the version that was edited: see `fusionner`.
        """
        self.appliquer(fusionner(self, valeurs, version, **edition))
        if self.statut == Statut.ACTIVE:
            self._exiger_complete()
            return Statut.ACTIVE
        return (
            Statut.VALIDEE if self.statut == Statut.VALIDEE and not self.empechements() else Statut.BROUILLON
        )

    @transition_par(
        Operation.VALIDER,
        de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE],
        vers=RETURN_VALUE(Statut.VALIDEE, Statut.ACTIVE),
        conditions=[Condition(parent_ouvert)],
    )
    def valider(self, valeurs: dict[str, Any], version: int | None = None, **edition: Any) -> str:
        """Set the values, for « VALIDER », and return the new status (S-97, D-07).

        Refuse while something is missing. An active record stays active.
        """
        self.appliquer(fusionner(self, valeurs, version, **edition))
        self._exiger_complete()
        return Statut.ACTIVE if self.statut == Statut.ACTIVE else Statut.VALIDEE

    @transition(field="statut", source=[Statut.VALIDEE], target=Statut.ACTIVE)
    def devenir_active(self) -> None:
        """Become active, because a session at or below this record is opened (S-106, D-11).

        No operation uses this transition directly.
        """
        self.a_ete_active = True

    @transition_par(
        Operation.ARCHIVER,
        de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ACTIVE],
        vers=Statut.ARCHIVEE,
        suites=_archiver_dessous,
    )
    def archiver(self) -> None:
        """Archive the record, for « Archiver », with what is not yet archived below it (D-13).

        An archived record can no longer be seen by the public, nor modified (S-39, S-40).
        """
        for champ, valeur in self.VALEURS_D_ARCHIVE.items():
            if champ != "statut":
                setattr(self, champ, valeur)

    @transition_par(
        Operation.DESARCHIVER, de=[Statut.ARCHIVEE], vers=Statut.BROUILLON, suites=_desarchiver_dessous
    )
    def desarchiver(self, avec_descendants: bool = False) -> None:
        """Make the record a brouillon again, for « Désarchiver » (S-41, D-13).

        With `avec_descendants`, do the same for all that is archived below it.
        """

    @transition_par(Operation.SUPPRIMER, de=[Statut.BROUILLON, Statut.VALIDEE, Statut.ARCHIVEE], vers=None)
    def supprimer(self) -> None:
        """Refuse « Supprimer » while a descendant is active (S-42, D-14).

        `jeter` then deletes the record.
        """
        if active := self.active_dessous:
            phrase = f"{active.GENRE} « {active} » est active : archivez-la avant de supprimer."
            raise OperationRefusee([Refus(phrase, None, active)])

    @classmethod
    def jeter(cls, fiches: "Sequence[Self]", contexte: UUID, par: Acteur) -> None:
        """Delete these records of one organisme and what is below them.

        The « Corbeille » gets one line, which says how to restore them; several calls in one context of the
        history share it.
        """
        auteur = par.utilisateur if isinstance(par, Membre) else par
        cles = [fiche.pk for fiche in fiches]
        emportees = {}
        for ensemble in reversed(cls.dessous(cles)):
            effacees = ensemble.delete()[1]
            emportees[str(ensemble.model._meta.model_name)] = effacees.get(ensemble.model._meta.label, 0)
        Suppression.deposer(
            fiches,
            emportees,
            contexte=contexte,
            supprimee_par=auteur if isinstance(auteur, Utilisateur) else None,
            jeton=par if isinstance(par, Jeton) else None,
        )
        cls.objects.filter(pk__in=cles).delete()


@cache
def _verrou(modele: type[Fiche]) -> Gardee[Any]:
    """Return the query that locks the record `cle` of `organisme` after its parents, and reads them."""
    chemins = modele._chemins_des_parents()
    fiches = modele.objects.select_related(chemins[-1] if chemins else None)
    # PostgreSQL locks the rows of a result in the order of this list: the offre first. Whoever locks follows
    # this order, and so never waits for a row while holding one that the other waits for.
    verrouillees = fiches.select_for_update(no_key=True, of=(*reversed(chemins), "self"))
    return Gardee(verrouillees.filter(pk=Donnee("cle"), organisme=Donnee("organisme")))


# As many as there are levels and sets of columns that change together: each operation has its own.
@lru_cache(maxsize=512)
def _ecriture(modele: type[Fiche], colonnes: tuple[str, ...]) -> Ecriture:
    """Return the statement that writes these columns of a record, and says whether something follows."""
    return Ecriture(modele, colonnes, modele.a_suivre())


def parents_pretes(fiche: Any) -> Iterator[Refus]:
    """Yield a refusal for each parent that is neither validée nor active (D-11).

    It is a condition for a record to become active.
    """
    for parent in fiche.parents():
        if parent.statut in A_COMPLETER:
            etat = (
                "en brouillon : validez-la d'abord"
                if parent.statut == Statut.BROUILLON
                else "archivée : désarchivez-la d'abord"
            )
            yield Refus(f"{parent.GENRE} « {parent} » est {etat}.", None, parent)
