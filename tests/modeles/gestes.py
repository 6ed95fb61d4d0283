"""Random changes to a small catalogue, made through the program's own operations.

Each change is also recorded as facts in `tests.modeles.faits`.
"""

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from catalogue.annulation import annuler
from catalogue.cycle_de_vie import OperationRefusee, executer
from catalogue.models import Action, Certification, Offre
from catalogue.tasks import purger_la_corbeille
from edof.horloge import jour_de
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Qualiopi
from organismes.models.remplacement import apercu, remplacer
from sessions_app.models import Session
from tests.conftest import Monde
from tests.modeles.faits import Journal, Objet, Valeurs

MODELES = {"offre": Offre, "action": Action, "session": Session}
PARENT = {"action": "offre", "session": "action"}
ENFANT = {"offre": "action", "action": "session"}
UN_JOUR = dt.timedelta(days=1)

# The relative frequency of each change, in percent.
FOIS = {
    "creer": 13, "ouvrir": 15, "fermer": 5, "rouvrir_aussitot": 6, "modifier_session": 12,
    "modifier_action": 6, "modifier_offre": 3,
    "archiver": 6, "remettre": 12, "annuler_un_archivage": 3, "supprimer": 5, "restaurer": 9, "contact": 3,
    "adresse": 2,
    "remplacer": 1, "certification": 2, "fin_de_certification": 9, "organisme": 2, "suspendre": 1,
    "qualiopi": 4,
}  # fmt: skip


