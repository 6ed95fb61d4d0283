"""The code tables of EDOF, as enumerations: a slug is stored, a label is displayed.

The official code of each value is in `docs/champs.md`, for imported and exported files.
"""

from decimal import Decimal

from django.db import models

# --- Offre ---


class TypeOffre(models.TextChoices):
    """The six types of offre, all of which can have sessions (S-47, S-48)."""

    CERTIFIANTE = "certifiante", "Formation certifiante"
    BILAN = "bilan", "Bilan de compétences"
    VAE = "vae", "Accompagnement VAE"
    PERMIS = "permis", "Préparation aux épreuves du permis de conduire"
    CREATION = "creation", "Création ou reprise d'entreprise"
    ELU = "elu", "Exercice du mandat des élus locaux (DIF élu)"


# Values of `code-CPF`, the codes of what leads to no register. Migration 0002 inserts them in the table of
# certifications.
PERMIS_DE_CONDUIRE: dict[str, str] = {
    "CPF206": "Permis de conduire, catégorie B",
    "CPF210": "Permis de conduire, catégorie C",
    "CPF211": "Permis de conduire, catégorie C1",
    "CPF212": "Permis de conduire, catégorie C1E",
    "CPF213": "Permis de conduire, catégorie CE",
    "CPF214": "Permis de conduire, catégorie D",
    "CPF215": "Permis de conduire, catégorie D1",
    "CPF216": "Permis de conduire, catégorie D1E",
    "CPF217": "Permis de conduire, catégorie DE",
    "CPF219": "Permis de conduire, catégorie A1",
    "CPF220": "Permis de conduire, catégorie A2",
    "CPF221": "Permis de conduire, catégorie B1",
    "CPF222": "Permis de conduire, catégorie BE",
}
CODES_CPF: dict[str, str] = {
    "CPF200": "Accompagnement à la validation des acquis de l'expérience (VAE)",
    "CPF202": "Bilan de compétences",
    "CPF203": "Accompagnement à la création ou à la reprise d'une entreprise",
    **PERMIS_DE_CONDUIRE,
}


class TypeParcours(models.TextChoices):
    """Values of `parcours-de-formation`."""

    COLLECTIF = "collectif", "En groupe (non personnalisable)"
    INDIVIDUALISE = "individualise", "Individualisé"
    MODULAIRE = "modulaire", "Modulaire"
    MIXTE = "mixte", "Mixte"


class ObjectifGeneral(models.TextChoices):
    """Values of `objectif-general-formation`."""

    PERFECTIONNEMENT = "perfectionnement", "Perfectionnement, élargissement des compétences"
    CREATION_ENTREPRISE = "creation_entreprise", "Création d'entreprise"
    REMISE_A_NIVEAU = "remise_a_niveau", "Remise à niveau, maîtrise des savoirs de base, initiation"
    CERTIFICATION = "certification", "Certification"
    PROFESSIONNALISATION = "professionnalisation", "Professionnalisation"
    PREPARATION_QUALIFICATION = "preparation_qualification", "Préparation à la qualification"
    MOBILISATION = "mobilisation", "(Re)mobilisation, aide à l'élaboration de projet professionnel"


