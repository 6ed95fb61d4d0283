"""What an operation on many records asks before its rehearsal; `parametres` is what the lot keeps (JSON)."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from bureau.fiche.programmer import CHOIX, OPERATIONS, UN_JOUR, VISIBLE, ProgrammationForm
from catalogue.cycle_de_vie import Statut
from catalogue.forms.action import ActionForm
from catalogue.forms.fiche import FicheForm
from catalogue.models import Action
from catalogue.nomenclatures import TAUX_DE_TVA
from catalogue.prix import taux_affiche
from edof.champs import EntierFormField, NombreFormField
from edof.templatetags.affichage import date_longue, enumerer, euros, pluriel
from lots.valeurs import Arrondi, Regle, Unite
from organismes.droits import Operation
from organismes.models import Organisme
from sessions_app.forms import SessionForm
from sessions_app.models import Session
from sessions_app.plans import NOMS
from sessions_app.programmation import refus_du_jour

# The fields that can be changed on many records at once: never what distinguishes one from another.
CHAMPS: dict[str, tuple[type[FicheForm], tuple[str, ...]]] = {
    "session": (
        SessionForm,
        ("contact_inscription", "adresse_inscription", "garantie", "modalites_particulieres"),
    ),
    "action": (
        ActionForm,
        (
            "lieu_de_formation",
            "contact_du_lieu",
            "contact_information",
            "adresse_information",
            "url_action",
        ),
    ),
}
# The texts to which one may add, instead of replacing them.
AJOUTABLES = ("modalites_particulieres",)
UN_AN = 366
# The actions proposed for a copy, the last modified; and those that may be ticked.
ACTIONS_PROPOSEES, ACTIONS_AU_PLUS = 200, 20


class ParametresForm(forms.Form):
    """Base: a form of which `parametres` is what the lot keeps, and `phrase` what the rehearsal says."""

    def __init__(self, *args: Any, organisme: Organisme, niveau: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisme, self.niveau = organisme, niveau

    def parametres(self) -> dict[str, Any]:
        """Return what the lot keeps, once the form is valid."""
        raise NotImplementedError

    @staticmethod
    def phrase(parametres: Mapping[str, Any], noms: Mapping[str, str]) -> str:
        """Return what will be done, in words; `noms` gives the labels of the fields."""
        raise NotImplementedError

    @staticmethod
    def initiale(parametres: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters as the initial values of the form, to correct them."""
        return dict(parametres)


class DecalerForm(ParametresForm):
    """By how much the dates are shifted."""

    sens = forms.ChoiceField(
        label="Sens",
        choices=[("1", "Plus tard"), ("-1", "Plus tôt")],
        initial="1",
        widget=forms.RadioSelect,
    )
    nombre = EntierFormField(
        label="De combien ?",
        min_value=1,
        max_value=UN_AN,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": 4}),
    )
    unite = forms.ChoiceField(label="Unité", choices=Unite.choices, initial=Unite.SEMAINES)
    ouvre = forms.BooleanField(
        label="Si le début tombe un week-end ou un jour férié, aller au jour ouvré suivant", required=False
    )

    def parametres(self) -> dict[str, Any]:
        """Return the shift, negative for earlier."""
        dits = self.cleaned_data
        nombre = dits["nombre"] * int(dits["sens"])
        return {"nombre": nombre, "unite": dits["unite"], "ouvre": dits["ouvre"]}

    @staticmethod
    def phrase(parametres: Mapping[str, Any], noms: Mapping[str, str]) -> str:
        """Return « Dates décalées de 2 semaines plus tard »."""
        formes = {Unite.SEMAINES: "semaine,semaines", Unite.JOURS: "jour,jours"}[Unite(parametres["unite"])]
        sens = "plus tard" if parametres["nombre"] > 0 else "plus tôt"
        ouvre = ", au jour ouvré suivant s'il le faut" if parametres["ouvre"] else ""
        combien = pluriel(abs(parametres["nombre"]), formes)
        return f"Dates décalées de {combien} {sens}{ouvre}. La durée reste."

    @staticmethod
    def initiale(parametres: Mapping[str, Any]) -> dict[str, Any]:
        """Return the number without its sign, which is in `sens`."""
        return {
            **parametres,
            "nombre": abs(parametres["nombre"]),
            "sens": "1" if parametres["nombre"] > 0 else "-1",
        }


