"""The demo data: the examples of the guide, created through the functions of the application on past days.

Every record goes through `executer` and every morning through `publier`, so that statuses, history and
parutions are those that real users would have produced. Dates are relative to the day of loading.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib.auth.hashers import make_password

from catalogue.cycle_de_vie import Origine, executer
from catalogue.models import Action, Certification, Offre
from catalogue.nomenclatures import (
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
from demo.certifications import charger_certifications
from edof.horloge import PARIS, a_l_instant, aujourd_hui
from organismes.adresse_en_ligne import decouper
from organismes.droits import Operation, Role
from organismes.models import Adresse, Contact, Membre, Organisme, Qualiopi, Utilisateur
from publication.passages import publier
from sessions_app.models import Fermeture, Habitude, Session

MOT_DE_PASSE = "demo-edof"
COMPTES = {
    "gestionnaire@ilvm.example": ("Claire", "Moreau", Role.GESTIONNAIRE),
    "redacteur@ilvm.example": ("Karim", "Benali", Role.REDACTEUR),
    "lecteur@ilvm.example": ("Lucie", "Petit", Role.LECTEUR),
}
TSMEL = "Bac+2 Logistique - Technicien Supérieur en Méthodes et Exploitation Logistique TSMEL"
# (title, address on one line)
SITES = (
    ("Site de Créteil", "5 bis rue du Général Leclerc, 94000 Créteil"),
    ("Site d'Ivry-sur-Seine", "48 boulevard Paul Vaillant-Couturier, 94200 Ivry-sur-Seine"),
    ("Site de Vitry-sur-Seine", "110 quai Jules Guesde, 94400 Vitry-sur-Seine"),
    ("Site de Villejuif", "27 avenue de Paris, 94800 Villejuif"),
    ("Site de Melun", "3 place Saint-Jean, BP 42, 77000 Melun"),
    ("Site d'Évry-Courcouronnes", "ZA Les Épinettes, 91000 Évry-Courcouronnes"),
)


def charger() -> None:
    """Load the whole demo into an empty database."""
    debut = aujourd_hui() - dt.timedelta(days=40)
    with a_l_instant(_instant(debut, 9)):
        mot_de_passe = make_password(MOT_DE_PASSE)
        ilvm = _organisme("Institut Logistique du Val-de-Marne", "41234567800011", "11940678994", debut)
        autre = _organisme("Atelier Numérique de Nantes", "52345678900014", "52440123456", debut)
        for courriel, (prenom, nom, role) in COMPTES.items():
            _personne(courriel, prenom, nom, mot_de_passe, ilvm, role)
        _personne("gestionnaire@autre.example", "Hugo", "Le Gall", mot_de_passe, autre, Role.GESTIONNAIRE)
        _personne("conseil@deux.example", "Sofia", "Garnier", mot_de_passe, ilvm, Role.REDACTEUR)
        Membre.objects.create(
            utilisateur=Utilisateur.objects.get(courriel="conseil@deux.example"),
            organisme=autre,
            role=Role.GESTIONNAIRE,
        )
        Utilisateur.objects.create(
            courriel="admin@edof.example",
            prenom="Anne",
            nom="Dupuis",
            password=mot_de_passe,
            is_staff=True,
            is_superuser=True,
        )
        par = Utilisateur.objects.get(courriel="gestionnaire@ilvm.example")
        certifications = charger_certifications()
        tsmel = _offre(ilvm, par, "TSLO14-14247-98569", TSMEL, certifications["RNCP38413"])
        cariste = _offre(
            ilvm, par, "CARISTE-2024", "Magasinier cariste, CACES R489 inclus", certifications["RNCP38413"]
        )
        chevilly, *sites = _lieux(ilvm)
        contact = _contacts(ilvm)
        action = _action(tsmel, par, "88A-79-78490-XX", chevilly, "5000.00")
        for rang in range(23):
            _action(tsmel, par, f"88A-79-{78491 + rang}-XX", sites[rang % len(sites)], str(4200 + 50 * rang))
        distance = _action(
            tsmel,
            par,
            "88A-79-78490-FOAD",
            chevilly,
            "3850.00",
            entrees=EntreesSorties.PERMANENTES,
            distance=True,
        )
        creteil = _action(cariste, par, "CARISTE-CRETEIL", sites[0], "1450.00")
        _offre_en_brouillon(ilvm, par)
        Habitude.objects.create(organisme=ilvm, contact=contact, adresse=chevilly)
        ete = dt.date(aujourd_hui().year + 1, 8, 1)
        Fermeture.objects.create(
            organisme=ilvm,
            genre=Fermeture.Genre.PROPRE,
            nom="Fermeture d'été",
            du=ete,
            au=ete.replace(day=20),
        )
        _autre_organisme(autre, certifications["RS6289"])

    commun = {"contact_inscription": contact, "adresse_inscription": chevilly}
    jour = aujourd_hui()
    _session(
        action,
        par,
        debut,
        "sessionduree",
        jour + dt.timedelta(60),
        365,
        {**commun, "garantie": True},
        ouvre=True,
    )
    _session(
        distance,
        par,
        debut,
        "entree-permanente",
        None,
        0,
        {
            **commun,
            "garantie": False,
            "modalites_particulieres": "Inscription toute l'année, démarrage sous quinze jours.",
        },
        ouvre=True,
    )
    fermee = _session(
        creteil,
        par,
        debut,
        "cariste-complet",
        jour + dt.timedelta(45),
        20,
        {**commun, "garantie": True},
        ouvre=True,
    )
    _session(
        action, par, debut, "automne", jour - dt.timedelta(10), 120, {**commun, "garantie": False}, ouvre=True
    )
    archivee = _session(
        action, par, debut, "ancienne", jour - dt.timedelta(30), 25, {**commun, "garantie": False}
    )
    for ecart in range(39, -1, -1):
        publie = jour - dt.timedelta(ecart)
        if ecart == 0:
            _hier(par, fermee, archivee)
        with a_l_instant(_instant(publie, 5)):
            publier(publie, par="données de démonstration")
    instant = _instant(jour, 6)
    with a_l_instant(instant):
        _session(
            action,
            par,
            jour,
            "printemps",
            jour + dt.timedelta(120),
            330,
            {**commun, "garantie": True},
            ouvre=True,
        )
        _session(
            action, par, jour, "ete", jour + dt.timedelta(200), 90, {**commun, "garantie": None}, valide=False
        )
        _session(
            creteil, par, jour, "cariste-mars", jour + dt.timedelta(90), 20, {**commun, "garantie": True}
        )


def _hier(par: Utilisateur, fermee: Session, archivee: Session) -> None:
    with a_l_instant(_instant(aujourd_hui() - dt.timedelta(1), 16)):
        executer(fermee, Operation.FERMER, par=par, origine=Origine.DEMO)
        executer(archivee, Operation.ARCHIVER, par=par, origine=Origine.DEMO)


def _instant(jour: dt.date, heure: int) -> dt.datetime:
    return dt.datetime.combine(jour, dt.time(heure), tzinfo=PARIS)


def _organisme(nom: str, siret: str, nda: str, du: dt.date) -> Organisme:
    organisme = Organisme.objects.create(raison_sociale=nom, siret=_avec_cle(siret), nda=nda)
    for categorie in (Qualiopi.Categorie.ACTIONS_DE_FORMATION, Qualiopi.Categorie.BILANS_DE_COMPETENCES):
        Qualiopi.objects.create(organisme=organisme, categorie=categorie, du=du - dt.timedelta(300))
    return organisme


def _avec_cle(siret: str) -> str:
    """Return the same number with a last digit that makes its Luhn key valid."""
    total = 0
    for rang, chiffre in enumerate(siret[:13]):
        valeur = int(chiffre) * (2 if rang % 2 == 0 else 1)
        total += valeur - 9 if valeur > 9 else valeur
    return siret[:13] + str(-total % 10)


def _personne(
    courriel: str, prenom: str, nom: str, mot_de_passe: str, organisme: Organisme, role: str
) -> None:
    personne = Utilisateur.objects.create(courriel=courriel, prenom=prenom, nom=nom, password=mot_de_passe)
    Membre.objects.create(utilisateur=personne, organisme=organisme, role=role)


def _lieux(organisme: Organisme) -> list[Adresse]:
    commun = {
        "organisme": organisme,
        "denomination": organisme.raison_sociale,
        "conformite_reglementaire": True,
    }
    siege = Adresse.objects.create(
        titre="Siège",
        numero_voie="12",
        nature_voie="AV",
        libelle_voie="de la Cité",
        code_postal="94550",
        ville="Chevilly Larue",
        accessibilite_batimentaire="Entrée de plain-pied, ascenseur, deux places de stationnement réservées.",
        latitude="48.766700",
        longitude="2.353300",
        **commun,
    )
    sites = []
    for titre, ligne in SITES:
        parties = {nom: valeur for nom, valeur in decouper(ligne).items() if valeur}
        sites.append(
            Adresse.objects.create(titre=titre, denomination_2="Centre de formation", **parties, **commun)
        )
    return [siege, *sites]


def _contacts(organisme: Organisme) -> Contact:
    """Create three contacts; return the one that receives enrolments."""
    service = Contact.objects.create(
        organisme=organisme,
        prenom="Service",
        nom="Inscriptions",
        fonction="Inscriptions et suivi des dossiers",
        telephone_fixe="01 49 80 00 00",
        courriel="inscriptions@ilvm.example",
        site="https://www.ilvm.example",
    )
    Contact.objects.create(
        organisme=organisme,
        civilite=Contact.Civilite.MADAME,
        prenom="Nadia",
        nom="Roux",
        fonction="Responsable pédagogique logistique",
        telephone_fixe="01 49 80 00 12",
        telephone_portable="06 12 34 56 78",
        courriel="nadia.roux@ilvm.example",
    )
    Contact.objects.create(
        organisme=organisme,
        civilite=Contact.Civilite.MONSIEUR,
        prenom="Thomas",
        nom="Lefèvre",
        fonction="Référent handicap",
        telephone_fixe="01 49 80 00 15",
        courriel="referent.handicap@ilvm.example",
    )
    return service


def _offre(
    organisme: Organisme, par: Utilisateur, identifiant: str, intitule: str, certification: Certification
) -> Offre:
    valeurs = {
        "identifiant": identifiant,
        "type_offre": TypeOffre.CERTIFIANTE,
        "certification": certification,
        "blocs": [bloc["code"] for bloc in certification.blocs],
        "blocs_modifiables": False if certification.blocs else None,
        "intitule": intitule,
        "points_forts": (
            "Des intervenants experts, un réseau d'entreprises partenaires, une pédagogie active."
        ),
        "objectif": (
            "Organiser et piloter les flux d'un site logistique, encadrer une équipe et améliorer les"
            " méthodes."
        ),
        "resultats_attendus": "Obtenir la certification visée et exercer le métier en autonomie.",
        "contenu": (
            "Des intervenants experts et des professionnels en activité. Un réseau d'entreprises partenaires."
            " Une formation axée sur les attendus et les évolutions du métier. Une pédagogie active : mise en"
            " situation professionnelle, progiciels métiers."
        ),
        "type_parcours": TypeParcours.MIXTE,
        "objectif_general": ObjectifGeneral.CERTIFICATION,
    }
    return executer(
        Offre(organisme=organisme), Operation.VALIDER, par=par, origine=Origine.DEMO, valeurs=valeurs
    )


def _offre_en_brouillon(organisme: Organisme, par: Utilisateur) -> None:
    offre = Offre(organisme=organisme)
    valeurs = {
        "identifiant": "BILAN-2025",
        "type_offre": TypeOffre.BILAN,
        "intitule": "Bilan de compétences - parcours logistique",
    }
    executer(offre, Operation.MODIFIER, par=par, origine=Origine.DEMO, valeurs=valeurs)


def _action(
    offre: Offre,
    par: Utilisateur,
    identifiant: str,
    lieu: Adresse,
    prix: str,
    *,
    entrees: str = EntreesSorties.DATES_FIXES,
    distance: bool = False,
) -> Action:
    contact = Contact.objects.filter(organisme=offre.organisme).earliest("pk")
    valeurs = {
        "identifiant": identifiant,
        "modalites_entrees_sorties": entrees,
        "modalites_enseignement": Enseignement.A_DISTANCE if distance else Enseignement.PRESENTIEL,
        "lieu_de_formation": lieu,
        "duree_totale": 630,
        "langue": Langue.FRANCAIS,
        "rythmes": [Rythme.EN_JOURNEE, Rythme.TEMPS_PLEIN],
        "niveau_entree_obligatoire": True,
        "existence_prerequis": True,
        "conditions_specifiques": "Un diplôme de niveau 4, ou une année d'expérience en entrepôt.",
        "modalites_admission": [Admission.DOSSIER, Admission.ENTRETIEN],
        "acces_handicapes": "Locaux accessibles en fauteuil. Un référent handicap étudie chaque demande.",
        "ttc_0": Decimal(prix),
        "frais_certif_inclus": FraisCertification.INCLUS,
        "contact_du_lieu": contact,
        "contact_information": contact,
    }
    action = Action(organisme=offre.organisme, offre=offre)
    return executer(action, Operation.VALIDER, par=par, origine=Origine.DEMO, valeurs=valeurs)


def _session(
    action: Action,
    par: Utilisateur,
    jour: dt.date,
    identifiant: str,
    debut: dt.date | None,
    duree: int,
    valeurs: dict[str, Any],
    *,
    valide: bool = True,
    ouvre: bool = False,
) -> Session:
    """Enter a session on `jour` at 06:00, and open it at the same instant when `ouvre` is true; return it.

    `duree` is in days. With `valide` false, the session stays a brouillon.
    """
    dates = {
        "pas_de_dates": debut is None,
        "date_debut": debut,
        "date_fin": debut and debut + dt.timedelta(days=duree),
    }
    with a_l_instant(_instant(jour, 6)):
        session = executer(
            Session(action=action, organisme=action.organisme),
            Operation.VALIDER if valide else Operation.MODIFIER,
            par=par,
            origine=Origine.DEMO,
            valeurs={"identifiant": identifiant, **dates, **valeurs},
        )
        return executer(session, Operation.OUVRIR, par=par, origine=Origine.DEMO) if ouvre else session


def _autre_organisme(organisme: Organisme, certification: Certification) -> None:
    par = Utilisateur.objects.get(courriel="gestionnaire@autre.example")
    lieu = Adresse.objects.create(
        organisme=organisme,
        titre="Atelier",
        denomination=organisme.raison_sociale,
        numero_voie="8",
        nature_voie="QUAI",
        libelle_voie="de la Fosse",
        code_postal="44000",
        ville="Nantes",
        conformite_reglementaire=True,
    )
    contact = Contact.objects.create(
        organisme=organisme,
        prenom="Hugo",
        nom="Le Gall",
        telephone_fixe="0240000000",
        courriel="contact@autre.example",
    )
    offre = _offre(organisme, par, "EXCEL-1", "Excel, des bases aux tableaux croisés", certification)
    action = _action(offre, par, "EXCEL-1-NANTES", lieu, "890.00")
    jour = aujourd_hui()
    valeurs = {"contact_inscription": contact, "adresse_inscription": lieu, "garantie": True}
    _session(action, par, jour, "sessionduree", jour + dt.timedelta(95), 5, valeurs, ouvre=True)
