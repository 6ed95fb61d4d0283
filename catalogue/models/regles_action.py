"""Rules that an action must satisfy to be « validée », with those that depend on the type of its offre."""

from django.db.models import Q

from catalogue.nomenclatures import TypeOffre
from catalogue.prix import PRIX_RENSEIGNE
from catalogue.regles import Regle, obligatoire

HEURES_MAXIMALES_DU_BILAN = 24
COUT_HORAIRE_MAXIMAL_ELU = 80

# The rules that the row of an action satisfies alone: a constraint applies them unless it is brouillon or
# archivée.
REGLES_DE_LA_LIGNE: tuple[Regle, ...] = (
    obligatoire(
        "modalites_entrees_sorties",
        "Indiquez les modalités d'entrées ou de sorties.",
        "Les modalités d'entrées ou de sorties sont indiquées.",
        vide="",
    ),
    obligatoire(
        "modalites_enseignement",
        "Indiquez les modalités d'enseignement.",
        "Les modalités d'enseignement sont indiquées.",
        vide="",
    ),
    obligatoire(
        "langue", "Indiquez la langue d'enseignement.", "La langue d'enseignement est indiquée.", vide=""
    ),
    obligatoire("duree_totale", "Renseignez la durée totale en heures.", "La durée totale est renseignée."),
    obligatoire("rythmes", "Indiquez au moins un rythme.", "Le rythme est indiqué.", vide=[]),
    obligatoire(
        "niveau_entree_obligatoire",
        "Indiquez si un niveau est requis à l'entrée.",
        "Le niveau d'entrée est indiqué.",
    ),
    obligatoire(
        "existence_prerequis",
        "Indiquez s'il existe des conditions spécifiques ou des prérequis.",
        "L'existence de prérequis est indiquée.",
    ),
    Regle(
        "prerequis-detailles",
        ~Q(existence_prerequis=True) | ~Q(conditions_specifiques=""),
        "Les prérequis annoncés sont détaillés.",
        "Vous annoncez des prérequis : détaillez-les.",
        "conditions_specifiques",
    ),
    obligatoire(
        "modalites_admission",
        "Indiquez au moins une modalité d'admission.",
        "Les modalités d'admission sont indiquées.",
        vide=[],
    ),
    obligatoire(
        "acces_handicapes",
        "Renseignez l'accessibilité aux personnes en situation de handicap.",
        "L'accessibilité aux personnes en situation de handicap est renseignée.",
        vide="",
    ),
    PRIX_RENSEIGNE,
    obligatoire(
        "frais_certif_inclus",
        "Indiquez si le prix inclut les frais d'examen.",
        "Il est dit si le prix inclut les frais d'examen.",
        vide="",
    ),
    obligatoire("lieu_de_formation", "Choisissez le lieu de formation.", "Le lieu de formation est choisi."),
    obligatoire(
        "contact_du_lieu",
        "Choisissez le contact du lieu de formation.",
        "Le contact du lieu de formation est choisi.",
    ),
    obligatoire(
        "contact_information", "Choisissez le contact d'information.", "Le contact d'information est choisi."
    ),
)

BILAN_COURT = Regle(
    "bilan-24-heures",
    ~Q(offre__type_offre=TypeOffre.BILAN.value)
    | Q(duree_totale__isnull=True)
    | Q(duree_totale__lte=HEURES_MAXIMALES_DU_BILAN),
    "Un bilan de compétences dure 24 heures au plus.",
    f"Un bilan de compétences dure {HEURES_MAXIMALES_DU_BILAN} heures au plus.",
    "duree_totale",
)
PRIX_DES_ELUS = Regle(
    "elu-cout-horaire",
    ~Q(offre__type_offre=TypeOffre.ELU.value)
    | Q(cout_horaire_ht__isnull=True)
    | Q(cout_horaire_ht__lte=COUT_HORAIRE_MAXIMAL_ELU),
    "Une formation d'élus coûte 80 € HT de l'heure au plus.",
    f"Une formation d'élus coûte {COUT_HORAIRE_MAXIMAL_ELU} € HT de l'heure au plus : baissez le prix ou"
    " allongez la durée.",
    "ttc_20",
)

REGLES_ACTION = (*REGLES_DE_LA_LIGNE, BILAN_COURT, PRIX_DES_ELUS)
