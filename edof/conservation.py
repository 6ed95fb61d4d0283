"""How long what is kept for a time is kept: one table, read by the purges and by the register.

The register is docs/donnees-personnelles.md. The tasks are in the schedule of edof/celery.py.
"""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Duree:
    """What is kept for a time: in words, how long, counted from when, and the task that forgets it."""

    quoi: str
    duree: dt.timedelta
    depuis: str
    tache: str

    @property
    def en_mots(self) -> str:
        """Return « 5 ans », « 90 jours », « 24 heures » or « 5 minutes »."""
        if self.duree.days >= 2 * 365 and not self.duree.days % 365:
            return f"{self.duree.days // 365} ans"
        if self.duree >= dt.timedelta(days=2):
            return f"{self.duree.days} jours"
        heures, reste = divmod(self.duree, dt.timedelta(hours=1))
        return f"{self.duree // dt.timedelta(minutes=1)} minutes" if reste else f"{heures} heures"


_MENAGE = "organismes.tasks.faire_le_menage"

# For the investigation of an attack: who tried to sign in, from where.
ESSAIS = Duree("Essais de connexion", dt.timedelta(days=90), "l'essai", _MENAGE)
COURRIELS = Duree("E-mails abandonnés, sans leur texte", dt.timedelta(days=90), "la demande", _MENAGE)
BULLETINS = Duree("Bulletins envoyés", dt.timedelta(days=90), "l'envoi", _MENAGE)
INVITATIONS = Duree("Invitations sans réponse", dt.timedelta(days=90), "la fin de leur validité", _MENAGE)
VISITES = Duree("Visites « voir comme »", dt.timedelta(days=365), "leur fin", _MENAGE)
TRACES_DE_L_ADMINISTRATION = Duree(
    "Actions récentes dans l'administration", dt.timedelta(days=365), "l'action", _MENAGE
)
PRESENCES = Duree(
    "Présences sur un formulaire",
    dt.timedelta(minutes=5),
    "la dernière vue",
    "catalogue.tasks.oublier_les_presences",
)
CORBEILLE = Duree("Corbeille", dt.timedelta(days=30), "la suppression", "catalogue.tasks.purger_la_corbeille")
LOTS = Duree(
    "Lots et leurs comptes rendus", dt.timedelta(days=90), "la création", "lots.tasks.purger_les_lots"
)
IMPORTS = Duree(
    "Fichiers importés et leurs lignes",
    dt.timedelta(days=30),
    "le dépôt",
    "echanges.tasks.oublier_les_imports",
)
CHANGEMENTS = Duree(
    "Fil des changements", dt.timedelta(days=90), "le changement", "publication.tasks.oublier_les_changements"
)
FREQUENTATION = Duree(
    "Nombres de lectures, sans dire de qui",
    dt.timedelta(days=400),
    "la lecture",
    "publication.tasks.entretenir_la_vitrine",
)
APERCUS = Duree(
    "Aperçus partagés", dt.timedelta(days=90), "leur dernier jour", "publication.tasks.entretenir_la_vitrine"
)
LIVRAISONS = Duree(
    "Événements des webhooks et livraisons",
    dt.timedelta(days=90),
    "l'événement",
    "crochets.tasks.oublier_les_evenements",
)
REPONSES = Duree(
    "Réponses gardées de l'API", dt.timedelta(hours=24), "la réponse", "api.tasks.oublier_les_reponses"
)
BACS_A_SABLE = Duree(
    "Bacs à sable",
    dt.timedelta(days=90),
    "leur dernier usage",
    "publication.tasks.entretenir_les_bacs_a_sable",
)

_EXPLOITATION = "exploitation.tasks.oublier_le_passe"
ALARMES = Duree("Alarmes de l'installation", dt.timedelta(days=365), "leur fin", _EXPLOITATION)
SIGNES_DE_VIE = Duree(
    "Signes de vie des tâches, sans dire de qui", dt.timedelta(days=90), "le dernier", _EXPLOITATION
)
RELEVES = Duree(
    "Relevés des registres de certifications", dt.timedelta(days=365), "la lecture", _EXPLOITATION
)
MOIS = Duree(
    "Chiffres d'usage du mois, sans dire de qui", dt.timedelta(days=5 * 365), "le mois", _EXPLOITATION
)

DUREES = (
    ESSAIS, COURRIELS, BULLETINS, INVITATIONS, VISITES, TRACES_DE_L_ADMINISTRATION, PRESENCES, CORBEILLE,
    LOTS, IMPORTS, CHANGEMENTS, FREQUENTATION, APERCUS, LIVRAISONS, REPONSES,
    BACS_A_SABLE, ALARMES, SIGNES_DE_VIE, RELEVES, MOIS,
)  # fmt: skip
