"""Template filters for dates, prices, counts and icons (D-30 to D-32)."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from functools import cache
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.db.models import Model
from django.forms import BaseForm, BoundField, Textarea
from django.template.loader import get_template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from edof import nombres
from edof.horloge import PARIS, aujourd_hui, jour_de
from edof.pliage import plier
from edof.statiques import adresses
from edof.texte_leger import en_html, longueur_pour_edof

register = template.Library()

# Codes of Django's generic error messages, and how our own generic sentences begin.
GENERALES = {
    "required", "invalid", "invalid_choice", "invalid_list", "invalid_pk_value", "item_invalid", "max_length",
    "min_length", "max_value",
    "min_value", "max_digits", "max_decimal_places", "max_whole_digits", "telephone",
}  # fmt: skip
GENERALE = re.compile("(Ce|Cet|Cette) (champ|choix|date|nombre|texte|valeur) ")

INSECABLE = "\N{NO-BREAK SPACE}"
FINE = "\N{NARROW NO-BREAK SPACE}"


@register.simple_tag
def statiques(nom: str) -> list[str]:
    """Return the URLs of the style sheets or of the scripts that this merged file stands for."""
    return adresses(nom)


@register.filter
def euros(montant: Decimal | None) -> str:
    """Return « 5 000,00 € », or « Prix à préciser » when the price is unknown.

    The spaces are French non-breaking spaces.
    """
    return "Prix à préciser" if montant is None else nombres.euros(montant)


@register.filter
def euros_ou_rien(montant: Decimal | None) -> str:
    """Return « 5 000,00 € », or an empty text when the price is unknown."""
    return "" if montant is None else nombres.euros(montant)


@register.filter
def texte_leger(texte: str) -> SafeString:
    """Return a long text as HTML: paragraphs, lists, bold."""
    return en_html(texte)


@register.filter
def ancre(champ: BoundField) -> str:
    """Return the id that a link to this field targets: its control, or the group of its choices."""
    return champ.auto_id if champ.use_fieldset else champ.id_for_label


@register.filter
def court(champ: BoundField) -> bool:
    """Return whether the control of this field needs half of the width only.

    It does for a number, a date or a list of choices.
    """
    widget = champ.field.widget
    large = champ.use_fieldset or isinstance(widget, Textarea) or "data-compteur" in widget.attrs
    return not (large or getattr(champ.field, "large", False))


@register.filter
def compteur(champ: BoundField) -> str:
    """Return « 0 / 3000 caractères », then updated by the script (S-92).

    It is empty for a field without counter.
    """
    maximum = champ.field.widget.attrs.get("data-compteur")
    texte = str(champ.value() or "").replace("\r\n", "\n")
    if not maximum:
        return ""
    compte = f"{len(texte)} / {maximum} caractères"
    ecrite = longueur_pour_edof(texte) if "data-leger" in champ.field.widget.attrs else 0
    if ecrite <= int(maximum):
        return compte
    # static/js/saisie.js writes the same while one types.
    return (
        f"{compte} - {milliers(ecrite)} une fois mis en forme pour EDOF, qui le recevrait sans mise en forme"
    )


@register.filter
def date_longue(jour: dt.date | None) -> str:
    """Return « 14 septembre 2023 » or « 1er septembre 2023 »; empty for None."""
    if jour is None:
        return ""
    return f"{'1er' if jour.day == 1 else jour.day} {date_format(jour, 'F Y')}"


@register.filter
def jour_entier(jour: dt.date) -> str:
    """Return « jeudi 14 septembre 2023 »."""
    return f"{date_format(jour, 'l')} {date_longue(jour)}"


@register.simple_tag
def du_au(du: dt.date, au: dt.date) -> str:
    """Return « Du 3 au 9 novembre » or « Le 3 novembre »; the year only when it is not the current one."""

    def ecrit(jour: dt.date, forme: str) -> str:
        return f"{'1er' if jour.day == 1 else jour.day} {date_format(jour, forme)}".strip()

    annee = "" if du.year == au.year == aujourd_hui().year else " Y"
    if du == au:
        return f"Le {ecrit(au, f'F{annee}')}"
    if (du.year, du.month) == (au.year, au.month):
        debut = "1er" if du.day == 1 else str(du.day)
    else:
        debut = ecrit(du, "F" if du.year == au.year else "F Y")
    return f"Du {debut} au {ecrit(au, f'F{annee}')}"


def dates_courtes(debut: dt.date, fin: dt.date) -> str:
    """Return « 1er au 5 mars 2027 », without what both dates share; « 5 mars 2027 » for one day."""
    if debut == fin:
        return date_longue(fin)
    mots = date_longue(debut).split(" ")
    if debut.year == fin.year:
        mots = mots[:1] if debut.month == fin.month else mots[:2]
    return f"{' '.join(mots)} au {date_longue(fin)}"


@register.filter
def veille(jour: dt.date) -> dt.date:
    """Return the day before."""
    return jour - dt.timedelta(days=1)


@register.filter
def date_modification(instant: dt.datetime) -> str:
    """Return « 06 avril 2023 », with a two-digit day (S-15)."""
    return date_format(instant.astimezone(PARIS), "d F Y")


@register.filter
def heure(instant: dt.datetime) -> str:
    """Return « 10 h 42 », in Paris time."""
    local = instant.astimezone(PARIS)
    return f"{local.hour}{INSECABLE}h{INSECABLE}{local.minute:02d}"


@register.filter
def instant(moment: dt.datetime) -> str:
    """Return « 14 septembre 2027 à 10 h 42 (heure de Paris) »."""
    return f"{date_longue(jour_de(moment))} à {heure(moment)} (heure{INSECABLE}de{INSECABLE}Paris)"


@register.filter
def moment(instant: dt.datetime) -> str:
    """Return « aujourd'hui à 10 h 42 » or « le 3 mars 2026 à 10 h 42 », in Paris time."""
    jour = jour_de(instant)
    quand = "aujourd'hui" if jour == aujourd_hui() else f"le {date_longue(jour)}"
    return f"{quand} à {heure(instant)}"


