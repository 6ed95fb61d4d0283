"""Offres, actions and sessions: what is shown, what is read."""

from typing import Any, ClassVar

from rest_framework import serializers

from api.champs import champs_de_l_api, montres
from api.serializers.communs import RaisonSerializer
from catalogue.cycle_de_vie import Statut
from catalogue.forms import ActionForm, FicheForm, OffreForm
from publication.retraits import phrases
from publication.visibilite import visible_le
from sessions_app.forms import SessionForm


class FicheSerializer(serializers.Serializer):
    """A record as a list shows it: what the program sets, then the fields of its form."""

    formulaire: ClassVar[type[FicheForm]]

    id = serializers.IntegerField(
        allow_null=True, help_text="La clé que donne le programme ; null quand `dry_run` simule une création."
    )
    identifiant = serializers.CharField(help_text="Votre identifiant.")
    statut = serializers.ChoiceField(
        choices=Statut.choices, help_text="Il ne s'écrit pas : seules les opérations le changent."
    )
    version = serializers.IntegerField(
        help_text="Un de plus à chaque changement ; aussi dans l'en-tête `ETag`."
    )
    visible = serializers.BooleanField(
        source="est_visible", help_text="Le public la voit, ou voit une session qu'elle contient."
    )
    cree_le = serializers.DateTimeField()
    modifie_le = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field]:
        """Then those of the form."""
        return {**super().get_fields(), **montres(self.formulaire)}


class OffreSerializer(FicheSerializer):
    """An offre: what is taught."""

    formulaire = OffreForm


class ActionSerializer(FicheSerializer):
    """An action: how, where, at what price."""

    formulaire = ActionForm

    offre = serializers.IntegerField(source="offre_id", help_text="La clé de son offre.")
    offre_identifiant = serializers.CharField(source="offre.identifiant")
    total_ht = serializers.DecimalField(12, 2, allow_null=True, help_text="Calculé.")
    total_ttc = serializers.DecimalField(12, 2, allow_null=True, help_text="Calculé.")
    cout_horaire_ht = serializers.DecimalField(12, 2, allow_null=True, help_text="Calculé.")


class SessionSerializer(FicheSerializer):
    """A session: when."""

    formulaire = SessionForm

    action = serializers.IntegerField(source="action_id", help_text="La clé de son action.")
    action_identifiant = serializers.CharField(source="action.identifiant")
    offre = serializers.IntegerField(source="action.offre_id")
    offre_identifiant = serializers.CharField(source="action.offre.identifiant")
    ouverte = serializers.BooleanField(
        help_text="Ouverte à l'inscription : seules ouvrir et fermer le changent."
    )
    ouverte_depuis = serializers.DateTimeField(allow_null=True)
    visible_le = serializers.SerializerMethodField(help_text="Le matin où elle paraîtra, quand elle attend.")

    def get_visible_le(self, session: Any) -> str | None:
        """D-25."""
        jour = visible_le(session)
        return jour and jour.isoformat()


class _Detail(serializers.Serializer):
    """What one record alone adds."""

    a_completer = serializers.SerializerMethodField(
        help_text="Ce qui manque pour la valider ; vide quand rien ne manque."
    )
    avertissements = serializers.SerializerMethodField(
        help_text="Ce qui est admis, et mérite un second regard ; ce qui disparaîtra demain matin."
    )

    def get_a_completer(self, fiche: Any) -> RaisonSerializer(many=True):  # type: ignore[valid-type]
        """Every rule that does not hold."""
        return [
            {"champ": regle.champ, "code": regle.slug, "phrase": regle.raison}
            for regle in fiche.empechements()
        ]

    def get_avertissements(self, fiche: Any) -> list[str]:
        """Sentences."""
        return [*fiche.avertissements(), *phrases(fiche)]


class OffreDetailSerializer(OffreSerializer, _Detail):
    """An offre, with what it lacks."""


class ActionDetailSerializer(ActionSerializer, _Detail):
    """An action, with what it lacks."""


class SessionDetailSerializer(SessionSerializer, _Detail):
    """A session, with what it lacks."""


class EcritureSerializer(serializers.Serializer):
    """What a client may write: an identifier, the fields of the form, and how to save them."""

    formulaire: ClassVar[type[FicheForm]]
    # The field that leads to the parent, asked for when one is created.
    contenant: ClassVar[str | None] = None

    identifiant = serializers.CharField(
        max_length=30, required=False, help_text="Votre identifiant ; il ne change plus après une ouverture."
    )
    valider = serializers.BooleanField(
        required=False, help_text="true pour VALIDER ; sinon, « Enregistrer », qui admet tout ce qui manque."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Then those of the form."""
        return {**super().get_fields(), **champs_de_l_api(self.formulaire)}


class CreationSerializer(EcritureSerializer):
    """A new record."""

    identifiant = serializers.CharField(
        max_length=30, help_text="Votre identifiant, unique sous le même parent."
    )


class ModificationSerializer(EcritureSerializer):
    """A record that exists."""

    version = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text=(
            "La version que vous avez lue : vos changements sont alors réunis avec ceux des autres, et seul"
            " ce qui diverge est refusé."
        ),
    )


class OffreCreationSerializer(CreationSerializer):
    """A new offre."""

    formulaire = OffreForm


class ActionCreationSerializer(CreationSerializer):
    """A new action."""

    formulaire, contenant = ActionForm, "offre"
    offre = serializers.IntegerField(min_value=1, help_text="La clé de l'offre qui la contient.")


class SessionCreationSerializer(CreationSerializer):
    """A new session."""

    formulaire, contenant = SessionForm, "action"
    action = serializers.IntegerField(min_value=1, help_text="La clé de l'action qui la contient.")


class OffreModificationSerializer(ModificationSerializer):
    """What changes of an offre."""

    formulaire = OffreForm


class ActionModificationSerializer(ModificationSerializer):
    """What changes of an action."""

    formulaire = ActionForm


class SessionModificationSerializer(ModificationSerializer):
    """What changes of a session."""

    formulaire = SessionForm


class DesarchivageSerializer(serializers.Serializer):
    """How far « Désarchiver » goes."""

    avec_descendants = serializers.BooleanField(
        required=False, help_text="true : avec tout ce qu'elle contient d'archivé."
    )


class SuppressionFaiteSerializer(serializers.Serializer):
    """What a deletion took along."""

    emportees = serializers.DictField(
        child=serializers.IntegerField(), help_text="Combien d'actions et de sessions."
    )
