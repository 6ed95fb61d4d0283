"""What of a catalogue does not go in EDOF's XML, and why.

The reason is the first one, from the record itself to what is around it. The database finds it for each
record, and counts: of hundreds of thousands held back, only those that are shown are read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from catalogue.nomenclatures import TypeOffre
from catalogue.regles import Regle
from echanges.exportables import REGLES_SESSION, Exportables
from edof.ecriture import parmi
from sessions_app.models import Session

# The codes of EDOF for a link that is missing or incomplete.
CODES_DES_LIENS = {
    "contact_information": "30017",
    "contact_inscription": "30022",
    "lieu_de_formation": "30013",
    "adresse_information": "30013",
    "adresse_inscription": "30013",
}
# Codes of what is not a fault: the record is simply not ready.
BROUILLON, DESSOUS, ELU, DESSUS = "brouillon", "rien-dessous", "elu", "parent-retenu"
_PARENTS: dict[Any, list[str]] = {
    Offre: ["certification"],
    Action: ["offre__certification"],
    Session: ["action__offre"],
}


@dataclass(frozen=True)
class Motif:
    """A reason to hold a record back: its code, what it is in the database, what is said of one record."""

    code: str
    q: Q
    phrase: Callable[[Any], str]
    champ: str = ""


def compter(exportables: Exportables, modele: type[Any]) -> Iterator[tuple[str, int]]:
    """Yield how many records of this level are held back, by code; a code may come several times."""
    motifs = _motifs(exportables, modele)
    par_motif = _retenues(exportables, modele, motifs).order_by().values("motif").annotate(nombre=Count("pk"))
    for motif, nombre in par_motif.values_list("motif", "nombre"):
        yield motifs[motif].code, nombre


def retenues(
    exportables: Exportables, modele: type[Any], au_plus: int
) -> Iterator[tuple[str, str, Any, str]]:
    """Yield the code, the sentence, the record and its field: `au_plus` records of each code, in order."""
    motifs = _motifs(exportables, modele)
    codes = list(dict.fromkeys(motif.code for motif in motifs))
    code = Case(*(When(motif=rang, then=Value(codes.index(m.code))) for rang, m in enumerate(motifs)))
    rang = Window(RowNumber(), partition_by=code, order_by="pk")
    lues = _retenues(exportables, modele, motifs).annotate(rang=rang).filter(rang__lte=au_plus)
    cles = dict(lues.order_by("pk").values_list("pk", "motif"))
    fiches = modele.objects.filter(pk__in=parmi(list(cles))).select_related(*_PARENTS[modele]).in_bulk()
    for cle, motif in cles.items():
        if fiche := fiches.get(cle):
            yield motifs[motif].code, motifs[motif].phrase(fiche), fiche, _champ(motifs[motif], fiche)


def _retenues(exportables: Exportables, modele: type[Any], motifs: list[Motif]) -> QuerySet[Any]:
    """Return the records held back, each with the place of its reason in `motifs`."""
    restent = exportables.toutes(modele).non_archivees().exclude(pk__in=exportables.de(modele).values("pk"))
    # The last reason is that of all the others.
    cas = [When(motif.q, then=Value(rang)) for rang, motif in enumerate(motifs[:-1])]
    return restent.annotate(motif=Case(*cas, default=Value(len(cas)), output_field=IntegerField()))


def _motifs(exportables: Exportables, modele: type[Any]) -> list[Motif]:
    return [
        Motif(BROUILLON, Q(statut=Statut.BROUILLON), _du_brouillon),
        Motif("statut", ~Q(statut__in=exportables.statuts), _du_statut),
        *([Motif(ELU, Q(type_offre=TypeOffre.ELU), _de_l_elu, "type_offre")] if modele is Offre else []),
        *(
            Motif(
                CODES_DES_LIENS.get(regle.champ or "", "incomplete"),
                ~regle.q,
                _dit(regle.raison),
                regle.champ or "",
            )
            for regle in _regles(modele)
        ),
        *_liens(exportables, modele),
        *_autour(exportables, modele),
    ]


def _regles(modele: type[Any]) -> tuple[Regle, ...]:
    return REGLES_SESSION if modele is Session else modele.REGLES


def _liens(exportables: Exportables, modele: type[Any]) -> Iterator[Motif]:
    """Yield the reasons of the contacts and addresses that EDOF would refuse, link by link."""
    for champ in modele._meta.concrete_fields:
        refusees = exportables.refusees.get(champ.related_model, {})
        par_code: dict[str, list[int]] = {}
        for cle, (code, _) in refusees.items():
            sien = CODES_DES_LIENS.get(champ.name, code if code == "30013" else "contact")
            par_code.setdefault(sien, []).append(cle)
        for code, cles in par_code.items():
            yield Motif(
                code, Q(**{f"{champ.attname}__in": parmi(cles)}), _du_lien(champ, refusees), champ.name
            )


def _autour(exportables: Exportables, modele: type[Any]) -> Iterator[Motif]:
    """Yield the reasons that are not of the record itself; the last one is that of all the others."""
    if modele is Session:
        yield Motif(DESSUS, Q(), _dit("Son action ou son offre ne part pas."))
        return
    dessous = "action" if modele is Offre else "session"
    yield Motif(DESSUS, Q(pk__in=parmi(exportables.garnies(modele))), _dit("Son offre ne part pas."))
    yield Motif(DESSOUS, Q(), _dit(f"Aucune {dessous} complète : EDOF en demande une au moins."))


def _dit(phrase: str) -> Callable[[Any], str]:
    return lambda fiche: phrase


def _du_brouillon(fiche: Any) -> str:
    manques = fiche.manques()
    return f"En brouillon. {manques[0].raison if manques else 'Elle est complète : validez-la.'}"


def _du_statut(fiche: Any) -> str:
    return f"Elle est {fiche.get_statut_display().lower()}."


def _de_l_elu(fiche: Any) -> str:
    return "Les offres du DIF élu ne passent pas par le XML."


def _du_lien(champ: Any, refusees: dict[int, tuple[str, str]]) -> Callable[[Any], str]:
    return lambda fiche: (
        f"{str(champ.verbose_name).capitalize()} : {refusees[getattr(fiche, champ.attname)][1]}"
    )


def _champ(motif: Motif, fiche: Any) -> str:
    """Return the field to look at: that of the reason, or the first that a brouillon lacks."""
    if motif.code != BROUILLON:
        return motif.champ
    return next((manque.champ or "" for manque in fiche.manques()), "")
