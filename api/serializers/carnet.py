"""Serializers of contacts and addresses."""

from typing import ClassVar

from rest_framework import serializers

from api.champs import champs_de_l_api, montres
from organismes.forms import AdresseForm, ContactForm, EntreeForm
from organismes.models import Adresse


class EntreeSerializer(serializers.Serializer):
    """An entry of the address book."""

    formulaire: ClassVar[type[EntreeForm]]

    id = serializers.IntegerField(
        allow_null=True, help_text="La clé que donne le programme ; null quand `dry_run` simule une création."
    )
    utilisations = serializers.SerializerMethodField(help_text="Combien de fiches s'en servent.")
    sessions_visibles = serializers.SerializerMethodField(
        help_text="Avec `dry_run`, combien de sessions que le public voit le montrent ; null autrement."
    )
    modifie_le = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the declared fields, then those of the form."""
        return {**super().get_fields(), **montres(self.formulaire)}

    def get_utilisations(self, entree: object) -> int:
        """Return the number of records that use the entry, counted by `avec_usages`."""
        return sum(nombre for _, nombre in entree.comptes())  # type: ignore[attr-defined]

    def get_sessions_visibles(self, entree: object) -> int | None:
        """Return the number that the view has counted for a simulated change."""
        return getattr(entree, "sessions_visibles", None)


class ContactSerializer(EntreeSerializer):
    """A contact: a person or a service."""

    formulaire = ContactForm


class AdresseSerializer(EntreeSerializer):
    """An address."""

    formulaire = AdresseForm


class EntreeEcritureSerializer(serializers.Serializer):
    """The fields of an entry that a client may write."""

    formulaire: ClassVar[type[EntreeForm]]
    # Whether the mandatory fields are required. A request that only changes some fields may leave them out.
    creation: ClassVar[bool] = True

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields of the form."""
        champs = champs_de_l_api(self.formulaire)
        for champ in champs.values():
            champ.required = self.creation and champ.champ.required
        return champs


class ContactEcritureSerializer(EntreeEcritureSerializer):
    """A whole contact to write."""

    formulaire = ContactForm


class AdresseEcritureSerializer(EntreeEcritureSerializer):
    """A whole address to write."""

    formulaire = AdresseForm


class AdresseDepotSerializer(AdresseEcritureSerializer):
    """A whole address to write, whose title is already in the query parameters."""

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields; the title may be left out of the body."""
        champs = super().get_fields()
        champs[Adresse.CHAMP_IDENTIFIANT].required = False
        return champs


class ContactModificationSerializer(EntreeEcritureSerializer):
    """The fields to change in a contact."""

    formulaire, creation = ContactForm, False


class AdresseModificationSerializer(EntreeEcritureSerializer):
    """The fields to change in an address."""

    formulaire, creation = AdresseForm, False
