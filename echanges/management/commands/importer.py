"""The command `manage.py importer FICHIER --organisme SIRET`: the plan of a file, and its application."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogue.models import Action
from echanges.auteur import LIGNE_DE_COMMANDE
from echanges.decisions import Decision, Plan, bilan_de
from echanges.execution import avancer_un_import, demander
from echanges.lecture import lire
from echanges.lignes import FichierRefuse
from echanges.models import Import, Mode, Porte
from echanges.plan import Commencees, planifier
from echanges.preparation import deposer, preparer
from echanges.tableur import Lecture
from edof.templatetags.affichage import pluriel
from lots.models import Issue
from organismes.models import Organisme
from organismes.validateurs import normaliser_identifiant

MORCEAU = 1_000_000
SANS_FAUTE, AVEC_ERREURS, REFUSE = 0, 1, 2
_EN_MOTS = {
    "creations": "création,créations",
    "modifications": "modification,modifications",
    "inchangees": "ligne inchangée,lignes inchangées",
    "erreurs": "erreur,erreurs",
    "ignorees": "ligne ignorée,lignes ignorées",
}


class Command(BaseCommand):
    """The command that plans a file, and applies it when it is asked to."""

    help = (
        "Importe un fichier (classeur, CSV, XML d'EDOF) : son plan, puis son application si elle est"
        " demandée."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the file, the organisme, and what is to be done."""
        parser.add_argument("fichier", metavar="FICHIER")
        parser.add_argument("--organisme", required=True, metavar="SIRET")
        parser.add_argument("--action", default="", metavar="IDENTIFIANT",
                            help="L'action des sessions dont la ligne n'en nomme aucune.")  # fmt: skip
        parser.add_argument("--simulation", action="store_true", help="Le plan seulement : rien n'est écrit.")
        parser.add_argument("--json", action="store_true", help="Le plan en JSON.")
        parser.add_argument("--appliquer", choices=["valides", "tout"],
                            help="Écrire les lignes valides, ou tout si aucune n'est en erreur.")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the plan; exit with 1 when lines are in error, 2 when the file is refused."""
        organisme = Organisme.objects.filter(siret=options["organisme"].replace(" ", "")).first()
        if organisme is None:
            raise CommandError(f"Aucun organisme n'a le SIRET {options['organisme']}.")
        action = self._action(organisme, options["action"])
        chemin = Path(options["fichier"])
        try:
            with chemin.open("rb") as fichier:
                lecture = lire(
                    fichier, os.fstat(fichier.fileno()).st_size, chemin.name, siret=organisme.siret
                )
                plan = planifier(
                    lecture.lignes,
                    organisme=organisme,
                    par=LIGNE_DE_COMMANDE,
                    action=action,
                    commencees=Commencees.par_defaut(lecture.format),
                )
        except FichierRefuse as refus:
            self._dire(options, None, None, str(refus))
            raise SystemExit(REFUSE) from refus
        except OSError as erreur:
            raise CommandError(
                f"Le fichier « {chemin} » ne peut pas être lu : vérifiez son nom et ses droits."
            ) from erreur
        if options["appliquer"] and not options["simulation"]:
            self._appliquer(chemin, organisme, action, plan, options["appliquer"])
        self._dire(options, lecture, plan, None)
        raise SystemExit(AVEC_ERREURS if plan.bilan["erreurs"] else SANS_FAUTE)

    def _appliquer(
        self, chemin: Path, organisme: Organisme, action: Action | None, plan: Plan, mode: str
    ) -> None:
        """Apply the lines as a screen does, in the journal of imports; note in the plan what was refused."""
        if mode == Mode.TOUT and plan.bilan["erreurs"]:
            return
        importation = Import(organisme=organisme, porte=Porte.COMMANDE, action=action, nom=chemin.name[-255:])
        with chemin.open("rb") as fichier:
            deposer(importation, iter(lambda: fichier.read(MORCEAU), b""))
        preparer(importation)
        demander(importation, mode=mode)
        avancer_un_import(importation.pk)
        refusees = {ligne.repere: ligne for ligne in importation.lignes.filter(issue=Issue.REFUSEE)}
        importation.refresh_from_db()
        for planifiee in plan.lignes:
            if (ligne := refusees.get(planifiee.lue.repere)) is not None:
                planifiee.decision = Decision.ERREUR
                planifiee.refuser(ligne.code, ligne.phrase)
        if importation.refus:
            raise CommandError(importation.refus)

    def _action(self, organisme: Organisme, identifiant: str) -> Action | None:
        if not identifiant:
            return None
        trouvees = Action.objects.pour_organisme(organisme).filter(
            identifiant_normalise=normaliser_identifiant(identifiant)
        )
        lues = list(trouvees.select_related("offre__certification")[:2])
        if len(lues) != 1:
            combien = "Plusieurs actions portent" if lues else "Aucune action ne porte"
            raise CommandError(f"{combien} l'identifiant « {identifiant} ».")
        return lues[0]

    def _dire(
        self, options: dict[str, Any], lecture: Lecture | None, plan: Plan | None, refus: str | None
    ) -> None:
        if options["json"]:
            dit = {
                "format": lecture.format if lecture else "",
                "encodage": lecture.encodage if lecture else "",
                "separateur": lecture.separateur if lecture else "",
                "bilan": plan.bilan if plan else bilan_de(()),
                "refus": refus,
                "lignes": [ligne.en_json() for ligne in plan.lignes] if plan else [],
            }
            self.stdout.write(json.dumps(dit, ensure_ascii=False, indent=1))
            return
        if refus is not None:
            self.stdout.write(refus)
            return
        assert lecture is not None and plan is not None
        for remarque in (*lecture.remarques, *plan.remarques):
            self.stdout.write(f"- {remarque}")
        for ligne in plan.lignes:
            nom = " / ".join(filter(None, ligne.chemin))
            self.stdout.write(f"ligne {ligne.lue.ligne} : {ligne.decision.label} {nom}".rstrip())
            for nom, (avant, apres) in ligne.changements.items():
                self.stdout.write(f"    {nom} : {avant} → {apres}")
            for anomalie in ligne.anomalies:
                self.stdout.write(f"    {anomalie.gravite.label} : {anomalie.phrase}")
        self.stdout.write(", ".join(pluriel(plan.bilan[nom], mots) for nom, mots in _EN_MOTS.items()) + ".")
