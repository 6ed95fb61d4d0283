"""Serializers of offres, actions and sessions, for reading and for writing."""

from typing import Any, ClassVar

from rest_framework import serializers

from api.champs import champs_de_l_api, montres
from api.serializers.communs import RaisonSerializer
from catalogue.cycle_de_vie import Statut
from catalogue.forms import ActionForm, FicheForm, OffreForm
from publication.retraits import phrases
from publication.visibilite import visible_le
from sessions_app.forms import SessionForm
from sessions_app.plans import Programmation, plans_de


class FicheSerializer(serializers.Serializer):
    """A record as a list shows it: the fields set by the program, then those of its form."""

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
        """Return the declared fields, then those of the form."""
        return {**super().get_fields(), **montres(self.formulaire)}


class OffreSerializer(FicheSerializer):
    """An offre: what is taught."""

    formulaire = OffreForm


class ActionSerializer(FicheSerializer):
    """An action: the way an offre is taught, the place and the price."""

    formulaire = ActionForm

    offre = serializers.IntegerField(source="offre_id", help_text="La clé de son offre.")
    offre_identifiant = serializers.CharField(source="offre.identifiant")
    total_ht = serializers.DecimalField(12, 2, allow_null=True, help_text="Calculé.")
    total_ttc = serializers.DecimalField(12, 2, allow_null=True, help_text="Calculé.")
    cout_horaire_ht = serializers.DecimalField(12, 2, allow_null=True, help_text="Calculé.")


class SessionSerializer(FicheSerializer):
    """A session: the dates of an action."""

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
        """Return the morning on which the session will appear, AAAA-MM-JJ, or None (D-25)."""
        jour = visible_le(session)
        return jour and jour.isoformat()


class ImpactSerializer(serializers.Serializer):
    """What a change would lose below the record, as the web pages announce it before saving."""

    matin = serializers.DateField(help_text="Le matin pour lequel les sessions sont comparées.")
    phrases = serializers.ListField(
        child=serializers.CharField(), help_text="Les phrases que montre l'écran."
    )
    visibles = serializers.ListField(
        child=serializers.IntegerField(), help_text="Les sessions que le public voit et ne verrait plus."
    )
    attendues = serializers.ListField(
        child=serializers.IntegerField(), help_text="Celles qui devaient paraître, et ne paraîtraient pas."
    )
    incoherentes = serializers.ListField(
        child=serializers.IntegerField(), help_text="Celles qui ne s'accorderaient plus avec leur action."
    )
    actions = serializers.ListField(
        child=serializers.IntegerField(), help_text="Les actions qui deviendraient incomplètes."
    )


class _AvecImpact(serializers.Serializer):
    """What a simulated change adds to the record that has others below it."""

    impact = serializers.SerializerMethodField(
        help_text="Avec `dry_run`, ce que le changement ferait perdre en dessous ; null quand ce n'est rien."
    )

    def get_impact(self, fiche: Any) -> ImpactSerializer(allow_null=True):  # type: ignore[valid-type]
        """Return what `essayer` has found, which the view gives to the record."""
        impact = getattr(fiche, "impact", None)
        if impact is None:
            return None
        return ImpactSerializer(vars(impact) | {"phrases": list(map(str, impact.phrases()))}).data


class _Detail(serializers.Serializer):
    """The fields added when one record is read alone."""

    a_completer = serializers.SerializerMethodField(
        help_text="Ce qui manque pour la valider ; vide quand rien ne manque."
    )
    avertissements = serializers.SerializerMethodField(
        help_text="Ce qui est admis, et mérite un second regard ; ce qui disparaîtra demain matin."
    )

    def get_a_completer(self, fiche: Any) -> RaisonSerializer(many=True):  # type: ignore[valid-type]
        """Return every rule that the record does not meet."""
        return [
            {"champ": regle.champ, "code": regle.slug, "phrase": regle.raison}
            for regle in fiche.empechements()
        ]

    def get_avertissements(self, fiche: Any) -> list[str]:
        """Return the warnings as sentences."""
        return [*fiche.avertissements(), *phrases(fiche), *fiche.suites]


class OffreDetailSerializer(OffreSerializer, _Detail, _AvecImpact):
    """An offre, with what is missing to validate it."""


class ActionDetailSerializer(ActionSerializer, _Detail, _AvecImpact):
    """An action, with what is missing to validate it."""


