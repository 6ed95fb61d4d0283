"""The commands `publier --jour AAAA-MM-JJ [--simulation]` and `publier --revenir` of manage.py."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edof.dates import lire_date
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import pluriel
from publication.avance import revenir
from publication.jours import PublicationImpossible
from publication.passages import publier
from publication.simulation import simuler


def _jour(donne: str | dt.date) -> dt.date:
    """Return the day that was given; a mistake is a sentence, which argparse would not let it be."""
    try:
        return donne if isinstance(donne, dt.date) else lire_date(donne)
    except ValueError as erreur:
        raise CommandError("Le jour s'écrit AAAA-MM-JJ, par exemple 2026-03-29.") from erreur


class Command(BaseCommand):
    """The command that publishes a day, or shows what the publication would change."""

    help = (
        "Publie le jour donné (et les jours manquants qui le précèdent), ou montre ce qu'il ferait paraître."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options `--jour` (today by default), `--simulation` and `--revenir`."""
        parser.add_argument("--jour", default=None, help="AAAA-MM-JJ ; aujourd'hui si absent")
        parser.add_argument("--simulation", action="store_true", help="ne rien écrire")
        parser.add_argument(
            "--revenir",
            action="store_true",
            help=(
                "après une horloge qui avançait : retire du registre les jours à venir, et rend au public ce"
                " qu'il lisait avant"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Execute the command, and write one line per day."""
        jour = _jour(options["jour"]) if options["jour"] else aujourd_hui()
        if options["revenir"]:
            self._revenir()
            return
        if options["simulation"]:
            natures, raisons = Counter[str | None](), Counter[str]()
            for ecart in simuler(jour):
                natures[ecart.nature] += 1
                if ecart.raison and ecart.raison != ecart.raison_avant:
                    raisons[ecart.raison] += 1
            self._dire(
                "Simulation", jour, natures["parait"], natures["change"], natures["disparait"], raisons
            )
            return
        try:
            passages = publier(jour, par="à la main, sur le serveur", voulu=options["jour"] is not None)
        except PublicationImpossible as erreur:
            raise CommandError(str(erreur)) from erreur
        if not passages:
            self.stdout.write(f"Le {jour:%d/%m/%Y} est déjà publié : rien à faire.")
        for passage in passages:
            self._dire(
                "Publication",
                passage.jour,
                passage.parues,
                passage.modifiees,
                passage.retirees,
                passage.retenues,
            )

    def _revenir(self) -> None:
        try:
            retour = revenir(par="à la main, sur le serveur")
        except PublicationImpossible as erreur:
            raise CommandError(str(erreur)) from erreur
        if not retour.jours:
            self.stdout.write("Le registre n'est pas en avance : rien à faire.")
            return
        self.stdout.write(
            f"{len(retour.jours)} jours à venir retirés du registre, du {retour.jours[0]:%d/%m/%Y} au"
            f" {retour.jours[-1]:%d/%m/%Y} ; {retour.retirees} parutions de ces jours retirées,"
            f" {retour.rendues} rendues au public. La prochaine ronde publie ce qui est dû."
        )

    def _dire(
        self,
        quoi: str,
        jour: dt.date,
        parues: int,
        modifiees: int,
        retirees: int,
        retenues: Mapping[str, int],
    ) -> None:
        par_raison = ", ".join(f"{slug} : {n}" for slug, n in sorted(retenues.items())) or "aucune"
        self.stdout.write(
            f"{quoi} du {jour:%d/%m/%Y} : {pluriel(parues, 'parue,parues')},"
            f" {pluriel(modifiees, 'modifiée,modifiées')}, {pluriel(retirees, 'retirée,retirées')} ;"
            f" retenues : {par_raison}."
        )