@register.filter
def moment_court(instant: dt.datetime) -> str:
    """Return « à 10 h 42 » for today, « le 3 mars 2026 à 10 h 42 » otherwise."""
    return moment(instant).removeprefix("aujourd'hui ")


@register.filter
def periode(session: Any) -> str:
    """Return « 14 septembre 2023 au 15 septembre 2024 », or « Pas de dates de session » (S-26, D-32).

    Return « Dates à compléter » when one date is missing, « Dates à renseigner » when both are.
    """
    if session.date_debut and session.date_fin:
        return f"{date_longue(session.date_debut)} au {date_longue(session.date_fin)}"
    if session.date_debut or session.date_fin:
        return "Dates à compléter"
    return "Pas de dates de session" if session.pas_de_dates else "Dates à renseigner"


@register.filter
def pluriel(nombre: int, formes: str) -> str:
    """Return « 0 session programmée » or « 25 sessions programmées »: in French, singular below two (D-31).

    `formes` is the singular and the plural, separated by a comma.
    """
    return f"{milliers(nombre)}{INSECABLE}{accord(nombre, formes)}"


@register.filter
def accord(nombre: int, formes: str) -> str:
    """Return the word alone, singular below two, for a number that is shown apart."""
    singulier, plusieurs = formes.split(",")
    return singulier if nombre < 2 else plusieurs


@register.filter
def milliers(nombre: int) -> str:
    """Return « 72 408 », with French non-breaking spaces."""
    return f"{nombre:,}".replace(",", FINE)


def compter(nombres: dict[type[Model], int]) -> list[str]:
    """Return « 2 actions », « 1 session »: the number of records of each level that has any."""
    return [
        pluriel(n, f"{modele._meta.verbose_name},{modele._meta.verbose_name_plural}")
        for modele, n in nombres.items()
        if n
    ]


@register.filter
def de(nom: object) -> str:
    """Return « de Claire Moreau », « d'Anne Dupuis »: the name after « de », elided before a vowel."""
    texte = str(nom)
    return f"d'{texte}" if re.match("[aeiou]|y[^aeiou]", plier(texte[:2])) else f"de {texte}"


def enumerer(noms: list[str]) -> str:
    """Return « a, b et c »."""
    return " et ".join(filter(None, [", ".join(noms[:-1]), *noms[-1:]]))


@register.filter
def insecables(texte: str) -> str:
    """Return the French sentence with non-breaking spaces, so that no line begins with « : » or « ? »."""
    return re.sub(r" (?=[:;?!»])|(?<=«) ", INSECABLE, texte)


