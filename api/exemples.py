"""Examples of the documentation, by component of the schema, all from the catalogue of the demo."""

from typing import Any

from api.champs import champs_de_l_api
from catalogue.forms import ActionForm, FicheForm, OffreForm
from sessions_app.forms import SessionForm

Exemple = dict[str, Any]

_INSTANTS: Exemple = {"cree_le": "2027-04-06T09:12:00+02:00", "modifie_le": "2027-04-06T10:42:00+02:00"}

_OFFRE: Exemple = {
    "type_offre": "certifiante",
    "certification": "RNCP38413",
    "blocs": ["RNCP38413BC01", "RNCP38413BC02"],
    "blocs_modifiables": False,
    "intitule": "Technicien supérieur en méthodes et exploitation logistique",
    "points_forts": "Des intervenants experts, un réseau d'entreprises partenaires.",
    "objectif": "Organiser et piloter les flux d'un site logistique.",
    "resultats_attendus": "Obtenir la certification visée.",
    "contenu": "- Exploitation\n- Méthodes\n- **Encadrement**",
    "type_parcours": "mixte",
    "objectif_general": "certification",
}
_ACTION: Exemple = {
    "modalites_entrees_sorties": "dates_fixes",
    "modalites_enseignement": "presentiel",
    "langue": "fr",
    "duree_totale": 630,
    "rythmes": ["en_journee", "temps_plein"],
    "niveau_entree_obligatoire": True,
    "existence_prerequis": False,
    "modalites_admission": ["dossier", "entretien"],
    "acces_handicapes": "Locaux accessibles. Un référent handicap étudie chaque demande.",
    "ttc_0": "5000.00",
    "frais_certif_inclus": "inclus",
    "lieu_de_formation": "Siège",
    "contact_du_lieu": "Service Inscriptions",
    "contact_information": "Service Inscriptions",
}
_SESSION: Exemple = {
    "pas_de_dates": False,
    "date_debut": "2027-09-14",
    "date_fin": "2028-09-15",
    "garantie": True,
    "contact_inscription": "Service Inscriptions",
    "adresse_inscription": "Siège",
    "modalites_particulieres": "Les cours ont lieu chaque samedi de 10 h à 12 h.",
}
_CONTACT: Exemple = {
    "civilite": "",
    "prenom": "Service",
    "nom": "Inscriptions",
    "fonction": "Inscriptions et suivi des dossiers",
    "identifiant": "Service Inscriptions",
    "telephone_fixe": "0149800000",
    "telephone_portable": "",
    "courriel": "inscriptions@ilvm.example",
    "site": "https://www.ilvm.example",
}
_ADRESSE: Exemple = {
    "titre": "Siège",
    "denomination": "Institut Logistique du Val-de-Marne",
    "denomination_2": "",
    "denomination_3": "",
    "numero_voie": "12",
    "indice_repetition": "",
    "nature_voie": "AV",
    "libelle_voie": "de la Cité",
    "ligne_5": "",
    "code_postal": "94550",
    "ville": "Chevilly Larue",
    "pays": "FR",
    "latitude": "48.766700",
    "longitude": "2.353300",
    "conformite_reglementaire": True,
    "accessibilite_batimentaire": "Entrée de plain-pied, ascenseur.",
}


def _entiere(formulaire: type[FicheForm], remplis: Exemple) -> Exemple:
    """Return every field of the form: the given values, and the empty value of its type for the others."""
    champs = champs_de_l_api(formulaire)
    vides = {"string": "", "array": [], "boolean": False}
    return {
        nom: remplis.get(nom, vides.get(str(champ.schema().get("type")))) for nom, champ in champs.items()
    }


def _fiche(
    cle: int, identifiant: str, statut: str, formulaire: type[FicheForm], remplis: Exemple, **autres: Any
) -> Exemple:
    return {
        "id": cle,
        "identifiant": identifiant,
        "statut": statut,
        "version": 3,
        "visible": False,
        **_INSTANTS,
        **autres,
    } | _entiere(formulaire, remplis)


