"""Base model of contacts and addresses: an owner, an identifier, and the records that use them."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import pghistory
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, Concat

from organismes.droits import Acteur
from organismes.models.identifiant import IdentifieQuerySet
from organismes.models.organisme import DateDeModificationField, Organisme


def texte_de(*morceaux: Any) -> Concat:
    """Return the text that a search reads: these fields or expressions, with a space after each."""
    return Concat(*(m for morceau in morceaux for m in (morceau, Value(" "))), output_field=TextField())


@dataclass(frozen=True)
class Usage:
    """One way for records to use an entry: a foreign key, such as « Contact d'inscription » of a session."""

    modele: type[models.Model]
    champ: str

    @property
    def cle(self) -> str:
        """Return a name for columns and pages: « session_contact_inscription »."""
        return f"{self.modele._meta.model_name}_{self.champ}"

    @property
    def libelle(self) -> str:
        """Return « Contact d'inscription », the label used in the form of the record."""
        nom = str(self.modele._meta.get_field(self.champ).verbose_name)
        return nom[:1].upper() + nom[1:]

    def fiches(self, entree: Any, organisme: Any) -> QuerySet[Any]:
        """Return the records of this organisme that use this entry in this way.

        Both arguments may be outer references.
        """
        return self.modele.objects.pour_organisme(organisme).filter(**{self.champ: entree}).order_by()  # type: ignore[attr-defined]


def parents_de(modele: type[models.Model]) -> list[tuple[str, type[models.Model]]]:
    """Return the lookups from a record to its parents, with their models, furthest first.

    For a session: « action__offre » and Offre, « action » and Action. A parent is a model with a status, to
    which the record has a required foreign key.
    """
    for champ in modele._meta.concrete_fields:
        parent = champ.related_model if champ.many_to_one and not champ.null else None
        if parent is not None and any(f.name == "statut" for f in parent._meta.concrete_fields):
            return [
                *((f"{champ.name}__{chemin}", ancetre) for chemin, ancetre in parents_de(parent)),
                (champ.name, parent),
            ]
    return []


class EntreeQuerySet(IdentifieQuerySet):
    """A queryset of entries of an address book."""

    def avec_usages(self) -> Self:
        """Annotate each entry with the number of records that use it, one column for each usage."""
        return self.annotate(
            **{
                usage.cle: Coalesce(
                    Subquery(
                        usage.fiches(OuterRef("pk"), OuterRef("organisme"))
                        .values(usage.champ)
                        .annotate(n=Count("pk"))
                        .values("n"),
                        output_field=IntegerField(),
                    ),
                    0,
                )
                for usage in self.model.usages()
            }
        )


class Entree(models.Model):
    """A contact or an address: it belongs to an organisme, has an identifier, and is used by records."""

    # CHAMP_IDENTIFIANT: the field that contains the identifier. TEXTE_CHERCHE: the text that searches read.
    CHAMP_IDENTIFIANT: ClassVar[str] = "identifiant"
    TEXTE_CHERCHE: ClassVar[Concat]

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="%(class)ss", verbose_name="organisme"
    )
    cle_de_creation = models.UUIDField(null=True, editable=False)
    modifie_le = DateDeModificationField("modifié le", db_index=True)

    objects = EntreeQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def contraintes(cls, nom: str, champ: str, deja_pris: str) -> list[models.BaseConstraint]:
        """Return the constraints: one identifier in an organisme (D-04), one entry for each submitted form.

        The code of an identifier error is the name of its field.
        """
        return [
            models.UniqueConstraint(
                fields=["organisme", "identifiant_normalise"],
                name=f"{nom}_identifiant_unique",
                violation_error_code=champ,
                violation_error_message=deja_pris,
            ),
            models.UniqueConstraint(fields=["organisme", "cle_de_creation"], name=f"{nom}_cree_une_fois"),
        ]

    def clean(self) -> None:
        """Compute the normalised identifier, which the constraints use."""
        super().clean()
        self.identifiant_normalise = self._meta.get_field("identifiant_normalise").valeur_de(self)

    @property
    def dans_une_liste(self) -> str:
        """Return the label of this entry in a list of choices."""
        return str(self)

    @classmethod
    def usages(cls) -> list[Usage]:
        """Return every way for records to use such an entry: by offres first, then actions, then sessions."""
        trouves = [
            Usage(relation.related_model, relation.field.name)
            for relation in cls._meta.related_objects
            if hasattr(relation.related_model._default_manager, "pour_organisme")
        ]
        return sorted(trouves, key=lambda usage: (len(parents_de(usage.modele)), usage.cle))

    @classmethod
    def propositions(cls) -> list[Usage]:
        """Return the other links to such an entry: it is proposed there, and no record uses it."""
        liens = {(usage.modele, usage.champ) for usage in cls.usages()}
        return [
            Usage(relation.related_model, relation.field.name)
            for relation in cls._meta.get_fields(include_hidden=True)
            if relation.auto_created
            and relation.one_to_many
            and relation.on_delete is models.SET_NULL
            and (relation.related_model, relation.field.name) not in liens
        ]

    def defauts(self) -> list[str]:
        """Return what is missing or wrong in the entry, one sentence for each field.

        Empty when records may use it (errors 30017 and 30022 of the official import).
        """
        try:
            self.full_clean()
        except ValidationError as refus:
            noms = {champ.name: f"{champ.verbose_name} : " for champ in self._meta.concrete_fields}
            return [
                f"{noms.get(champ, '')}{' '.join(phrases)}" for champ, phrases in refus.message_dict.items()
            ]
        return []

    def supprimer(self, par: Acteur, origine: str = "formulaire") -> None:
        """Delete the entry, with the author in the history.

        Raise IntegrityError, without any change, while a record uses it.
        """
        with transaction.atomic(), pghistory.context(operation="supprimer", origine=origine, **par.signature):
            self.delete()

    def comptes(self) -> list[tuple[Usage, int]]:
        """Return the number of records for each usage, as annotated by `avec_usages`."""
        return [(usage, getattr(self, usage.cle)) for usage in self.usages()]

    def utilisations(self) -> QuerySet[Any]:
        """Return the records that use this entry, of every level and status, as dicts.

        Their keys: `niveau` (the name of the model), `pk`, `usage` (its label), `identifiant`, `parents`
        (« offre › action »), `statut`, and `rang`, which sorts them.
        """
        ensembles = [
            usage.fiches(self, self.organisme_id)
            .annotate(
                niveau=Value(usage.modele._meta.model_name),
                usage=Value(usage.libelle),
                parents=_chemin("identifiant", *_parents(usage.modele)),
                # Kept folded by each record: folding hundreds of thousands of paths would take seconds.
                rang=_chemin("identifiant_normalise", *_parents(usage.modele), ""),
            )
            .values("niveau", "pk", "usage", "identifiant", "parents", "statut", "rang")
            for usage in self.usages()
        ]
        return (
            ensembles[0]
            .union(*ensembles[1:], all=True)
            .order_by("niveau", "rang", "parents", "identifiant", "pk", "usage")
        )


def _parents(modele: type[models.Model]) -> list[str]:
    """Return the beginnings of the paths to the fields of the parents, the highest first."""
    return [f"{chemin}__" for chemin, _ in parents_de(modele)]


def _chemin(champ: str, *debuts: str) -> Any:
    """Return these fields of the parents and of the record as one text, « offre › action »."""
    parties = [partie for debut in debuts for partie in (Value(" › "), F(f"{debut}{champ}"))]
    return Concat(Value(""), *parties[1:], Value(""), output_field=models.TextField())