class ChangerForm(ParametresForm):
    """The fields to change: each has its box, so that an empty field that is ticked empties it."""

    def __init__(self, *args: Any, organisme: Organisme, niveau: str, **kwargs: Any) -> None:
        super().__init__(*args, organisme=organisme, niveau=niveau, **kwargs)
        formulaire, self.noms = CHAMPS[niveau]
        champs: dict[str, Any] = dict(formulaire(fiche=_vide(niveau, organisme)).fields)
        for nom in self.noms:
            champ = champs[nom]
            champ.panneau = None
            libelle = getattr(champ, "nom", "") or champ.label
            self.fields[f"change-{nom}"] = forms.BooleanField(label=f"Changer : {libelle}", required=False)
            self.fields[nom] = champ
            if nom in AJOUTABLES:
                self.fields[f"mode-{nom}"] = forms.ChoiceField(
                    label="Ce texte",
                    choices=[("remplacer", "remplace ce qui est écrit"), ("ajouter", "s'ajoute à la suite")],
                    initial="remplacer",
                    widget=forms.RadioSelect,
                    required=False,
                )

    @property
    def lignes(self) -> list[dict[str, Any]]:
        """Return, for the template, the box, the field and the mode of each field."""
        return [
            {
                "case": self[f"change-{nom}"],
                "champ": self[nom],
                "mode": self[f"mode-{nom}"] if nom in AJOUTABLES else None,
            }
            for nom in self.noms
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse when no field is ticked. A field that is filled but not ticked is ticked: it was meant."""
        dits: dict[str, Any] = super().clean() or {}
        for nom in self.noms:
            dits[f"change-{nom}"] = dits.get(f"change-{nom}") or dits.get(nom) not in (None, "", [])
        if not any(dits[f"change-{nom}"] for nom in self.noms) and not self.errors:
            raise forms.ValidationError("Cochez au moins un champ à changer.")
        return dits

    def parametres(self) -> dict[str, Any]:
        """Return {"champs": {name: value or key}, "ajoutes": [name]}."""
        dits = self.cleaned_data
        champs = {nom: dits.get(nom) for nom in self.noms if dits[f"change-{nom}"]}
        return {
            "champs": {nom: getattr(valeur, "pk", valeur) for nom, valeur in champs.items()},
            "ajoutes": [
                nom for nom in AJOUTABLES if champs.get(nom) and dits.get(f"mode-{nom}") == "ajouter"
            ],
        }

    @staticmethod
    def phrase(parametres: Mapping[str, Any], noms: Mapping[str, str]) -> str:
        """Return « Changés : contact d'inscription et garantie de session »."""
        ajoutes = parametres.get("ajoutes", ())
        dits = [f"{noms[nom]}{' (à la suite)' if nom in ajoutes else ''}" for nom in parametres["champs"]]
        vides = [noms[nom] for nom, valeur in parametres["champs"].items() if valeur in (None, "")]
        fin = f" Vidés : {enumerer(vides)}." if vides else ""
        return f"Changés : {enumerer(dits)}.{fin}"

    @staticmethod
    def initiale(parametres: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values, and the boxes ticked."""
        champs = parametres["champs"]
        return {
            **champs,
            **{f"change-{nom}": True for nom in champs},
            **{f"mode-{nom}": "ajouter" for nom in parametres.get("ajoutes", ())},
        }


class PrixForm(ParametresForm):
    """The rule of a change of price, its lines and its rounding."""

    regle = forms.ChoiceField(
        label="Nouveau prix", choices=Regle.choices, initial=Regle.POURCENT, widget=forms.RadioSelect
    )
    montant = NombreFormField(
        label="De combien ?",
        max_digits=9,
        decimal_places=2,
        min_value=Decimal("-999999"),
        help_text="Pour cent ou euros, selon le choix. Moins pour baisser : -5.",
    )
    base = forms.ChoiceField(
        label="Calculé sur",
        choices=[("ht", "Le prix HT"), ("ttc", "Le prix TTC")],
        initial="ttc",
        widget=forms.RadioSelect,
    )
    taux = forms.MultipleChoiceField(
        label="Lignes de TVA",
        choices=[(nom, taux_affiche(taux)) for nom, taux in TAUX_DE_TVA.items()],
        initial=list(TAUX_DE_TVA),
        widget=forms.CheckboxSelectMultiple,
        help_text="Une ligne sans prix reste sans prix.",
        error_messages={"required": "Cochez au moins une ligne de TVA."},
    )
    arrondi = forms.ChoiceField(label="Arrondi du prix TTC", choices=Arrondi.choices, initial=Arrondi.CENTIME)

    def clean_montant(self) -> Decimal:
        """Refuse a fixed price below zero."""
        montant: Decimal = self.cleaned_data["montant"]
        if self.data.get("regle") == Regle.EGAL and montant < 0:
            raise forms.ValidationError("Un prix ne peut pas être négatif.")
        return montant

    def parametres(self) -> dict[str, Any]:
        """Return the rule; the amount as a text."""
        return {**self.cleaned_data, "montant": str(self.cleaned_data["montant"])}

    @staticmethod
    def phrase(parametres: Mapping[str, Any], noms: Mapping[str, str]) -> str:
        """Return « Prix TTC : + 3 %, arrondi à l'euro ; lignes : 20 % »."""
        montant = Decimal(parametres["montant"])
        signe = "+" if montant >= 0 else "−"
        dit = {
            Regle.POURCENT: f"{signe} {abs(montant).normalize():f} %".replace(".", ","),
            Regle.EUROS: f"{signe} {euros(abs(montant))}",
            Regle.EGAL: f"= {euros(montant)}",
        }[Regle(parametres["regle"])]
        arrondi = str(Arrondi(parametres["arrondi"]).label)
        lignes = enumerer([taux_affiche(TAUX_DE_TVA[nom]) for nom in parametres["taux"]])
        return (
            f"Prix {parametres['base'].upper()} : {dit}, arrondi {arrondi[:1].lower()}{arrondi[1:]}."
            f" Lignes : {lignes}."
        )


class DupliquerForm(ParametresForm):
    """The actions under which the sessions are copied."""

    actions = forms.ModelMultipleChoiceField(
        label="Vers les actions",
        queryset=Action.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Cochez au moins une action.",
            "invalid_choice": "Cette action n'existe pas ou plus : choisissez dans la liste.",
            "invalid_pk_value": "Cette action n'existe pas ou plus : choisissez dans la liste.",
        },
    )

    def __init__(self, *args: Any, organisme: Organisme, niveau: str, **kwargs: Any) -> None:
        super().__init__(*args, organisme=organisme, niveau=niveau, **kwargs)
        actions = Action.objects.pour_organisme(organisme).exclude(statut=Statut.ARCHIVEE)
        champ: Any = self.fields["actions"]
        champ.queryset = actions.filter(
            pk__in=actions.order_by("-modifie_le", "-pk").values("pk")[:ACTIONS_PROPOSEES]
        )
        champ.queryset = champ.queryset.select_related("offre", "lieu_de_formation").order_by("-modifie_le")
        champ.label_from_instance = lambda action: (
            f"{action.ville} · {action.identifiant} ({action.offre.intitule or action.offre.identifiant})"
        )

    def clean_actions(self) -> Any:
        """Refuse more actions than a rehearsal can show."""
        actions = self.cleaned_data["actions"]
        if len(actions) > ACTIONS_AU_PLUS:
            raise forms.ValidationError(f"Cochez au plus {ACTIONS_AU_PLUS} actions à la fois.")
        return actions

    def parametres(self) -> dict[str, Any]:
        """Return the keys of the actions, and their names for the sentence."""
        actions = self.cleaned_data["actions"]
        return {"actions": [action.pk for action in actions], "noms": [str(action) for action in actions]}

    @staticmethod
    def phrase(parametres: Mapping[str, Any], noms: Mapping[str, str]) -> str:
        """Return « Copies sous l'action A1 »."""
        quoi = "l'action" if len(parametres["noms"]) == 1 else "les actions"
        return f"Copiées vers {quoi} {enumerer(parametres['noms'])}."


class ProgrammerForm(ParametresForm, ProgrammationForm):
    """The operation to plan and its day, as on the page of one session."""

    def __init__(self, *args: Any, organisme: Organisme, niveau: str, **kwargs: Any) -> None:
        super().__init__(*args, organisme=organisme, niveau=niveau, offerts=list(CHOIX), **kwargs)

    def clean_jour(self) -> dt.date:
        """Refuse a day on which nothing can be planned."""
        jour: dt.date = self.cleaned_data["jour"]
        quoi = self.cleaned_data.get("quoi")
        if quoi and (refus := refus_du_jour(OPERATIONS[quoi], jour)):
            raise forms.ValidationError([dit.phrase for dit in refus])
        return jour

    def parametres(self) -> dict[str, Any]:
        """Return the operation, its day, and what was asked."""
        dits = self.cleaned_data
        return {"operation": self.operation.value, "jour": self.le.isoformat(), "quoi": dits["quoi"]}

    @staticmethod
    def phrase(parametres: Mapping[str, Any], noms: Mapping[str, str]) -> str:
        """Return « Ouverture programmée le 5 avril 2027 »."""
        nom = NOMS[Operation(parametres["operation"])]
        return f"{nom} programmée le {date_longue(dt.date.fromisoformat(parametres['jour']))}."

    @staticmethod
    def initiale(parametres: Mapping[str, Any]) -> dict[str, Any]:
        """Return the choice, and the day that was typed."""
        jour = dt.date.fromisoformat(parametres["jour"])
        return {"quoi": parametres["quoi"], "jour": jour + (parametres["quoi"] == VISIBLE) * UN_JOUR}


PARAMETRES: dict[str, type[ParametresForm]] = {
    "decaler": DecalerForm,
    "changer": ChangerForm,
    "prix": PrixForm,
    "dupliquer": DupliquerForm,
    "programmer": ProgrammerForm,
}


def noms_des_champs(niveau: str) -> dict[str, str]:
    """Return the label of each field that can be changed, as it reads inside a sentence."""
    if niveau not in CHAMPS:
        return {}
    modele = {"session": Session, "action": Action}[niveau]
    colonnes: dict[str, Any] = {nom: modele._meta.get_field(nom) for nom in CHAMPS[niveau][1]}
    noms = {nom: str(colonne.verbose_name) for nom, colonne in colonnes.items()}
    return {nom: f"{dit[:1].lower()}{dit[1:]}" for nom, dit in noms.items()}


def _vide(niveau: str, organisme: Organisme) -> Session | Action:
    if niveau == "session":
        return Session(organisme=organisme, action=Action(organisme=organisme))
    return Action(organisme=organisme)