_COMPLETE: Exemple = {"a_completer": [], "avertissements": []}
_OFFRE_LUE = _fiche(1, "TSLO14-14247-98569", "validee", OffreForm, _OFFRE)
_ACTION_LUE = _fiche(
    7, "88A-79-78490-XX", "validee", ActionForm, {**_ACTION, "ht_0": "5000.00"}, offre=1,
    offre_identifiant="TSLO14-14247-98569",
    total_ht="5000.00", total_ttc="5000.00", cout_horaire_ht="7.94",
)  # fmt: skip
_SESSION_LUE = _fiche(
    12, "sessionduree", "active", SessionForm, _SESSION, action=7, action_identifiant="88A-79-78490-XX",
    offre=1,
    offre_identifiant="TSLO14-14247-98569", ouverte=True, ouverte_depuis="2027-04-06T10:42:00+02:00",
    visible_le="2027-04-07",
)  # fmt: skip
_IMPACT = {
    "matin": "2027-04-08",
    "phrases": [
        "1 session devient incohérente, dont 1 visible qui disparaîtra demain matin : l'action est"
        " permanente, et la session a des dates."
    ],
    "visibles": [12],
    "attendues": [],
    "incoherentes": [12],
    "actions": [],
}
_ENTREE: Exemple = {"sessions_visibles": None, "modifie_le": _INSTANTS["modifie_le"]}
_CONTACT_LU = {"id": 1, "utilisations": 27, **_ENTREE, **_CONTACT}
_ADRESSE_LUE = {"id": 1, "utilisations": 4, **_ENTREE, **_ADRESSE}
_ORGANISME = {
    "id": 1,
    "raison_sociale": "Institut Logistique du Val-de-Marne",
    "siret": "41234567800019",
    "nda": "11940678994",
    "suspendu": False,
    "qualiopi": [{"categorie": "actions_de_formation", "du": "2026-01-01", "au": None}],
}
_CERTIFICATION = {
    "id": 1,
    "code": "RNCP38413",
    "type_certification": "rncp",
    "intitule": "Technicien supérieur en méthodes et exploitation logistique",
    "niveau": 5,
    "blocs": [{"code": "RNCP38413BC01", "libelle": "Piloter les activités du site logistique"}],
    "certificateurs": ["Ministère du Travail"],
    "active": True,
    "date_fin_enregistrement": "2028-12-31",
}
_PASSAGE = {
    "id": 40, "jour": "2027-04-07", "commence_le": "2027-04-07T05:00:00+02:00",
    "termine_le": "2027-04-07T05:00:01+02:00",
    "parues": 1, "modifiees": 0, "retirees": 0, "retenues": 0,
}  # fmt: skip
_FORMATION = {
    "id": 7,
    "url": (
        "https://catalogue.example.fr/formations/41234567800019_TSLO14-14247-98569/"
        "41234567800019_88A-79-78490-XX/"
    ),
    "offre": {
        "identifiant": "TSLO14-14247-98569",
        "intitule": _OFFRE["intitule"],
        "certification": {"code": "RNCP38413"},
    },
    "action": {"identifiant": "88A-79-78490-XX", "total_ttc": 5000.0, "lieu": {"ville": "Chevilly Larue"}},
    "sessions": [
        {
            "id": 12,
            "du": "2027-04-07",
            "contenu": {"identifiant": "sessionduree", "date_debut": "2027-09-14", "date_fin": "2028-09-15"},
        }
    ],
}
_CHANGEMENT = {
    "instant": "2027-04-06T10:42:00+02:00",
    "version": 3,
    "operation": "Ouvrir à l'inscription",
    "qui": "Le jeton « Logiciel de planning »",
    "origine": "API",
    "fiche": {"niveau": "session", "id": 12, "identifiant": "sessionduree", "statut": "active"},
    "changements": [{"libelle": "Statut", "avant": "Validée", "apres": "Active"}],
}
_DU_FIL = {
    "curseur": "MS40MDEyLjMuMTgwNzAwNDEyMDAwMDAwMA",
    "instant": "2027-04-06T10:42:00+02:00",
    "type": "operation",
    "operation": "ouvrir",
    "niveau": "session",
    "id": 12,
    "identifiants": {
        "offre": "TSLO14-14247-98569",
        "action": "88A-79-78490-XX",
        "session": "sessionduree",
    },
    "version": 3,
    "qui": "Le jeton « Logiciel de planning »",
    "origine": "API",
    "jour": None,
    "raison": "",
    "url": "/api/v1/sessions/12/",
    "fiche": None,
}
_VISIBILITE = {
    "visible": False,
    "visible_le": "2027-04-07",
    "conditions": [
        {
            "code": "passage-effectue",
            "phrase": "La session attend la publication du lendemain matin de son ouverture (J+1).",
            "etat": "attente",
            "qui": "Personne : il suffit d'attendre",
            "date": "2027-04-07",
        }
    ],
}
_PROGRAMMATION = {
    "operation": "fermer", "jour": "2027-08-31", "visible_le": None, "etat": "prevue", "raison": "",
    "par": "le jeton « Logiciel de planning »", "prevue_le": "2027-04-06T10:42:00+02:00", "close_le": None,
}  # fmt: skip
_PLAN = {"creations": 1, "modifications": 0, "inchangees": 0, "erreurs": 0, "ignorees": 0}
_IMPORT: Exemple = {
    "id": 4, "nom": "planning-2027.csv", "etat": "planifie", "refus": "", "format": "csv",
    "encodage": "utf-8",
    "remarques": [], "bilan": {},
    "cree_le": "2027-04-06T09:12:00+02:00", "fini_le": None, "annule_le": None,
}  # fmt: skip
_LIGNE: Exemple = {
    "id": 31, "ligne": 2, "niveau": "session", "chemin": ["TSLO14-14247-98569", "88A-79-78490-XX", "automne"],
    "decision": "creation", "validable": True,
    "valeurs": {"date_debut": "2027-09-14", "date_fin": "2028-09-15", "garantie": True},
    "changements": {}, "anomalies": [], "issue": "", "phrase": "",
}  # fmt: skip
_ABONNEMENT: Exemple = {
    "nom": "Site de l'organisme",
    "url": "https://www.ilvm.example/catalogue/crochet",
    "evenements": ["session.ouverte", "session.fermee", "publication.terminee"],
}
_WEBHOOK: Exemple = {
    "id": 3, **_ABONNEMENT, "actif": True, "arret": "", "arrete_le": None,
    "cree_le": "2027-04-06T09:12:00+02:00",
    "dernier_essai_le": "2027-04-06T10:42:03+02:00", "dernier_succes_le": "2027-04-06T10:42:03+02:00",
    "ancien_secret_jusqu_a": None,
}  # fmt: skip
_LIVRAISON: Exemple = {
    "id": 87, "webhook": 3, "evenement": "5b0c0f3e-6a53-4a5e-8a8e-3f1f0b1a7c11", "type": "session.ouverte",
    "etat": "livree", "cree_le": "2027-04-06T10:42:00+02:00", "livree_le": "2027-04-06T10:42:03+02:00",
    "prochain_essai_le": None,
    "tentatives": [
        {"le": "2027-04-06T10:42:03+02:00", "statut": 204, "duree": 0.182, "erreur": "", "reponse": ""}
    ],
    "contenu": {
        "type": "session.ouverte",
        "timestamp": "2027-04-06T08:42:00Z",
        "data": {
            "session": 12, "identifiant": "sessionduree", "action": 7, "offre": 1, "statut": "active",
            "ouverte": True, "version": 4, "date_debut": "2027-09-14", "date_fin": "2028-09-15",
            "url": "https://catalogue.example.fr/api/v1/sessions/12/",
            "page": "https://catalogue.example.fr/catalogue/sessions/12/",
        },
    },
}  # fmt: skip
_LOT: Exemple = {
    "id": 9, "operation": "elements", "niveau": "", "mode": "valides", "etat": "fini", "nombre": 2,
    "faites": 2, "inchangees": 0, "refusees": 0, "a_faire": 0, "annule": None, "annule_par": None,
    "cree_le": "2027-04-06T09:12:00+02:00", "fini_le": "2027-04-06T09:12:00+02:00",
}  # fmt: skip
_DATE: Exemple = {
    "prevue": "2027-09-06", "date_debut": "2027-09-06", "date_fin": "2027-09-10", "identifiant": "2027-09",
    "passee": "", "notes": [], "avertissements": [], "id": 40, "statut": "validee",
}  # fmt: skip
_SERIE: Exemple = {
    "lot": 10, "serie": "5b0a2f0e-6f1f-4c39-8f0e-0c7e5a8f1a11",
    "phrase": "Le premier lundi de chaque mois, du 6 septembre 2027 au 4 octobre 2027, 5 jours ouvrés.",
    "reserves": [], "creees": 2,
    "sessions": [_DATE, {**_DATE, "prevue": "2027-10-04", "date_debut": "2027-10-04",
                         "date_fin": "2027-10-08", "identifiant": "2027-10", "id": 41}],
}  # fmt: skip
_CHEMIN = ["TSLO14-14247-98569", "88A-79-78490-XX", "automne"]
_ELEMENTS: list[Exemple] = [
    {
        "faire": "creer", "niveau": "session", "chemin": _CHEMIN,
        "valeurs": {"date_debut": "2027-09-14", "date_fin": "2028-09-15", "garantie": True,
                    "contact_inscription": "Service Inscriptions", "adresse_inscription": "Siège",
                    "valider": True},
    },
    {"faire": "ouvrir", "niveau": "session", "chemin": _CHEMIN},
]  # fmt: skip
_ELEMENT_FAIT: Exemple = {
    "rang": 0, "status": 201, "niveau": "session", "id": 31, "identifiant": "automne", "statut": "validee",
    "version": 1, "etag": '"1"', "url": "/api/v1/sessions/31/", "a_completer": [], "probleme": None,
}  # fmt: skip
_ELEMENTS_FAITS: list[Exemple] = [
    _ELEMENT_FAIT,
    {**_ELEMENT_FAIT, "rang": 1, "status": 200, "statut": "active", "version": 2, "etag": '"2"'},
]
_PROBLEME = {
    "type": "/api/v1/documentation/erreurs/validation/",
    "title": "Contenu refusé",
    "status": 422,
    "code": "validation",
    "detail": "La date de fin doit être postérieure à la date de début.",
    "raisons": [
        {
            "champ": "date_fin",
            "code": "fin-apres-debut",
            "phrase": "La date de fin doit être postérieure à la date de début.",
            "bloque": None,
        }
    ],
}


