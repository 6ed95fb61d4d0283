"""The table of the operations on an offre, an action or a session, with one row per operation.

The menu, the pages, the administration, « Annuler », the API and the help read it. The roles that may do an
operation are in `organismes/droits.py`; its source and target states are in the transitions of the models.
"""

from dataclasses import dataclass
from enum import Enum

from catalogue.models.corbeille import JOURS_GARDES
from organismes.droits import Operation

REVENUES = ("est revenue dans son état d'avant", "sont revenues dans leur état d'avant")


class Mode(Enum):
    """The way a user requests an operation."""

    PAGE = "a page that does the rest"
    BOUTON = "a button that does it"
    CONFIRMEE = "a page that asks to confirm"
    # A button does it for a record alone; when it contains others, a page asks how far to go (D-13).
    SELON_LE_CONTENU = "a button, or a page that asks how far"


@dataclass(frozen=True)
class Annulation:
    """The undoing of an operation by « Annuler ».

    `droit` is the right it requires and `dite` the beginning of its message. `une` and `plusieurs` are the
    end of the message, for one record and for several.
    """

    droit: Operation
    dite: str
    une: str = REVENUES[0]
    plusieurs: str = REVENUES[1]


@dataclass(frozen=True)
class Usage:
    """How an operation is offered, requested, reported and undone."""

    mode: Mode
    # Whether it is in the menu « Opérations »; « Valider » is the button of the form.
    au_menu: bool = True
    # The message once it is done, with {genre} and {nom}; empty when the page builds a longer one.
    faite: str = ""
    # The participle in the message of the administration, for one and for several: « archivée,archivées ».
    # When empty, the operation is not offered there.
    en_nombre: str = ""
    # The consequences, as described on the confirmation page.
    suites: str = ""
    annulation: Annulation | None = None
    # Whether it has its own URL in the API.
    api: bool = False
    # Whether it is for sessions only.
    pour_la_session: bool = False


# In the order of the menu.
USAGES: dict[Operation, Usage] = {
    Operation.CONSULTER: Usage(Mode.PAGE),
    Operation.MODIFIER: Usage(Mode.PAGE),
    Operation.DUPLIQUER: Usage(Mode.PAGE),
    Operation.VALIDER: Usage(Mode.BOUTON, au_menu=False, en_nombre="validée,validées", api=True),
    Operation.OUVRIR: Usage(
        Mode.BOUTON,
        en_nombre="ouverte à l'inscription,ouvertes à l'inscription",
        api=True,
        pour_la_session=True,
    ),
    Operation.FERMER: Usage(
        Mode.BOUTON,
        faite="La session a bien été fermée à l'inscription.",
        en_nombre="fermée à l'inscription,fermées à l'inscription",
        annulation=Annulation(
            Operation.OUVRIR, "La fermeture a été annulée", "est de nouveau ouverte à l'inscription", ""
        ),
        api=True,
        pour_la_session=True,
    ),
    Operation.ARCHIVER: Usage(
        Mode.CONFIRMEE,
        faite="{genre} « {nom} » a bien été archivée.",
        en_nombre="archivée,archivées",
        suites=(
            "Elle quittera aussitôt la partie publique et ne pourra plus être modifiée. "
            "Vous pourrez la désarchiver."
        ),
        annulation=Annulation(Operation.ARCHIVER, "L'archivage a été annulé"),
        api=True,
    ),
    Operation.DESARCHIVER: Usage(
        Mode.SELON_LE_CONTENU,
        faite="{genre} « {nom} » a bien été désarchivée : elle est de nouveau en brouillon.",
        en_nombre="désarchivée,désarchivées",
        suites="Ce que vous désarchivez revient en brouillon, fermé à l'inscription.",
        annulation=Annulation(Operation.DESARCHIVER, "Le désarchivage a été annulé"),
        api=True,
    ),
    Operation.SUPPRIMER: Usage(
        Mode.CONFIRMEE,
        faite=(
            f"{{genre}} « {{nom}} » a bien été supprimée. Elle reste {JOURS_GARDES} jours dans la corbeille."
        ),
        en_nombre="supprimée et mise à la corbeille,supprimées et mises à la corbeille",
        suites=(
            f"Elle restera {JOURS_GARDES} jours dans la corbeille, d'où un gestionnaire peut la restaurer, "
            "puis sera effacée."
        ),
        annulation=Annulation(
            Operation.SUPPRIMER, "La suppression a été annulée", "a été restaurée", "ont été restaurées"
        ),
    ),
}
# « Remplacer partout » is an operation of the address book that changes records: it is undone like the
# others.
REMPLACER = "remplacer"
# « Créer une série »: what it created and nobody has changed since is taken back (D-48).
SERIE = "creer_une_serie"
# What a file wrote, and what took it back (echanges/).
IMPORTER, ANNULER_L_IMPORT = "importer", "annuler_l_import"
# What a program asked for many records in one call (api/lots), when it is not one operation for all.
ENVOI_GROUPE = "envoi_groupe"
# « Modifier en tableau »: all that was saved together is put back, what it created is taken back.
TABLEAU = "modifier_en_tableau"
ANNULATIONS: dict[str, Annulation] = {
    **{operation: usage.annulation for operation, usage in USAGES.items() if usage.annulation},
    REMPLACER: Annulation(Operation.MODIFIER, "Le remplacement a été annulé"),
    SERIE: Annulation(Operation.MODIFIER, "La création de la série a été annulée"),
    TABLEAU: Annulation(Operation.MODIFIER, "L'enregistrement du tableau a été annulé"),
}


def demande_confirmation(operation: Operation, *, contient: bool) -> bool:
    """Return whether a page asks for a confirmation before the operation.

    `contient` tells whether the record has others below it.
    """
    mode = USAGES[operation].mode
    return mode is Mode.CONFIRMEE or (mode is Mode.SELON_LE_CONTENU and contient)


def ouvre_une_page(operation: Operation, *, contient: bool) -> bool:
    """Return whether the menu opens a page instead of doing the operation.

    It is a page of the operation itself, or one that asks for a confirmation.
    """
    return USAGES[operation].mode is Mode.PAGE or demande_confirmation(operation, contient=contient)
