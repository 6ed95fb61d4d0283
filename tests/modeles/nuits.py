"""A simulation of many nights, with missed, repeated and late runs, checked against a log of facts."""

import datetime as dt
from typing import Any

from django.db import transaction

from edof.horloge import a_l_instant
from publication.models import Parution, Passage, Retenue
from publication.simulation import simuler
from publication.tasks import publier_les_jours_dus
from tests.conftest import Monde
from tests.fiches import verifier_les_fiches
from tests.modeles.faits import PARIS, Attendu
from tests.modeles.gestes import FOIS, UN_JOUR, Gestes

UNE_HEURE = dt.timedelta(hours=1)


def copie(parution: Parution) -> tuple[object, ...]:
    """Return what a parution copied, in the order of `Journal.copie`."""
    session, action, offre = (
        parution.contenu_complet,
        parution.contenu_action.contenu,
        parution.contenu_offre.contenu,
    )
    return (
        *(
            session["identifiant"],
            *(
                dt.date.fromisoformat(d) if (d := session[nom]) else None
                for nom in ("date_debut", "date_fin")
            ),
        ),
        *(session["modalites_particulieres"], session["contact"]["nom"], session["adresse"]["ville"]),
        *(
            action["identifiant"],
            action["modalites_entrees_sorties"] == "permanentes",
            action["info_admission"],
        ),
        *(action["contact"]["nom"], action["lieu"]["ville"]),
        *(
            offre["identifiant"],
            offre["intitule"],
            offre["certification"]["intitule"],
            offre["organisme"]["raison_sociale"],
        ),
    )


def trouve() -> Attendu:
    """Return the rows of the tables."""
    parutions = Parution.objects.select_related(*Parution.CONTENUS).order_by("session_id", "du")
    return Attendu(
        [(p.session_id, p.du, p.au, copie(p)) for p in parutions],
        list(Retenue.objects.order_by("session_id", "du").values_list("session_id", "raison", "du", "au")),
        list(
            Passage.objects.order_by("jour").values_list(
                "jour", "parues", "modifiees", "retirees", "retenues"
            )
        ),
    )


class Nuits(Gestes):
    """The simulated days and nights of two organismes, starting on `premier`."""

    def __init__(self, graine: int, premier: dt.date) -> None:
        super().__init__(graine)
        self.jour = self.premier = premier
        with self._a(-12 * UNE_HEURE):
            self.mondes = [
                Monde(nom, siret)
                for nom, siret in (("Institut", "41234567800019"), ("Autre", "73282932000074"))
            ]
            for monde in self.mondes:
                self.decrire(monde)

    # --- Time ---

    def _a(self, depuis_minuit: dt.timedelta) -> Any:
        """Set `instant` to that long after the midnight that began the day; return its clock context.

        The duration is counted in elapsed time, so it is exact on the nights when the clocks change.
        """
        self.instant = (
            dt.datetime.combine(self.jour, dt.time(), tzinfo=PARIS).astimezone(dt.UTC) + depuis_minuit
        )
        return a_l_instant(self.instant)

    def vivre(self, nuits: int, par_jour: float = 0.8, panne: range = range(0)) -> None:
        """Simulate that many days and nights.

        Nothing changes in the last two days, whose runs are on time.

        `par_jour` is the mean number of changes per day; `panne`, the ranks of the days on which nothing
        runs.
        """
        for rang in range(nuits):
            self.jour = self.premier + rang * UN_JOUR
            calme = rang >= nuits - 2
            for instant, quoi in self._programme(calme, rang in panne, par_jour):
                with self._a(instant):
                    if quoi == "passage":
                        publier_les_jours_dus()
                    else:
                        self.faire(quoi)
            if rang % 10 == 9:
                with self._a(UN_JOUR - UNE_HEURE):
                    verifier_les_fiches()
            if rang % 120 == 119 and not self.en_retard:
                self._comparer_a_un_passage_complet()
        self._comparer_a_un_passage_complet()

    @property
    def en_retard(self) -> bool:
        """Tell whether the run of the day is missing."""
        return not Passage.objects.filter(jour=self.jour).exists()

    def _programme(self, calme: bool, panne: bool, par_jour: float) -> list[tuple[dt.timedelta, str]]:
        """Return the events of the day, in order, each with its time since midnight.

        The run is missed, made twice, or late, each one time in ten.
        """
        secondes = int((self._minuit(self.jour + UN_JOUR) - self._minuit(self.jour)).total_seconds())
        combien = 0 if calme else min(int(self.hasard.expovariate(1 / par_jour) + 0.5), 6)
        quoi = self.hasard.choices(list(FOIS), FOIS.values(), k=combien)
        # One change in four happens before the run: the night is tested as much as the day.
        instants = [
            self.hasard.randrange(5 * 3600 if self.hasard.random() < 0.25 else secondes) for _ in quoi
        ]
        # After 5:00 in the morning, even on the night that has one hour more.
        heures = {"manque": [], "double": [6.2, 6.5], "tard": [18.5], "en temps": [6.2]}
        sort = self.hasard.choices(list(heures), [10, 10, 10, 70])[0]
        # Before the very first run no day is due, so that run is always made.
        passages = heures["en temps" if calme or self.jour == self.premier else "manque" if panne else sort]
        self.faits[sort] += 1
        return sorted([
            *((dt.timedelta(seconds=s), nom) for s, nom in zip(instants, quoi, strict=True)),
            *((heure * UNE_HEURE, "passage") for heure in passages),
        ])  # fmt: skip

    @staticmethod
    def _minuit(jour: dt.date) -> dt.datetime:
        return dt.datetime.combine(jour, dt.time(), tzinfo=PARIS).astimezone(dt.UTC)

    def verifier(self) -> None:
        """Check that every parution, every reason and every line of the ledger match the facts.

        Raise AssertionError with the first difference.
        """
        attendu, lu = self.journal.attendu(self.premier, self.jour), trouve()
        for nom in ("lignes", "parutions", "retenues"):
            dits, lus = getattr(attendu, nom), getattr(lu, nom)
            if dits != lus:
                premiere = next(
                    (paire for paire in zip(dits, lus, strict=False) if paire[0] != paire[1]),
                    (len(dits), len(lus)),
                )
                raise AssertionError(f"{nom}, attendu puis lu :\n{premiere[0]}\n{premiere[1]}")

    def _comparer_a_un_passage_complet(self) -> None:
        """Check that a run over all sessions finds nothing missed by the runs over changed sessions."""
        with self._a(UN_JOUR - UNE_HEURE), transaction.atomic():
            Passage.objects.update(empreinte_des_regles="d'autres règles")
            assert (differences := list(simuler(self.jour))) == [], differences
            transaction.set_rollback(True)