def _page(*lues: Exemple, suivie: bool = False) -> Exemple:
    suivi = {"reprendre_depuis": "2027-04-06T10:41:00+02:00", "supprimees": []} if suivie else {}
    return {"suivante": None, **suivi, "resultats": list(lues)}


_OFFRE_SEULE: Exemple = {**_OFFRE_LUE, **_COMPLETE, "impact": None}
_ACTION_SEULE: Exemple = {**_ACTION_LUE, **_COMPLETE, "impact": _IMPACT}
_SESSION_SEULE: Exemple = {**_SESSION_LUE, **_COMPLETE, "programmations": [_PROGRAMMATION]}
_NEUVE: Exemple = {"statut": "validee", "version": 1, "visible": False, "modifie_le": _INSTANTS["cree_le"]}
# What replaces a record is the whole of it: what is not said is emptied.
REMPLACEES: dict[str, Exemple] = {
    "OffreModification": {**_OFFRE, "valider": True},
    "ActionModification": {**_ACTION, "valider": True},
    "SessionModification": {**_SESSION, "valider": True},
}
# The answer of a creation, where it is not that of a reading.
CREEES: dict[str, Exemple] = {
    "OffreDetail": _OFFRE_SEULE | _NEUVE,
    "ActionDetail": _ACTION_SEULE | _NEUVE | {"impact": None},
    "SessionDetail": _SESSION_SEULE
    | _NEUVE
    | {"ouverte": False, "ouverte_depuis": None, "visible_le": None, "programmations": []},
}
EXEMPLES: dict[str, Exemple] = {
    "OffreCreation": {"identifiant": "TSLO14-14247-98569", **_OFFRE, "valider": True},
    "ActionCreation": {"offre": 1, "identifiant": "88A-79-78490-XX", **_ACTION, "valider": True},
    "SessionCreation": {"action": 7, "identifiant": "sessionduree", **_SESSION, "valider": True},
    "OffreModification": {"points_forts": "Une pédagogie active.", "version": 3},
    "ActionModification": {"ht_0": "5200.00", "ttc_0": "5200.00", "version": 3},
    "SessionModification": {"date_fin": "2028-09-29", "version": 3},
    **dict.fromkeys(("OffreDetail", "OffreDetailEnPartie"), _OFFRE_SEULE),
    **dict.fromkeys(("ActionDetail", "ActionDetailEnPartie"), _ACTION_SEULE),
    **dict.fromkeys(("SessionDetail", "SessionDetailEnPartie"), _SESSION_SEULE),
    "Programmations": {"programmations": [_PROGRAMMATION]},
    "ProgrammationCreation": {"operation": "fermer", "jour": "2027-08-31"},
    "PageDeOffre": _page(_OFFRE_LUE, suivie=True),
    "PageDeAction": _page(_ACTION_LUE, suivie=True),
    "PageDeSession": _page(_SESSION_LUE, suivie=True),
    "Import": _IMPORT,
    "ImportDetail": {**_IMPORT, "plan": _PLAN, "deja_applique_le": None},
    "ImportLu": {**_IMPORT, "plan": _PLAN, "deja_applique_le": None, "lignes": None},
    "PageDeImport": _page(_IMPORT),
    "PageDeLigne": _page(_LIGNE),
    "Application": {"mode": "valides"},
    "SerieCreation": {
        "rythme": "mois",
        "rang": "1",
        "jour": 0,
        "du": "2027-09-01",
        "nombre": 2,
        "duree": 5,
        "unite": "ouvres",
        "modele": "{AAAA}-{MM}",
        "reprendre": "sessionduree",
        "exclues": ["2027-12-24"],
    },
    "Serie": _SERIE,
    "Envoi": {"mode": "tout", "elements": _ELEMENTS},
    "Lot": _LOT,
    "LotFait": {**_LOT, "mode": "tout", "elements": _ELEMENTS_FAITS},
    "PageDeLot": _page(_LOT),
    "PageDeLigneDeLot": _page(
        {"id": 1, "nom": "automne", "issue": "faite", "code": "", "phrase": "", "reponse": _ELEMENT_FAIT}
    ),
    **dict.fromkeys(("Contact", "ContactEnPartie"), _CONTACT_LU),
    "ContactEcriture": _CONTACT,
    "ContactModification": {"telephone_fixe": "0149800001"},
    "PageDeContact": _page(_CONTACT_LU, suivie=True),
    **dict.fromkeys(("Adresse", "AdresseEnPartie"), _ADRESSE_LUE),
    "AdresseEcriture": _ADRESSE,
    "AdresseDepot": _ADRESSE,
    "AdresseModification": {"accessibilite_batimentaire": "Entrée de plain-pied."},
    "PageDeAdresse": _page(_ADRESSE_LUE, suivie=True),
    "BacASable": {"organisme": 12, "jour": "2026-12-03", "jours_d_avance": 3, "reste": 363},
    "Avance": {"jours": 1},
    "Organisme": _ORGANISME,
    "PageDeOrganisme": _page(_ORGANISME),
    "Certification": _CERTIFICATION,
    "PageDeCertification": _page(_CERTIFICATION),
    "PageDePassage": _page(_PASSAGE),
    "Formation": _FORMATION,
    "PageDeFormation": _page(_FORMATION),
    "PageDeEntreeDHistorique": _page(_CHANGEMENT),
    "PageDuFil": {
        "suivant": f"https://catalogue.example.fr/api/v1/changements/?depuis={_DU_FIL['curseur']}",
        "curseur": _DU_FIL["curseur"],
        "encore": False,
        "resultats": [_DU_FIL],
    },
    "Visibilite": _VISIBILITE,
    "Desarchivage": {"avec_descendants": True},
    "SuppressionFaite": {"emportees": {"action": 2, "session": 5}},
    "Webhook": _WEBHOOK,
    "WebhookCree": {**_WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwKQ9r8GKYqrQ="},
    "WebhookCreation": _ABONNEMENT,
    "WebhookModification": {"actif": False},
    "PageDeWebhook": _page(_WEBHOOK),
    "Livraison": _LIVRAISON,
    "PageDeLivraison": _page(_LIVRAISON),
    "Rien": {},
    "Probleme": _PROBLEME,
}