class ProgrammationSerializer(serializers.Serializer):
    """A planned opening or closing (D-46)."""

    operation = serializers.ChoiceField(choices=Programmation.OPERATIONS)
    jour = serializers.DateField(help_text="Le jour où elle se fait, avant la publication de ce jour.")
    visible_le = serializers.DateField(
        allow_null=True, help_text="Le premier matin où le public verrait la session ; null pour fermer."
    )
    etat = serializers.ChoiceField(choices=Programmation.Etat.choices)
    raison = serializers.CharField(help_text="Pourquoi elle est refusée ; vide autrement.")
    par = serializers.CharField(source="auteur", help_text="La personne, ou le jeton.")
    prevue_le = serializers.DateTimeField(help_text="Quand elle a été programmée.")
    close_le = serializers.DateTimeField(allow_null=True, help_text="Quand elle a été faite ou refusée.")


class ProgrammationsSerializer(serializers.Serializer):
    """What a session says of its plans."""

    programmations = ProgrammationSerializer(many=True)


class ProgrammationCreationSerializer(serializers.Serializer):
    """A plan to order."""

    operation = serializers.ChoiceField(choices=Programmation.OPERATIONS)
    jour = serializers.DateField(help_text="AAAA-MM-JJ, à partir de demain.")


class SessionDetailSerializer(SessionSerializer, _Detail):
    """A session, with what is missing to validate it, and what is planned for it."""

    programmations = serializers.SerializerMethodField(
        help_text="Ce qui est programmé, ou vient d'être refusé ou fait en retard."
    )

    def get_programmations(self, session: Any) -> ProgrammationSerializer(many=True):  # type: ignore[valid-type]
        """Return the plans that the card of the session shows."""
        return ProgrammationSerializer(plans_de([session.pk])[session.pk], many=True).data


class EcritureSerializer(serializers.Serializer):
    """What a client may write: an identifier, the fields of the form, and how to save them."""

    formulaire: ClassVar[type[FicheForm]]
    # The field that names the parent, required to create a record.
    contenant: ClassVar[str | None] = None

    identifiant = serializers.CharField(
        max_length=30, required=False, help_text="Votre identifiant ; il ne change plus après une ouverture."
    )
    valider = serializers.BooleanField(
        required=False, help_text="true pour VALIDER ; sinon, « Enregistrer », qui admet tout ce qui manque."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the declared fields, then those of the form."""
        return {**super().get_fields(), **champs_de_l_api(self.formulaire)}


class CreationSerializer(EcritureSerializer):
    """A record to create."""

    identifiant = serializers.CharField(
        max_length=30, help_text="Votre identifiant, unique sous le même parent."
    )


class ModificationSerializer(EcritureSerializer):
    """An existing record to change."""

    version = serializers.IntegerField(
        required=False,
        min_value=0,
        help_text=(
            "La version que vous avez lue : vos changements sont alors réunis avec ceux des autres, et seul"
            " ce qui diverge est refusé."
        ),
    )


class OffreCreationSerializer(CreationSerializer):
    """An offre to create."""

    formulaire = OffreForm


class ActionCreationSerializer(CreationSerializer):
    """An action to create."""

    formulaire, contenant = ActionForm, "offre"
    offre = serializers.IntegerField(min_value=1, help_text="La clé de l'offre qui la contient.")


class SessionCreationSerializer(CreationSerializer):
    """A session to create."""

    formulaire, contenant = SessionForm, "action"
    action = serializers.IntegerField(min_value=1, help_text="La clé de l'action qui la contient.")


class OffreModificationSerializer(ModificationSerializer):
    """The fields to change in an offre."""

    formulaire = OffreForm


class ActionModificationSerializer(ModificationSerializer):
    """The fields to change in an action."""

    formulaire = ActionForm


class SessionModificationSerializer(ModificationSerializer):
    """The fields to change in a session."""

    formulaire = SessionForm


class DesarchivageSerializer(serializers.Serializer):
    """The scope of « Désarchiver »."""

    avec_descendants = serializers.BooleanField(
        required=False, help_text="true : avec tout ce qu'elle contient d'archivé."
    )


class SuppressionFaiteSerializer(serializers.Serializer):
    """The number of records that a deletion took along."""

    emportees = serializers.DictField(
        child=serializers.IntegerField(), help_text="Combien d'actions et de sessions."
    )
