"""The small catalogue of a new sandbox: what a session needs to be opened at once, as a person makes it."""

import datetime as dt
from decimal import Decimal

from catalogue.cycle_de_vie import Origine, executer
from catalogue.models import Action, Certification, Offre, TypeFerme
from catalogue.nomenclatures import (
    CODES_CPF,
    Admission,
    Enseignement,
    EntreesSorties,
    FraisCertification,
    Langue,
    ObjectifGeneral,
    Rythme,
    TypeOffre,
    TypeParcours,
)
from edof.horloge import aujourd_hui
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Organisme, Utilisateur
from sessions_app.models import Session

# The types of offre that need no register, with the code that each leads to; the first open one is taken.
TYPES = {TypeOffre.CREATION: "CPF203", TypeOffre.BILAN: "CPF202", TypeOffre.PERMIS: "CPF206"}
# The starts of the two sessions, in days from now, and how long they last.
DEBUTS, DUREE = (45, 90), 5


def remplir(organisme: Organisme, *, par: Utilisateur) -> None:
    """Make one contact, one address, one offre, one action and two validées sessions in this organisme.

    Without the offre and what is below it where the administration has closed all of TYPES.
    """
    origine = Origine.FORMULAIRE
    contact = Contact.objects.create(
        organisme=organisme,
        prenom="Service",
        nom="Inscriptions",
        telephone_fixe="0100000000",
        courriel="inscriptions@bac-a-sable.example",
    )
    lieu = Adresse.objects.create(
        organisme=organisme,
        titre="Site d'essai",
        denomination=organisme.raison_sociale,
        numero_voie="1",
        nature_voie="RUE",
        libelle_voie="de l'Essai",
        code_postal="75001",
        ville="Paris",
        conformite_reglementaire=True,
    )
    ouverts = (type_offre for type_offre in TYPES if not TypeFerme.est_ferme(type_offre))
    if (type_offre := next(ouverts, None)) is None:
        return
    code = TYPES[type_offre]
    visee, _ = Certification.objects.get_or_create(
        code=code, defaults={"type_certification": Certification.Type.CPF, "intitule": CODES_CPF[code]}
    )
    offre = executer(
        Offre(organisme=organisme),
        Operation.VALIDER,
        par=par,
        origine=origine,
        valeurs={
            "identifiant": "ESSAI-OFFRE",
            "type_offre": type_offre,
            "certification": visee,
            "intitule": "Formation d'essai",
            "points_forts": "Une offre d'essai, complète et validée.",
            "objectif": "Essayer le catalogue sans rien publier.",
            "resultats_attendus": "Savoir ouvrir une session et la voir paraître.",
            "contenu": "Ouvrez une session à l'inscription, puis avancez d'un jour.",
            "type_parcours": TypeParcours.COLLECTIF,
            "objectif_general": ObjectifGeneral.CREATION_ENTREPRISE,
        },
    )
    action = executer(
        Action(organisme=organisme, offre=offre),
        Operation.VALIDER,
        par=par,
        origine=origine,
        valeurs={
            "identifiant": "ESSAI-ACTION",
            "modalites_entrees_sorties": EntreesSorties.DATES_FIXES,
            "modalites_enseignement": Enseignement.PRESENTIEL,
            "lieu_de_formation": lieu,
            "duree_totale": 24,
            "langue": Langue.FRANCAIS,
            "rythmes": [Rythme.EN_JOURNEE],
            "niveau_entree_obligatoire": False,
            "existence_prerequis": False,
            "modalites_admission": [Admission.DOSSIER],
            "acces_handicapes": "Locaux accessibles.",
            "ttc_20": Decimal("1200.00"),
            "frais_certif_inclus": FraisCertification.INCLUS,
            "contact_du_lieu": contact,
            "contact_information": contact,
        },
    )
    for rang, debut in enumerate(DEBUTS, start=1):
        premier = aujourd_hui() + dt.timedelta(days=debut)
        executer(
            Session(organisme=organisme, action=action),
            Operation.VALIDER,
            par=par,
            origine=origine,
            valeurs={
                "identifiant": f"ESSAI-SESSION-{rang}",
                "date_debut": premier,
                "date_fin": premier + dt.timedelta(days=DUREE),
                "garantie": True,
                "contact_inscription": contact,
                "adresse_inscription": lieu,
            },
        )
