"""The certifications of the demo.

A few come from the registers; the themes of training for elected officials have no public list.
"""

from catalogue.models import Certification

TRAVAIL = ["Ministère du travail, du plein emploi et de l'insertion"]
REGISTRES = (
    {
        "code": "RNCP38413",
        "type_certification": "rncp",
        "abrege": "TP",
        "intitule": (
            "Titre professionnel technicien supérieur / technicienne supérieure en méthodes et exploitation"
            " logistique"
        ),
        "niveau": 5,
        "certificateurs": TRAVAIL,
        "blocs": (
            "Piloter les activités d'un site logistique",
            "Élaborer et mettre en œuvre des solutions techniques en logistique",
            "Encadrer une équipe et coordonner les activités en anglais",
        ),
    },
    {
        "code": "RNCP37674",
        "type_certification": "rncp",
        "abrege": "TP",
        "intitule": "Développeur web et web mobile",
        "niveau": 5,
        "certificateurs": TRAVAIL,
        "blocs": (
            "Développer la partie front-end d'une application web ou web mobile sécurisée",
            "Développer la partie back-end d'une application web ou web mobile sécurisée",
        ),
    },
    {
        "code": "RNCP37275",
        "type_certification": "rncp",
        "abrege": "TP",
        "intitule": "Formateur professionnel d'adultes",
        "niveau": 5,
        "certificateurs": TRAVAIL,
        "blocs": (
            "Concevoir et préparer la formation",
            "Animer une formation et évaluer les acquis des apprenants",
            "Accompagner les apprenants en formation",
            (
                "Inscrire sa pratique professionnelle dans une démarche de qualité et de responsabilité"
                " sociale des entreprises"
            ),
        ),
    },
    {"code": "RS6289", "type_certification": "rs", "intitule": "Certification bureautique Excel"},
    {
        "code": "RS6151",
        "type_certification": "rs",
        "intitule": "Test TOEIC (Test of English for International Communication)",
        "certificateurs": ["ETS Global"],
    },
)
THEMES = (
    "Statut et droits de l'élu local",
    "Finances et budget local",
    "Urbanisme et aménagement",
    "Intercommunalité",
)


def charger_certifications() -> dict[str, Certification]:
    """Create the missing certifications beside the CPF codes; return those of the registers by code.

    Existing rows are left unchanged.
    """
    for rang, theme in enumerate(THEMES, 1):
        Certification.objects.get_or_create(
            code=f"ELU{rang}", defaults={"type_certification": "elu", "intitule": theme}
        )
    chargees = {}
    for ligne in REGISTRES:
        blocs = [
            {"code": f"{ligne['code']}BC{rang:02d}", "libelle": libelle}
            for rang, libelle in enumerate(ligne.get("blocs", ()), 1)
        ]
        chargees[ligne["code"]], _ = Certification.objects.get_or_create(
            code=ligne["code"], defaults={**ligne, "blocs": blocs}
        )
    return chargees