class CategorieVae(models.TextChoices):
    """Values of `categorisation-offre`: the semantic fields of Formacode V14.

    The slug is the official number.
    """

    MATHEMATIQUES = "110", "Mathématiques"
    PHYSIQUE = "114", "Physique"
    CHIMIE = "115", "Chimie"
    SCIENCES_NATURELLES = "120", "Sciences naturelles"
    SCIENCES_DE_LA_TERRE = "122", "Sciences de la terre"
    ENVIRONNEMENT = "125", "Environnement, aménagement"
    SCIENCE_POLITIQUE = "130", "Science politique"
    ECONOMIE = "131", "Économie"
    DROIT = "132", "Droit"
    DROIT_FISCAL = "133", "Droit fiscal"
    SCIENCES_HUMAINES = "142", "Sciences humaines"
    PSYCHOLOGIE = "144", "Psychologie"
    DEVELOPPEMENT_PERSONNEL = "150", "Développement professionnel et personnel"
    LANGUES = "152", "Langues"
    SPORT = "154", "Activité physique et sportive"
    AGRICULTURE = "210", "Agriculture, production végétale"
    PECHE = "213", "Pêche, aquaculture"
    AGROALIMENTAIRE = "215", "Agroalimentaire"
    TEXTILE = "216", "Textile"
    HABILLEMENT = "217", "Habillement"
    CUIR = "218", "Cuir, peau"
    TRAVAUX_PUBLICS = "220", "Travaux publics"
    BTP_CONCEPTION = "222", "BTP, conception, organisation"
    GROS_OEUVRE = "223", "Bâtiment gros œuvre"
    SECOND_OEUVRE = "224", "Bâtiment second œuvre"
    GENIE_CLIMATIQUE = "226", "Génie climatique"
    MATERIAU_CHIMIQUE = "228", "Matériau, produit chimique"
    TRAVAIL_MATERIAU = "230", "Travail du matériau"
    MECANIQUE_THEORIQUE = "235", "Mécanique théorique"
    MECANIQUE = "236", "Mécanique, construction, réparation"
    ELECTRICITE = "240", "Électricité"
    ENERGIE = "241", "Énergie"
    TELECOMMUNICATION = "242", "Télécommunication"
    ELECTRONIQUE = "243", "Électronique"
    AUTOMATISME = "244", "Automatisme, informatique industrielle"
    LANGAGES_INFORMATIQUES = "308", "Langages informatiques"
    INFORMATIQUE = "310", "Informatique, systèmes d'information, numérique"
    QUALITE_INDUSTRIELLE = "313", "Qualité industrielle"
    GESTION_QUALITE = "314", "Gestion de la qualité"
    GENIE_INDUSTRIEL = "316", "Génie industriel"
    MANUTENTION = "317", "Manutention"
    TRANSPORT = "318", "Transport"
    GESTION_DES_ORGANISATIONS = "320", "Gestion des organisations"
    ENCADREMENT = "321", "Encadrement, management"
    FINANCE = "326", "Gestion financière, comptabilité"
    RESSOURCES_HUMAINES = "330", "Gestion des ressources humaines"
    ACHATS = "340", "Gestion commerciale, achats"
    COMMERCE_INTERNATIONAL = "342", "Commerce international"
    COMMERCE = "345", "Commerce"
    SECRETARIAT = "350", "Secrétariat, assistanat"
    BANQUE = "410", "Banque, assurance"
    COMMERCES_DE_PROXIMITE = "420", "Services, commerces de proximité"
    IMMOBILIER = "421", "Immobilier"
    TOURISME = "426", "Tourisme"
    HOTELLERIE = "427", "Hôtellerie, restauration"
    SECURITE = "428", "Prévention, sécurité"
    MEDECINE = "430", "Médecine"
    SANTE = "434", "Santé"
    ACTION_SOCIALE = "440", "Action sociale"
    INGENIERIE_DE_FORMATION = "445", "Ingénierie de formation, pédagogie"
    ART = "450", "Art"
    ARTISANAT_D_ART = "455", "Artisanat d'art"
    IMPRIMERIE = "460", "Industrie graphique, imprimerie"
    AUDIOVISUEL = "462", "Audiovisuel"
    COMMUNICATION = "463", "Information, communication"


# --- Action ---


class EntreesSorties(models.TextChoices):
    """Values of `modalites-entrees-sorties`, with the labels of the guide (S-73)."""

    DATES_FIXES = "dates_fixes", "A dates fixes"
    PERMANENTES = "permanentes", "Permanentes (sans dates fixes)"


class Enseignement(models.TextChoices):
    """Values of `modalites-enseignement`."""

    PRESENTIEL = "presentiel", "Présentiel"
    MIXTE = "mixte", "Mixte"
    A_DISTANCE = "a_distance", "À distance"


# The text displayed instead of a town.
A_DISTANCE = "À DISTANCE"


class Admission(models.TextChoices):
    """Values of `code-modalites-admission`."""

    DOSSIER = "dossier", "Sur dossier"
    CONCOURS = "concours", "Sur concours"
    ENTRETIEN = "entretien", "Après entretien"
    TEST = "test", "Après test"
    VISITE_MEDICALE = "visite_medicale", "Après visite médicale"
    PLUSIEURS = "plusieurs", "Plusieurs modalités possibles"
    SANS = "sans", "Sans disposition particulière"


class Rythme(models.TextChoices):
    """Values of `code-rythme-formation`."""

    EN_JOURNEE = "en_journee", "En journée"
    EN_SOIREE = "en_soiree", "En soirée"
    EN_SEMAINE = "en_semaine", "En semaine"
    LE_WEEK_END = "le_week_end", "Le week-end"
    TEMPS_PLEIN = "temps_plein", "Temps plein"
    TEMPS_PARTIEL = "temps_partiel", "Temps partiel"
    PLUSIEURS = "plusieurs", "Plusieurs rythmes possibles"