@register.filter
def gestes(message: Message) -> list[dict[str, str]]:
    """Return the actions that a message offers, from its `extra_tags`.

    The tags are « annuler:<contexte> », « voir:session-12 », « pourquoi:session-12 », « serie:<key> »,
    « disparaissent » and « corbeille ».
    """
    offerts = []
    for mot in (message.extra_tags or "").split():
        nom, _, de = mot.partition(":")
        if nom == "annuler":
            offerts.append({"libelle": "Annuler", "methode": "post", "url": reverse("annuler", args=[de])})
        elif nom == "voir":
            offerts.append(
                {
                    "libelle": "Voir dans le catalogue",
                    "methode": "get",
                    "url": f"{reverse('catalogue')}?voir={de}",
                }
            )
        elif nom == "pourquoi":
            niveau, _, cle = de.partition("-")
            url = reverse("visibilite", args=[niveau, cle])
            offerts.append({"libelle": "Voir pourquoi", "methode": "get", "url": url})
        elif nom == "disparaissent":
            url = f"{reverse('catalogue')}?visibilite=vont_disparaitre"
            offerts.append({"libelle": "Voir ce qui va disparaître", "methode": "get", "url": url})
        elif nom == "serie":
            url = f"{reverse('sessions')}?serie={de}"
            offerts.append({"libelle": "Voir la série", "methode": "get", "url": url})
        elif nom == "corbeille":
            offerts.append({"libelle": "Voir la corbeille", "methode": "get", "url": reverse("corbeille")})
    return offerts


@register.filter
def lignes(message: Message) -> list[str]:
    """Return the lines of a message: its sentence, then the items it lists, one per line."""
    return str(message).split("\n")


@register.filter
def fautes(form: BaseForm) -> list[dict[str, str]]:
    """Return the errors of a form in the order of the page, as dicts.

    `phrase` is the sentence, `ancre` the id of the field it leads to (empty for an error of the whole form).
    """
    generales = [{"phrase": phrase, "ancre": ""} for phrase in form.non_field_errors()]
    return generales + [
        {"phrase": phrase, "ancre": ancre(champ)}
        for champ in _dans_l_ordre(form)
        for phrase in _phrases(champ)
    ]


def _dans_l_ordre(form: BaseForm) -> list[BoundField]:
    """Return the fields in the order of the page, then those that the page does not show."""
    parties = getattr(form, "sections", None) or [
        {"champs": groupe.champs} for groupe in getattr(form, "groupes", ())
    ]
    montres = {champ.name: champ for partie in parties for champ in partie["champs"]}
    return list({**montres, **{champ.name: champ for champ in form if champ.name not in montres}}.values())


def _phrases(champ: BoundField) -> list[str]:
    """Return the errors of the field, each preceded by its name unless the sentence already contains it.

    The sentences of the rules of a record already name their field.
    """
    nom = getattr(champ.field, "nom", None) or champ.label
    dites = [
        (phrase, erreur.code) for phrase, erreur in zip(champ.errors, champ.errors.as_data(), strict=True)
    ]
    return [f"{nom} : {phrase}" if _a_nommer(nom, phrase, code) else str(phrase) for phrase, code in dites]


def _a_nommer(nom: str, phrase: str, code: str | None) -> bool:
    """Return whether the name of the field must be added to the sentence.

    It must when the sentence could be that of any field and does not contain all the words of the name.
    """
    dit = _mots(nom) and _mots(nom) <= _mots(phrase)
    return bool(nom) and not dit and (code in GENERALES or GENERALE.match(phrase) is not None)


def _mots(texte: str) -> set[str]:
    sans_accents = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", texte.casefold()))
    return {mot.rstrip("s") for mot in re.findall(r"\w{3,}", sans_accents)} - {
        "les",
        "des",
        "une",
        "est",
        "aux",
        "par",
    }


@register.simple_tag(takes_context=True)
def faute(context: template.Context) -> str:
    """Return « Erreur : », to begin the title of a page that shows a form with errors; empty otherwise."""
    valeurs = [v for plan in context.dicts for v in plan.values()]
    formulaires = [
        f for v in valeurs for f in (v.values() if isinstance(v, dict) else [v]) if isinstance(f, BaseForm)
    ]
    return "Erreur : " if any(form.is_bound and form.errors for form in formulaires) else ""


@cache
def _icone(nom: str) -> SafeString:
    return get_template(f"icones/{nom}.svg").render()


@register.simple_tag
def icone(nom: str) -> SafeString:
    """Return a decorative icon as inline SVG; `nom` is a file of `templates/icones/`."""
    return _icone(nom)
