"""The reading and the planning of an import, kept in its rows; nothing is written in the catalogue."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalogue.models.fiche import niveaux
from echanges.decisions import Decision, LignePlanifiee
from echanges.lecture import lire, lire_collage
from echanges.lignes import FichierRefuse, Gravite, LigneLue
from echanges.models import Correspondance, Etat, Import, LigneImport, MotRetenu
from echanges.plan import ORDRE, Commencees, planifier
from echanges.tableur import ColonneLue, Lecture
from echanges.titres import Choix
from edof.ecriture import parmi
from edof.horloge import maintenant
from edof.pliage import plier
from lots.repetition import COMPTE_DISPARU
from organismes.models.entree import Entree

# A file up to this size is read by the request that brings it; a larger one, by the worker.
TOUT_DE_SUITE = 100_000
COLLAGE = "Collage"
# The lines written at once.
ENSEMBLE = 500
# The tables of an organisme whose columns are known beforehand: the latest.
CORRESPONDANCES_AU_PLUS = 500


def deposer(importation: Import, morceaux: Iterable[bytes]) -> Import:
    """Keep a file, new or corrected, to be read; return its import."""
    importation.etat, importation.refus, importation.modifie_le = Etat.A_LIRE, "", maintenant()
    with transaction.atomic():
        importation.save()
        importation.garder(morceaux)
        importation.save()
    return importation


def preparer(importation: Import) -> None:
    """Read the file and plan its lines anew, with all that was said of them; or note why it is refused.

    What was applied is not planned again.
    """
    with transaction.atomic():
        verrou = Import.objects.select_for_update(of=("self",)).select_related("organisme", "action__offre")
        courant = verrou.filter(pk=importation.pk).first()
        if courant is None or courant.etat not in {Etat.A_LIRE, Etat.PLANIFIE, Etat.REFUSE}:
            return
        try:
            _preparer(courant)
        except FichierRefuse as refus:
            courant.lignes.all().delete()
            courant.etat, courant.refus, courant.nombre = Etat.REFUSE, str(refus), 0
        except PermissionDenied as interdit:
            courant.etat, courant.refus = Etat.REFUSE, str(interdit)
        courant.modifie_le = maintenant()
        courant.save()
    importation.refresh_from_db()


def _preparer(importation: Import) -> None:
    acteur = importation.acteur
    if acteur is None:
        raise PermissionDenied(COMPTE_DISPARU)
    lecture = _lire(importation)
    importation.choix = {"commencees": str(Commencees.par_defaut(lecture.format)), **importation.choix}
    dits = importation.choix
    corrections = dits.get("corrections", {})
    corrigees = {}
    for ligne in lecture.lignes:
        if dites := corrections.get(str(ligne.repere)):
            corrigees[id(ligne)] = corriger(ligne, dites)
    plan = planifier(
        lecture.lignes,
        organisme=importation.organisme,
        par=acteur,
        action=importation.action,
        commencees=dits["commencees"],
    )
    importation.lecture = _resume(lecture, plan.remarques)
    decochees = set(dits.get("decochees", ()))
    importation.lignes.all().delete()
    rangees = sorted(plan.lignes, key=lambda planifiee: ORDRE[planifiee.lue.niveau])
    # By sets: the rows of a long file are never all in memory.
    for debut in range(0, len(rangees), ENSEMBLE):
        LigneImport.objects.bulk_create(
            _rangee(importation, rang, planifiee, corrigees.get(id(planifiee.lue), {}), decochees)
            for rang, planifiee in enumerate(rangees[debut : debut + ENSEMBLE], debut)
        )
    importation.etat, importation.refus, importation.nombre = Etat.PLANIFIE, "", len(rangees)


def _lire(importation: Import) -> Lecture:
    """Read the file as it was said to be; the first time, as a file with the same titles was."""
    dits = importation.choix
    mots: dict[str, dict[str, str]] = {}
    for mot in MotRetenu.objects.filter(organisme=importation.organisme_id):
        mots.setdefault(mot.champ, {})[mot.mot] = mot.valeur
    retenues = Correspondance.objects.filter(organisme=importation.organisme_id).order_by("-modifie_le")
    connues = {une.empreinte: (une.colonnes, une.fixes) for une in retenues[:CORRESPONDANCES_AU_PLUS]}
    dites = {empreinte: tuple(dit) for empreinte, dit in dits.get("tables", {}).items()}
    choix = Choix(dits.get("feuilles", []), dits.get("niveau", ""), tables={**connues, **dites}, mots=mots)
    lecture = _lire_avec(importation, choix)
    reprises = {table.empreinte: connues[table.empreinte] for table in lecture.tables
                if table.empreinte in connues and table.empreinte not in dites}  # fmt: skip
    if reprises:
        importation.choix = {**dits, "tables": {**dits.get("tables", {}), **reprises}}
        lecture.remarques.insert(0, "Colonnes lues comme la dernière fois.")
    return lecture


def _lire_avec(importation: Import, choix: Choix) -> Lecture:
    with importation.ouvrir() as fichier:
        if importation.nom == COLLAGE:
            return lire_collage(fichier.read().decode("utf-8", "replace"), choix)
        lecture: Lecture = lire(
            fichier, importation.taille, importation.nom, choix, importation.organisme.siret
        )
        return lecture


def corriger(ligne: LigneLue, corrections: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Put in the line what a person typed in place of what was read; return what was kept of it.

    A correction holds for the text that was on the screen: when the file says something else now, it is
    forgotten.
    """
    gardees = {}
    for champ, correction in corrections.items():
        lu = _lu(ligne, champ)
        if correction.get("lue", "") != lu:
            continue
        gardees[champ] = correction
        ligne.anomalies = [
            anomalie
            for anomalie in ligne.anomalies
            if anomalie.champ != champ or anomalie.gravite not in {Gravite.BLOQUANTE, Gravite.AVERTISSEMENT}
        ]
        if (rang := rang_du_chemin(ligne, champ)) is not None:
            chemin = list(ligne.chemin)
            chemin[rang] = correction["mise"]
            ligne.chemin = tuple(chemin)
        else:
            ligne.valeurs[champ] = correction["mise"] or None
    return gardees


