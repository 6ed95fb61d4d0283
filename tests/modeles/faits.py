"""An independent model of the nightly runs: a log of dated facts, and the tables expected from them.

It implements decisions D-20 to D-26 (docs/exigences.md) a second time. Nothing here reads the program, and
nothing here may be adapted to the program unless a sentence of the decisions says so. The run of a day takes
the facts that came before its midnight in Paris, whenever it is run and whatever has happened since (D-22).
"""

import datetime as dt
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
Objet = tuple[str, int]
Valeurs = dict[str, Any]


@dataclass
class Attendu:
    """The expected rows of the tables after some runs.

    Days « au » are exclusive; « au » is None while the row is still open.
    """

    # Rows: parutions (session, du, au, copied values); retenues (session, reason, du, au); lines of the
    # ledger (day, parues, modifiées, retirées, number of held back sessions by reason).
    parutions: list[tuple[int, dt.date, dt.date | None, tuple[object, ...]]] = field(default_factory=list)
    retenues: list[tuple[int, str, dt.date, dt.date | None]] = field(default_factory=list)
    lignes: list[tuple[dt.date, int, int, int, dict[str, int]]] = field(default_factory=list)


class Journal:
    """The log of facts, in chronological order. An object is identified by its kind and its key."""

    def __init__(self) -> None:
        self.instants: dict[Objet, list[dt.datetime]] = {}
        self.valeurs: dict[Objet, list[Valeurs | None]] = {}

    def noter(self, quand: dt.datetime, objet: Objet, **valeurs: Any) -> None:
        """Record that from `quand` on the object has these values, in addition to those that it had."""
        self._ajouter(quand, objet, {**(self.presente(objet) or {}), **valeurs})

    def effacer(self, quand: dt.datetime, objet: Objet) -> None:
        """Record that from `quand` on the object does not exist any more."""
        self._ajouter(quand, objet, None)

    def _ajouter(self, quand: dt.datetime, objet: Objet, valeurs: Valeurs | None) -> None:
        self.instants.setdefault(objet, []).append(quand.astimezone(dt.UTC))
        self.valeurs.setdefault(objet, []).append(valeurs)

    def presente(self, objet: Objet) -> Valeurs | None:
        """Return the current values of the object, or None when it does not exist."""
        return self.valeurs[objet][-1] if objet in self.valeurs else None

    def presents(self, genre: str) -> dict[int, Valeurs]:
        """Return the current values of all the existing objects of this kind, by key."""
        return {
            objet[1]: valeurs
            for objet in self.valeurs
            if objet[0] == genre and (valeurs := self.presente(objet)) is not None
        }

    def avant(self, objet: Objet, instant: dt.datetime) -> Valeurs | None:
        """Return the values of the object just before that instant, or None when it did not exist."""
        rang = bisect_left(self.instants.get(objet, []), instant.astimezone(dt.UTC))
        return self.valeurs[objet][rang - 1] if rang else None

    # --- One run ---

    def retenue(self, session: Valeurs, jour: dt.date, minuit: dt.datetime) -> str | None:
        """Return the first condition of D-23 that an open session does not meet, or None."""
        action = self._avant("action", session["action"], minuit)
        organisme = self._avant("offre", action["offre"], minuit)["organisme"]
        if self._avant("organisme", organisme, minuit)["suspendu"]:
            return "organisme-autorise"
        certificats = [self.avant(objet, minuit) for objet in self.valeurs if objet[0] == "qualiopi"]
        if not any(
            c and c["organisme"] == organisme and c["du"] <= jour and (not c["au"] or c["au"] >= jour)
            for c in certificats
        ):
            return "qualiopi"
        visee = self._avant("offre", action["offre"], minuit)["certification"]
        certification = self._avant("certification", visee, minuit)
        if not certification["active"] or (certification["fin"] and certification["fin"] < jour):
            return "certification"
        dates = (session["debut"], session["fin"])
        if action["permanente"]:
            return "permanente-sans-dates" if any(dates) else None
        if not all(dates):
            return "dates-fixes-renseignees"
        return "debut-a-venir" if session["debut"] < jour else None

    def copie(self, session: Valeurs, minuit: dt.datetime) -> tuple[object, ...]:
        """Return what a parution copies of the session (D-21).

        The order is that of `tests.modeles.nuits.copie`.
        """
        action = self._avant("action", session["action"], minuit)
        offre = self._avant("offre", action["offre"], minuit)
        return (
            *(session["identifiant"], session["debut"], session["fin"], session["texte"]),
            *(
                self._avant("contact", session["contact"], minuit)["nom"],
                self._avant("adresse", session["adresse"], minuit)["ville"],
            ),
            *(action["identifiant"], action["permanente"], action["texte"]),
            *(
                self._avant("contact", action["contact"], minuit)["nom"],
                self._avant("adresse", action["lieu"], minuit)["ville"],
            ),
            *(offre["identifiant"], offre["intitule"]),
            *(self._avant("certification", offre["certification"], minuit)["intitule"],),
            *(self._avant("organisme", offre["organisme"], minuit)["nom"],),
        )

    def _avant(self, genre: str, cle: int, instant: dt.datetime) -> Valeurs:
        valeurs = self.avant((genre, cle), instant)
        assert valeurs is not None, (genre, cle, instant)
        return valeurs

    # --- All the runs ---

    def attendu(self, premier: dt.date, dernier: dt.date) -> Attendu:
        """Return the rows that the runs of these days, both included, should have written."""
        attendu = Attendu()
        paraissent: dict[int, tuple[dt.date, tuple[object, ...]]] = {}
        retenues: dict[int, tuple[dt.date, str]] = {}
        sessions = [objet for objet in self.valeurs if objet[0] == "session"]
        for jour in (premier + dt.timedelta(n) for n in range((dernier - premier).days + 1)):
            minuit = dt.datetime.combine(jour, dt.time(), tzinfo=PARIS)
            retenues_du_jour, compte = Counter[str](), Counter[str]()
            for objet in sessions:
                cle, session = objet[1], self.avant(objet, minuit)
                raison = copie = None
                if session and session["ouverte"]:
                    raison = self.retenue(session, jour, minuit)
                    copie = None if raison else self.copie(session, minuit)
                if cle in retenues and retenues[cle][1] != raison:
                    du, avant = retenues.pop(cle)
                    attendu.retenues.append((cle, avant, du, jour))
                if raison:
                    retenues.setdefault(cle, (jour, raison))
                    retenues_du_jour[raison] += 1
                etait_parue = cle in paraissent
                if etait_parue:
                    du, parue = paraissent[cle]
                    # The session was opened again after it appeared: its former parution, which ended at
                    # once, does not resume, and another one begins (D-20).
                    if copie != parue or (session and session["ouverture"] >= du):
                        attendu.parutions.append((cle, du, jour, parue))
                        del paraissent[cle]
                        compte["modifiees" if copie else "retirees"] += 1
                if copie:
                    compte["parues"] += not etait_parue
                    paraissent.setdefault(cle, (jour, copie))
            attendu.lignes.append(
                (jour, compte["parues"], compte["modifiees"], compte["retirees"], dict(retenues_du_jour))
            )
        attendu.parutions += [(cle, du, None, copie) for cle, (du, copie) in paraissent.items()]
        attendu.retenues += [(cle, raison, du, None) for cle, (du, raison) in retenues.items()]
        attendu.parutions.sort(key=lambda ligne: ligne[:2])
        attendu.retenues.sort(key=lambda ligne: (ligne[0], ligne[2]))
        return attendu