class Gestes:
    """A generator of random changes to some organismes, made at `instant`.

    The same seed makes the same changes.
    """

    instant: dt.datetime

    def __init__(self, graine: int) -> None:
        self.hasard = random.Random(graine)
        self.journal = Journal()
        self.mondes: list[Monde] = []
        self.faits = Counter[str]()
        self.rang = 0
        # Operations that may be undone: their context, their organisme, the previous values and the day.
        self.annulables: dict[str, list[tuple[UUID, Monde, dict[Objet, Valeurs], dt.date]]] = {
            "archiver": [],
            "supprimer": [],
        }

    # --- Facts ---

    def _noter(self, genre: str, cle: int, **valeurs: Any) -> None:
        self.journal.noter(self.instant, (genre, cle), **valeurs)

    def _lire(self, genre: str, cle: int) -> Valeurs:
        valeurs = self.journal.presente((genre, cle))
        assert valeurs is not None
        return valeurs

    def decrire(self, monde: Monde) -> None:
        """Record a new world as facts.

        It also creates a second contact and a second address, so that a session may use others than its
        action.
        """
        organisme, certificat = monde.organisme, Qualiopi.objects.get(organisme=monde.organisme)
        self._noter("organisme", organisme.pk, nom=organisme.raison_sociale, suspendu=False)
        self._noter("qualiopi", certificat.pk, organisme=organisme.pk, du=certificat.du, au=None)
        self._noter(
            "certification",
            monde.certification.pk,
            intitule=monde.certification.intitule,
            active=True,
            fin=None,
        )
        for contact in (monde.contact, self._contact(monde, "Roux")):
            self._noter("contact", contact.pk, organisme=organisme.pk, nom=contact.nom)
        annexe = Adresse.objects.create(
            organisme=organisme,
            titre="Annexe",
            denomination="Institut",
            ligne_5="ZA",
            code_postal="35000",
            ville="Rennes",
        )
        for adresse in (monde.lieu, annexe):
            self._noter("adresse", adresse.pk, organisme=organisme.pk, ville=adresse.ville)
        offre = monde.offre
        self._noter(
            "offre", offre.pk, organisme=organisme.pk, identifiant=offre.identifiant, intitule=offre.intitule,
            certification=monde.certification.pk, statut="validee",
        )  # fmt: skip
        self._decrire_action(monde, monde.action)

    @staticmethod
    def _contact(monde: Monde, nom: str) -> Contact:
        return Contact.objects.create(
            organisme=monde.organisme,
            prenom="Nadia",
            nom=nom,
            telephone_fixe="0149800001",
            courriel="nadia@ilvm.example",
        )

    def _decrire_action(self, monde: Monde, action: Action) -> None:
        self._noter(
            "action", action.pk, organisme=monde.organisme.pk, offre=action.offre_id,
            identifiant=action.identifiant, permanente=False,
            texte="", contact=monde.contact.pk, contact_du_lieu=monde.contact.pk, lieu=monde.lieu.pk,
            statut="validee",
        )  # fmt: skip

    def _du_monde(self, genre: str, monde: Monde) -> dict[int, Valeurs]:
        return {
            cle: v for cle, v in self.journal.presents(genre).items() if v["organisme"] == monde.organisme.pk
        }

    def _dessous(self, genre: str, cle: int) -> Iterator[tuple[str, int]]:
        if enfant := ENFANT.get(genre):
            for petit, valeurs in self.journal.presents(enfant).items():
                if valeurs[genre] == cle:
                    yield enfant, petit
                    yield from self._dessous(enfant, petit)

    def _parents(self, genre: str, cle: int) -> list[tuple[str, int]]:
        """Return the parents of an object, the nearest first."""
        if genre not in PARENT:
            return []
        parent = (PARENT[genre], self._lire(genre, cle)[PARENT[genre]])
        return [parent, *self._parents(*parent)]

    def _choisir(self, genre: str, monde: Monde, *statuts: str, **valeurs: Any) -> int | None:
        """Return the key of a random object with one of these statuses and these values, or None."""
        cles = [
            cle
            for cle, v in sorted(self._du_monde(genre, monde).items())
            if v["statut"] in statuts and all(v[nom] == valeur for nom, valeur in valeurs.items())
        ]
        return self.hasard.choice(cles) if cles else None

    def _une_entree(self, genre: str, monde: Monde) -> int:
        return self.hasard.choice(sorted(self._du_monde(genre, monde)))

    # --- Changes ---

    def faire(self, quoi: str) -> None:
        if getattr(self, quoi)(self.hasard.choice(self.mondes)) is not False:
            self.faits[quoi] += 1

    def _executer(self, monde: Monde, genre: str, cle: int, operation: Operation, **parametres: Any) -> Any:
        parents = {"offre": (), "action": ("offre",), "session": ("action__offre",)}[genre]
        fiche = MODELES[genre].objects.select_related(*parents).get(pk=cle)
        return executer(fiche, operation, par=monde.gestionnaire, **parametres)

    def _mot(self) -> str:
        self.rang += 1
        return f"Texte {self.rang}"

    def _dates(self, permanente: bool) -> Valeurs:
        """Return dates that suit the modality of the action, starting tomorrow at the earliest."""
        if permanente:
            return {"debut": None, "fin": None}
        debut = jour_de(self.instant) + self.hasard.randint(1, 40) * UN_JOUR
        return {"debut": debut, "fin": debut + self.hasard.randint(1, 20) * UN_JOUR}

    def creer(self, monde: Monde) -> bool | None:
        """Create a session, one time in four with a new action of its own."""
        offre, action = (
            self._choisir(genre, monde, "brouillon", "validee", "active") for genre in ("offre", "action")
        )
        if offre is None or len(self._du_monde("session", monde)) > 7:
            return False
        monde.contact = Contact.objects.get(pk=self._une_entree("contact", monde))
        adresse = self._une_entree("adresse", monde)
        if action is None or (self.hasard.random() < 0.25 and len(self._du_monde("action", monde)) < 3):
            monde.offre = Offre.objects.get(pk=offre)
            nouvelle = monde.nouvelle_action(f"A{self._mot()[5:]}")
            self._decrire_action(monde, nouvelle)
            action = nouvelle.pk
        dates = self._dates(self._lire("action", action)["permanente"])
        mot = self._mot()
        session = monde.session(
            f"s{mot[5:]}", action=Action.objects.select_related("offre").get(pk=action),
            pas_de_dates=dates["debut"] is None,
            date_debut=dates["debut"], date_fin=dates["fin"], modalites_particulieres=mot,
            adresse_inscription_id=adresse,
        )  # fmt: skip
        self._noter(
            "session", session.pk, organisme=monde.organisme.pk, action=action,
            identifiant=session.identifiant, texte=mot, **dates,
            contact=monde.contact.pk, adresse=adresse, statut="validee", ouverte=False, ouverture=None,
            fermeture=None,
        )  # fmt: skip
        if self.hasard.random() < 0.7:
            self._ouvrir(monde, session.pk)
        return None

    def _coherente(self, cle: int) -> bool:
        """Tell whether a session meets D-09 and has its required contact and address."""
        session = self._lire("session", cle)
        dates = (session["debut"], session["fin"])
        convient = not any(dates) if self._lire("action", session["action"])["permanente"] else all(dates)
        return convient and None not in (session["contact"], session["adresse"])

    def _ouvrir(self, monde: Monde, cle: int) -> bool:
        session, jour = self._lire("session", cle), jour_de(self.instant)
        pretes = all(
            self._lire(*parent)["statut"] in {"validee", "active"} for parent in self._parents("session", cle)
        )
        if not pretes or not self._coherente(cle) or (session["debut"] and session["debut"] <= jour):
            return False
        self._executer(monde, "session", cle, Operation.OUVRIR)
        # D-20: a session reopened on the day of its closing is treated as if it had not been closed.
        ouverture = session["ouverture"] if session["ouverture"] and session["fermeture"] == jour else jour
        self._noter("session", cle, statut="active", ouverte=True, ouverture=ouverture)
        for parent in self._parents("session", cle):
            self._noter(*parent, statut="active")
        return True

    def ouvrir(self, monde: Monde) -> bool:
        """Run « Ouvrir à l'inscription » on a session."""
        cle = self._choisir("session", monde, "validee", "active", ouverte=False)
        return cle is not None and self._ouvrir(monde, cle)

    def fermer(self, monde: Monde) -> bool:
        """Run « Fermer à l'inscription » on a session."""
        return self._fermer(monde) is not None

    def _fermer(self, monde: Monde) -> int | None:
        cle = self._choisir("session", monde, "active", ouverte=True)
        if cle is not None:
            self._executer(monde, "session", cle, Operation.FERMER)
            self._noter("session", cle, ouverte=False, fermeture=jour_de(self.instant))
        return cle

    def rouvrir_aussitot(self, monde: Monde) -> bool:
        """Close a session, or archive it and restore its status, then open it again at once."""
        if self.hasard.random() < 0.5:
            cle = self._fermer(monde)
            return cle is not None and self._ouvrir(monde, cle)
        cle = self._choisir("session", monde, "active", ouverte=True)
        if cle is None or not self._coherente(cle):
            return False
        for operation, faits in (
            (Operation.ARCHIVER, {"statut": "archivee", "ouverte": False, "ouverture": None}),
            (Operation.DESARCHIVER, {"statut": "brouillon"}),
            (Operation.VALIDER, {"statut": "validee"}),
        ):
            self._executer(
                monde,
                "session",
                cle,
                operation,
                **({"valeurs": {}} if operation == Operation.VALIDER else {}),
            )
            self._noter("session", cle, **faits)
        return self._ouvrir(monde, cle)

    def modifier_session(self, monde: Monde) -> bool | None:
        """Modify the text of a session, sometimes its contact, its address and its dates."""
        cle = self._choisir("session", monde, "brouillon", "validee", "active")
        return False if cle is None else self._modifier_session(monde, cle)

    def _modifier_session(self, monde: Monde, cle: int) -> None:
        session = self._lire("session", cle)
        nouvelles: Valeurs = {"texte": self._mot()}
        commencee = session["debut"] is not None and session["debut"] <= jour_de(self.instant)
        if not self._coherente(cle) or commencee or self.hasard.random() < 0.2:
            nouvelles |= self._dates(self._lire("action", session["action"])["permanente"])
            nouvelles |= {nom: self._une_entree(nom, monde) for nom in ("contact", "adresse")}
        noms = {"texte": "modalites_particulieres", "debut": "date_debut", "fin": "date_fin",
                "contact": "contact_inscription_id", "adresse": "adresse_inscription_id"}  # fmt: skip
        valeurs = {noms[nom]: valeur for nom, valeur in nouvelles.items()}
        if "debut" in nouvelles:
            valeurs["pas_de_dates"] = nouvelles["debut"] is None
        self._enregistrer(monde, "session", cle, valeurs, nouvelles)

    def _enregistrer(self, monde: Monde, genre: str, cle: int, valeurs: Valeurs, nouvelles: Valeurs) -> None:
        """Run « VALIDER » on a brouillon, « Enregistrer » on any other record."""
        brouillon = self._lire(genre, cle)["statut"] == "brouillon"
        self._executer(
            monde, genre, cle, Operation.VALIDER if brouillon else Operation.MODIFIER, valeurs=valeurs
        )
        self._noter(genre, cle, **nouvelles, **({"statut": "validee"} if brouillon else {}))

    def modifier_action(self, monde: Monde) -> bool | None:
        """Modify the text and the contacts of an action, sometimes its modality."""
        cle = self._choisir("action", monde, "brouillon", "validee", "active")
        return False if cle is None else self._modifier_action(monde, cle, self.hasard.random() < 0.25)

    def _modifier_action(self, monde: Monde, cle: int, bascule: bool = False) -> None:
        action, mot = self._lire("action", cle), self._mot()
        contact = self._une_entree("contact", monde)
        nouvelles = {
            "texte": mot,
            "contact": contact,
            "contact_du_lieu": contact,
            "permanente": action["permanente"] ^ bascule,
        }
        entrees = "permanentes" if nouvelles["permanente"] else "dates_fixes"
        valeurs = {
            "info_admission": mot,
            "contact_information_id": contact,
            "contact_du_lieu_id": contact,
            "modalites_entrees_sorties": entrees,
        }
        self._enregistrer(monde, "action", cle, valeurs, nouvelles)

    def modifier_offre(self, monde: Monde) -> bool | None:
        """Modify the title of an offre."""
        cle = self._choisir("offre", monde, "brouillon", "validee", "active")
        return False if cle is None else self._modifier_offre(monde, cle)

    def _modifier_offre(self, monde: Monde, cle: int) -> None:
        mot = self._mot()
        self._enregistrer(monde, "offre", cle, {"intitule": mot}, {"intitule": mot})

    def archiver(self, monde: Monde) -> bool | None:
        """Run « Archiver » on a record and its descendants (D-13)."""
        genre = self.hasard.choices(["session", "action", "offre"], [7, 2, 1])[0]
        cle = self._choisir(genre, monde, "brouillon", "validee", "active")
        if cle is None:
            return False
        touchees = [
            (genre, cle),
            *(objet for objet in self._dessous(genre, cle) if self._lire(*objet)["statut"] != "archivee"),
        ]
        avant = {objet: self._lire(*objet) for objet in touchees}
        fiche = self._executer(monde, genre, cle, Operation.ARCHIVER)
        self.annulables["archiver"].append((fiche.contexte, monde, avant, jour_de(self.instant)))
        for objet in touchees:
            self._noter(
                *objet,
                statut="archivee",
                **({"ouverte": False, "ouverture": None} if objet[0] == "session" else {}),
            )
        return None

    def remettre(self, monde: Monde) -> bool | None:
        """Put an archived session and its parents back to work: unarchive and validate them.

        Most often, also open the session.
        """
        cle = self._choisir("session", monde, "archivee", "brouillon")
        if cle is None:
            return False
        for objet in (*reversed(self._parents("session", cle)), ("session", cle)):
            if self._lire(*objet)["statut"] == "archivee":
                self._executer(monde, *objet, Operation.DESARCHIVER)
                self._noter(*objet, statut="brouillon")
            if self._lire(*objet)["statut"] == "brouillon":
                getattr(self, f"_modifier_{objet[0]}")(monde, objet[1])
        if self.hasard.random() < 0.8:
            self._ouvrir(monde, cle)
        return None

    def annuler_un_archivage(self, monde: Monde) -> bool:
        """Run « Annuler » on an archiving, of the same day or of an earlier one."""
        return self._annuler("archiver")

    def supprimer(self, monde: Monde) -> bool | None:
        """Run « Supprimer » on a record and its descendants.

        Sometimes the record is a session that was public this morning and has just been archived.
        """
        genre = self.hasard.choices(["session", "action"], [4, 1])[0]
        cle = self._choisir(genre, monde, "brouillon", "validee", "archivee")
        if self.hasard.random() < 0.5 and (publique := self._choisir("session", monde, "active")):
            genre, cle = "session", publique
            self._executer(monde, genre, cle, Operation.ARCHIVER)
            self._noter(genre, cle, statut="archivee", ouverte=False, ouverture=None)
        if cle is None or any(
            self._lire(*objet)["statut"] == "active" for objet in self._dessous(genre, cle)
        ):
            return False
        touchees = [(genre, cle), *self._dessous(genre, cle)]
        avant = {objet: self._lire(*objet) for objet in touchees}
        fiche = self._executer(monde, genre, cle, Operation.SUPPRIMER)
        self.annulables["supprimer"].append((fiche.contexte, monde, avant, jour_de(self.instant)))
        for objet in touchees:
            self.journal.effacer(self.instant, objet)
        return None

    def restaurer(self, monde: Monde) -> bool:
        """Restore a record from the « Corbeille », after the purge of what is too old."""
        purger_la_corbeille()
        return self._annuler("supprimer")

    def _annuler(self, operation: str) -> bool:
        """Undo one of the last three operations of this kind.

        When the program refuses, because something has changed since, no fact is recorded.
        """
        if not (possibles := self.annulables[operation]):
            return False
        contexte, monde, avant, jour = possibles.pop(
            self.hasard.randrange(max(0, len(possibles) - 3), len(possibles))
        )
        try:
            annuler(contexte, organisme_id=monde.organisme.pk, par=monde.gestionnaire)
        except OperationRefusee:
            return False
        for objet, valeurs in avant.items():
            revenues = dict(valeurs)
            if valeurs.get("ouverte") and jour != jour_de(self.instant):
                revenues["ouverture"] = jour_de(self.instant)
            perdus = [
                nom
                for nom in ("contact", "contact_du_lieu")
                if nom in valeurs and not self.journal.presente(("contact", valeurs[nom]))
            ]
            if perdus:
                revenues |= dict.fromkeys(perdus)
                revenues["statut"] = "brouillon" if valeurs["statut"] == "validee" else valeurs["statut"]
            self._noter(*objet, **revenues)
        return True

    def contact(self, monde: Monde) -> None:
        """Change the name of a contact, or a field of it that is not published."""
        contact = Contact.objects.get(pk=self._une_entree("contact", monde))
        if self.hasard.random() < 0.7:
            contact.nom = self._mot()
            self._noter("contact", contact.pk, nom=contact.nom)
        else:
            contact.fonction = self._mot()
        contact.save()

    def adresse(self, monde: Monde) -> None:
        """Change the town of an address."""
        adresse = Adresse.objects.get(pk=self._une_entree("adresse", monde))
        adresse.ville = self._mot()
        adresse.save()
        self._noter("adresse", adresse.pk, ville=adresse.ville)

    def remplacer(self, monde: Monde) -> None:
        """Replace a contact by a new one everywhere, and sometimes delete it."""
        ancien = Contact.objects.get(pk=self._une_entree("contact", monde))
        nom = self._mot()
        nouveau = self._contact(monde, nom)
        self._noter("contact", nouveau.pk, organisme=monde.organisme.pk, nom=nom)
        remplacer(ancien, nouveau, vu=apercu(ancien, nouveau).empreinte, par=monde.gestionnaire)
        for genre, noms in (("action", ("contact", "contact_du_lieu")), ("session", ("contact",))):
            for cle, valeurs in self._du_monde(genre, monde).items():
                if changes := {nom: nouveau.pk for nom in noms if valeurs[nom] == ancien.pk}:
                    self._noter(genre, cle, **changes)
        if self.hasard.random() < 0.5:
            self.journal.effacer(self.instant, ("contact", ancien.pk))
            ancien.delete()

    def certification(self, monde: Monde) -> None:
        """Change the title of the certification, for every organisme."""
        self._certifier(monde, intitule=self._mot())

    def fin_de_certification(self, monde: Monde) -> None:
        """Change whether the certification is in force (D-26).

        When it is out of force or has an end, it becomes active without an end. Otherwise it may be switched
        off, or get an end that is near or already past.
        """
        presente = self._lire("certification", monde.certification.pk)
        if not presente["active"] or presente["fin"]:
            self._certifier(monde, active=True, fin=None)
        elif (sort := self.hasard.random()) < 0.1:
            self._certifier(monde, active=False)
        elif sort < 0.4:
            self._certifier(monde, fin=jour_de(self.instant) + self.hasard.randint(-3, 10) * UN_JOUR)

    def _certifier(self, monde: Monde, **valeurs: Any) -> None:
        certification = Certification.objects.get(pk=monde.certification.pk)
        noms = {"fin": "date_fin_enregistrement"}
        for nom, valeur in valeurs.items():
            setattr(certification, noms.get(nom, nom), valeur)
        certification.save()
        self._noter("certification", certification.pk, **valeurs)

    def organisme(self, monde: Monde) -> None:
        """Change the name of the organisme, and end its suspension if there is one."""
        monde.organisme.raison_sociale, monde.organisme.suspendu = self._mot(), False
        monde.organisme.save()
        self._noter("organisme", monde.organisme.pk, nom=monde.organisme.raison_sociale, suspendu=False)

    def suspendre(self, monde: Monde) -> None:
        """Suspend the organisme until further notice."""
        monde.organisme.suspendu = True
        monde.organisme.save()
        self._noter("organisme", monde.organisme.pk, suspendu=True)

    def qualiopi(self, monde: Monde) -> None:
        """End the current certificate, soon or in the past, and create the next one.

        The next one often begins some days after the end of the former.
        """
        jour = jour_de(self.instant)
        present = Qualiopi.objects.get(pk=max(self._du_monde("qualiopi", monde)))
        present.au = max(present.du, jour + self.hasard.randint(-3, 10) * UN_JOUR)
        suivant = Qualiopi(
            organisme=monde.organisme,
            categorie=present.categorie,
            du=present.au + self.hasard.randint(1, 5) * UN_JOUR,
        )
        for certificat in (present, suivant):
            certificat.save()
            self._noter(
                "qualiopi", certificat.pk, organisme=monde.organisme.pk, du=certificat.du, au=certificat.au
            )