class Horaires(models.TextChoices):
    """Values of `code-type-horaires`."""

    FIXES = "fixes", "À horaires fixes"
    LIBRES = "libres", "Sans horaires fixes"
    MIXTES = "mixtes", "Mixte"


class FraisCertification(models.TextChoices):
    """Values of `frais-certif-inclus-frais-anpec`, with the third answer of the screen."""

    INCLUS = "inclus", "Oui"
    NON_INCLUS = "non_inclus", "Non"
    AUCUN = "aucun", "Aucuns frais attendus"


class ConstructionTarifaire(models.TextChoices):
    """Values of `code-modele-economique`, kept for older files."""

    ASSIDUITE = "assiduite", "À l'assiduité (heure, demi-journée, jour)"
    FORFAIT = "forfait", "Au forfait"


class PerimetreRecrutement(models.TextChoices):
    """Values of `code-perimetre-recrutement`."""

    COMMUNE = "commune", "Commune"
    DEPARTEMENT = "departement", "Département"
    REGION = "region", "Région"
    INTERREGION = "interregion", "Interrégion"
    PAYS = "pays", "Pays"
    INTERNATIONAL = "international", "International"
    AUTRES = "autres", "Autres"


class GroupeFormationEmploi(models.TextChoices):
    """Values of `code-gfe`."""

    AGRICULTURE = "agriculture", "Agriculture"
    PECHE = "peche", "Pêche, mer"
    GROS_OEUVRE = "gros_oeuvre", "Bâtiment gros œuvre, travaux publics"
    SECOND_OEUVRE = "second_oeuvre", "Bâtiment second œuvre"
    METAUX = "metaux", "Travail des métaux"
    MECANIQUE = "mecanique", "Mécanique"
    ELECTROMECANIQUE = "electromecanique", "Électromécanique"
    ELECTRICITE = "electricite", "Électricité, énergie"
    PRODUCTION = "production", "Appui à la production des industries"
    MATERIAUX = "materiaux", "Transformation des matériaux, procédés"
    ALIMENTAIRE = "alimentaire", "Production alimentaire"
    TEXTILE = "textile", "Textile, habillement, cuir"
    BOIS = "bois", "Bois, matériaux de synthèse"
    IMPRESSION = "impression", "Techniques graphiques, impression"
    TRANSPORT = "transport", "Transport, logistique"
    INFORMATION = "information", "Gestion et traitement de l'information"
    COMMERCE = "commerce", "Commerce"
    SANTE = "sante", "Santé, social, soins personnels"
    TOURISME = "tourisme", "Hôtellerie, tourisme, loisirs"
    ENVIRONNEMENT = "environnement", "Environnement, nettoyage, sécurité"
    COMMUNICATION = "communication", "Communication, médias"
    CREATION_ARTISTIQUE = "creation_artistique", "Création et production artistique"
    AUTRES = "autres", "Autres professions, enseignement, magistrature"
    INSERTION = "insertion", "Formation d'insertion"


class Langue(models.TextChoices):
    """Values of `langue-formation`: ISO 639-1 codes in lower case."""

    FRANCAIS = "fr", "Français"
    ANGLAIS = "en", "Anglais"
    ALLEMAND = "de", "Allemand"
    ESPAGNOL = "es", "Espagnol"
    ITALIEN = "it", "Italien"
    PORTUGAIS = "pt", "Portugais"
    ARABE = "ar", "Arabe"
    CHINOIS = "zh", "Chinois"
    COREEN = "ko", "Coréen"
    DANOIS = "da", "Danois"
    GREC = "el", "Grec"
    HEBREU = "he", "Hébreu"
    JAPONAIS = "ja", "Japonais"
    NEERLANDAIS = "nl", "Néerlandais"
    NORVEGIEN = "no", "Norvégien"
    POLONAIS = "pl", "Polonais"
    ROUMAIN = "ro", "Roumain"
    RUSSE = "ru", "Russe"
    SUEDOIS = "sv", "Suédois"
    TCHEQUE = "cs", "Tchèque"
    TURC = "tr", "Turc"
    UKRAINIEN = "uk", "Ukrainien"


# The three rates of VAT: the suffix of the columns of a price line, and the rate in percent.
TAUX_DE_TVA: dict[str, Decimal] = {"0": Decimal("0"), "5_5": Decimal("5.5"), "20": Decimal("20")}
