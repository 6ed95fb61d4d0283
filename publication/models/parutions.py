"""Models of the publication: contents, parutions, sessions held back, and the register of the runs."""

import datetime as dt
from typing import Any, Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Concat

from catalogue.nomenclatures import A_DISTANCE, Enseignement
from edof.pliage import Plie
from organismes.models import Organisme
from organismes.models.organisme import AppartenantQuerySet


def _du_contenu(*chemin: str) -> KeyTextTransform:
    *debut, nom = chemin
    lu: str | KeyTransform = "contenu"
    for cle in debut:
        lu = KeyTransform(cle, lu)
    return KeyTextTransform(nom, lu)


# The text in which the public searches an offre or an action: what the list shows of a formation, and its
# code. The town of an action that is wholly remote is replaced: nobody goes there, and nobody reads it.
_ESPACE = Value(" ", output_field=models.TextField())
CHERCHE = Concat(
    _du_contenu("intitule"), _ESPACE, _du_contenu("certification", "code"), _ESPACE,
    _du_contenu("certification", "intitule"), _ESPACE, _du_contenu("organisme", "raison_sociale"), _ESPACE,
    Case(
        When(contenu__modalites_enseignement=Enseignement.A_DISTANCE.value, then=Value(A_DISTANCE)),
        default=_du_contenu("lieu", "ville"),
        output_field=models.TextField(),
    ),
    output_field=models.TextField(),
)  # fmt: skip