def rang_du_chemin(ligne: LigneLue, champ: str) -> int | None:
    """Return which identifier of the path a field is; None for a value."""
    noms = {1: (champ,) if champ in {"identifiant", "titre", "offre"} else ()}.get(
        len(ligne.chemin), ("offre", "action", "session")[: len(ligne.chemin)]
    )
    return noms.index(champ) if champ in noms else None


def _lu(ligne: LigneLue, champ: str) -> str:
    return ligne.ecrites.get(champ, "") or str(ligne.valeurs.get(champ) or "")


def valeur_lue(rangee: LigneImport, champ: str) -> str:
    """Return the text that the file has for this field, whatever was typed in its place since."""
    corrigee = rangee.corrections.get(champ)
    return str(corrigee["lue"]) if corrigee else _lu(rangee.lue(), champ)


def _rangee(
    importation: Import,
    rang: int,
    planifiee: LignePlanifiee,
    corrections: dict[str, Any],
    decochees: set[int],
) -> LigneImport:
    lue, fiche = planifiee.lue, planifiee.fiche
    existe = fiche is not None and fiche.pk is not None and planifiee.decision != Decision.CREATION
    return LigneImport(
        importation=importation,
        rang=rang,
        ligne=lue.ligne,
        feuille=lue.feuille[:100],
        repere=lue.repere,
        niveau=lue.niveau,
        chemin=list(planifiee.chemin),
        dites=_sans_objet(lue.valeurs),
        ecrites=lue.ecrites,
        temoins=lue.temoins,
        corrections=corrections,
        demande=lue.demande,
        decision=planifiee.decision,
        validable=planifiee.validable,
        valeurs=_sans_objet(planifiee.valeurs),
        changements=planifiee.changements,
        anomalies=[vars(anomalie) for anomalie in planifiee.anomalies],
        cle=fiche.pk if existe else None,
        vue=version_de(fiche) if existe else "",
        choisie=lue.repere not in decochees,
    )


def version_de(fiche: Any) -> str:
    """Return what changes each time a record does."""
    return fiche.modifie_le.isoformat() if isinstance(fiche, Entree) else str(fiche.version)


def _sans_objet(valeurs: dict[str, Any]) -> dict[str, Any]:
    """Return the values that JSON holds: a record that was proposed is left to be proposed again."""
    return {nom: valeur for nom, valeur in valeurs.items() if not isinstance(valeur, Entree)}


def _resume(lecture: Lecture, remarques: list[str]) -> dict[str, Any]:
    return {
        "autres": [_resume(autre, []) for autre in lecture.autres],
        "format": lecture.format,
        "encodage": lecture.encodage,
        "separateur": lecture.separateur,
        "feuille": lecture.feuille,
        "feuilles": lecture.feuilles,
        "niveau": lecture.niveau,
        "ligne_de_titres": lecture.ligne_de_titres,
        "colonnes": [vars(colonne) for colonne in lecture.colonnes],
        "remarques": [*lecture.remarques, *remarques],
        "empreinte": lecture.empreinte,
    }


def tables_de(importation: Import) -> list[dict[str, Any]]:
    """Return the tables of the file as they were read: one, or one by sheet; none for a catalogue."""
    lecture = importation.lecture
    return [table for table in (lecture, *lecture.get("autres", ())) if table.get("colonnes")]


def colonnes_de(table: dict[str, Any]) -> list[ColonneLue]:
    """Return the columns of a table, as they were read."""
    return [ColonneLue(**dite) for dite in table["colonnes"]]


def retenir_les_colonnes(
    importation: Import, empreinte: str, colonnes: dict[str, str], fixes: dict[str, str]
) -> None:
    """Keep how the columns of a table are read, here and in the next files that have the same titles."""
    tables = {**importation.choix.get("tables", {}), empreinte: (colonnes, fixes)}
    importation.choix = {**importation.choix, "tables": tables}
    Import.objects.filter(pk=importation.pk).update(choix=importation.choix)
    if empreinte:
        Correspondance.objects.update_or_create(
            organisme=importation.organisme,
            empreinte=empreinte,
            defaults={"colonnes": colonnes, "fixes": fixes, "modifie_le": maintenant()},
        )


def retenir_un_mot(importation: Import, champ: str, mot: str, valeur: str | None) -> None:
    """Keep what a word of the files means for a field; None forgets it."""
    cle: dict[str, Any] = {"organisme": importation.organisme, "champ": champ, "mot": plier(mot)[:400]}
    if valeur is None:
        MotRetenu.objects.filter(**cle).delete()
    else:
        MotRetenu.objects.update_or_create(
            **cle, defaults={"valeur": valeur[:400], "modifie_le": maintenant()}
        )


def changees_depuis(importation: Import) -> list[LigneImport]:
    """Return the lines whose record has changed since the plan; one query per level."""
    trouvees = []
    for niveau, modele in niveaux().items():
        lignes = list(importation.lignes.filter(niveau=niveau, decision=Decision.MODIFICATION, issue=""))
        if not lignes:
            continue
        vivantes = modele.objects.filter(pk__in=parmi([ligne.cle for ligne in lignes if ligne.cle]))
        versions = dict(vivantes.values_list("pk", "version"))
        trouvees += [ligne for ligne in lignes if str(versions.get(ligne.cle)) != ligne.vue]
    return trouvees