class Contenu(models.Model):
    """The content of an offre or of an action as it was published, or the contact and address of sessions.

    It is immutable, and shared by all the parutions that show it.
    """

    empreinte = models.CharField("empreinte SHA-256", max_length=64)
    contenu = models.JSONField("contenu")
    # Folded (case and accents removed) when the row is written: reading the JSON of each row during a search
    # would cost as much as the page.
    cherche = models.GeneratedField(
        expression=Plie(CHERCHE), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        verbose_name = "contenu publié"
        verbose_name_plural = "contenus publiés"
        # Not `unique=True`, which would add an index for LIKE: its pages cost as much as those of this one.
        constraints = [models.UniqueConstraint(fields=["empreinte"], name="contenu_par_empreinte")]
        # Parutions refer to it without a constraint of the database.
        triggers = [pgtrigger.Protect(name="contenu_garde", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.empreinte[:12]


class IntervalleQuerySet(AppartenantQuerySet):
    """A queryset of facts that hold from a day, included, to another day, excluded."""

    def ouvertes(self) -> Self:
        """Return the facts that have no last day yet."""
        return self.filter(au__isnull=True)

    def au_jour(self, jour: dt.date) -> Self:
        """Return the facts that held on that day (D-21)."""
        return self.filter(Q(au__isnull=True) | Q(au__gt=jour), du__lte=jour)


class Parution(models.Model):
    """A copy of a session, with its action and offre, as they stood at a run (D-21).

    It is public from the day `du`, included, to the day `au`, excluded.
    """

    # No database constraint on the foreign keys: what was public stays known when the records are deleted,
    # and the run locks none of them.
    session = models.ForeignKey(
        "sessions_app.Session",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="parutions",
    )
    action = models.ForeignKey(
        "catalogue.Action",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="parutions",
    )
    offre = models.ForeignKey(
        "catalogue.Offre",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="parutions",
    )
    organisme = models.ForeignKey(
        Organisme,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="parutions",
    )
    du = models.DateField("premier jour public")
    au = models.DateField("premier jour où elle n'est plus publique", null=True, blank=True)
    date_debut = models.DateField("début de la session", null=True)
    # What is the session's own: `contenu_complet` adds the contact and the address.
    contenu = models.JSONField("contenu propre à la session")
    # No database constraint here either: contents are immutable, the database refuses to delete one, and
    # checking each key again would be a sixth of the run. `tests/publication/test_contenus.py` holds it.
    contenu_action = models.ForeignKey(
        Contenu, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    contenu_offre = models.ForeignKey(
        Contenu, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    coordonnees = models.ForeignKey(
        Contenu,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name="contact et adresse",
    )

    objects = IntervalleQuerySet.as_manager()
    # What a query loads to read all that was copied: `select_related(*Parution.CONTENUS)`.
    CONTENUS = ("contenu_action", "contenu_offre", "coordonnees")

    class Meta:
        verbose_name = "parution"
        verbose_name_plural = "parutions"
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(au__isnull=True), name="parution_une_ouverte"
            ),
            models.UniqueConstraint(fields=["session", "du"], name="parution_une_par_jour"),
            models.CheckConstraint(
                condition=Q(au__isnull=True) | Q(au__gt=F("du")), name="parution_intervalle"
            ),
        ]
        indexes = [
            models.Index(fields=["organisme", "du"], name="parution_par_organisme"),
            # The run asks for the contents of an action that were copied since a day.
            models.Index(fields=["action", "du"], name="parution_par_action"),
            # The days come in order: a row is added at the end, which costs next to nothing.
            models.Index(fields=["du"], name="parution_par_premier_jour"),
            models.Index(
                fields=["au", "organisme"], condition=Q(au__isnull=False), name="parution_par_dernier_jour"
            ),
            models.Index(
                fields=["date_debut"], condition=Q(au__isnull=True), name="parution_ouverte_par_debut"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contenu.get('identifiant', '')} du {self.du}"

    @property
    def contenu_complet(self) -> dict[str, Any]:
        """Return the whole content of the session, its keys in the order in which PostgreSQL gives them."""
        tout = {**self.contenu, **self.coordonnees.contenu}
        return {cle: tout[cle] for cle in sorted(tout, key=lambda cle: (len(cle), cle))}


class Retenue(models.Model):
    """A session open to enrolment that was not shown, with the reason (D-22).

    It holds from the run of `du`, included, to that of `au`, excluded.
    """

    # The reason when the run failed on the record. The other reasons are the slugs of the conditions of
    # `visibilite`.
    ERREUR = "erreur"

    session = models.ForeignKey(
        "sessions_app.Session",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="retenues",
    )
    organisme = models.ForeignKey(
        Organisme, on_delete=models.DO_NOTHING, db_constraint=False, related_name="retenues"
    )
    identifiant = models.CharField("identifiant de la session", max_length=30)
    raison = models.CharField("raison", max_length=40)
    detail = models.TextField("détail", blank=True)
    du = models.DateField("du")
    au = models.DateField("au", null=True, blank=True)

    objects = IntervalleQuerySet.as_manager()

    class Meta:
        verbose_name = "session retenue"
        verbose_name_plural = "sessions retenues"
        constraints = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(au__isnull=True), name="retenue_une_ouverte"
            ),
            models.CheckConstraint(
                condition=Q(au__isnull=True) | Q(au__gt=F("du")), name="retenue_intervalle"
            ),
        ]
        indexes = [
            models.Index(fields=["du", "organisme"], name="retenue_par_premier_jour"),
            models.Index(fields=["au", "organisme"], name="retenue_par_dernier_jour"),
            models.Index(
                fields=["session"], condition=Q(au__isnull=True, raison="erreur"), name="retenue_sur_erreur"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.identifiant} : {self.raison}"


# --- What the screens count ---


class Decompte(models.Model):
    """The numbers of one offre, counted for one day: see `publication.decomptes`, which alone reads them.

    The row says nothing while a `Marque` on the offre, or on one of its actions, has not been taken away.
    """

    # Without database constraint, as for the parutions: a deleted offre leaves its row, which nobody reads.
    offre = models.OneToOneField(
        "catalogue.Offre",
        primary_key=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="decompte",
    )
    organisme = models.ForeignKey(
        Organisme, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    # The day, the rules and the state of the offre for which the numbers hold.
    pour = models.CharField("pour", max_length=60)
    # In the order of `decomptes.CASES`.
    nombres = ArrayField(models.PositiveIntegerField(), verbose_name="nombres")
    # {list: {reason: [number of sessions, number of actions, key of the first session]}}.
    motifs = models.JSONField("motifs", default=dict)

    class Meta:
        verbose_name = "décompte"
        verbose_name_plural = "décomptes"

    def __str__(self) -> str:
        return f"{self.offre_id} pour {self.pour}"


class Marque(models.Model):
    """An offre, or an action, of which something changed since its numbers were counted.

    Triggers insert the marks, in the transaction that changes an offre, an action, a session or a parution.
    They are never updated: two transactions never wait for each other.
    """

    organisme = models.ForeignKey(
        Organisme, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    offre = models.ForeignKey(
        "catalogue.Offre",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    action = models.ForeignKey(
        "catalogue.Action",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        verbose_name = "marque"
        verbose_name_plural = "marques"

    def __str__(self) -> str:
        return f"offre {self.offre_id}" if self.offre_id else f"action {self.action_id}"
