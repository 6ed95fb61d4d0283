"""The types of events, as they are subscribed to, with what the screens and the documentation say of them.

Triggers write the events (migrations/sql/faits.sql): a new type is a line here and a statement there.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TypeDEvenement:
    """One type of event: its code, its name in a journal, when it is told, and its group in the form."""

    code: str
    nom: str
    quand: str
    groupe: str


SESSIONS, PUBLICATION, PARUTIONS, TRAVAUX = (
    "Sessions",
    "Publication du matin",
    "Publication du matin, session par session",
    "Imports et opérations en nombre",
)
TYPES: dict[str, TypeDEvenement] = {
    type_.code: type_
    for type_ in (
        TypeDEvenement("session.validee", "Session validée", "Une session est validée", SESSIONS),
        TypeDEvenement("session.ouverte", "Session ouverte", "Une session s'ouvre à l'inscription", SESSIONS),
        TypeDEvenement("session.fermee", "Session fermée", "Une session se ferme à l'inscription", SESSIONS),
        TypeDEvenement("session.archivee", "Session archivée", "Une session est archivée", SESSIONS),
        TypeDEvenement("session.desarchivee", "Session désarchivée", "Une session est désarchivée", SESSIONS),
        TypeDEvenement(
            "publication.terminee", "Publication du matin", "La publication du matin est faite", PUBLICATION
        ),
        TypeDEvenement("parution.parue", "Session parue", "Une session paraît", PARUTIONS),
        TypeDEvenement(
            "parution.modifiee", "Parution changée", "Ce que le public lit d'une session change", PARUTIONS
        ),
        TypeDEvenement(
            "parution.retiree", "Session retirée", "Une session quitte la partie publique", PARUTIONS
        ),
        TypeDEvenement("parution.retenue", "Session retenue", "Une session ouverte est retenue", PARUTIONS),
        TypeDEvenement(
            "import.termine", "Import terminé", "Un import est appliqué, annulé ou refusé", TRAVAUX
        ),
        TypeDEvenement(
            "lot.termine", "Opération en nombre terminée", "Une opération en nombre est terminée", TRAVAUX
        ),
    )
}
# The one event of a night.
NUIT = "publication.terminee"
# What the button « Envoyer un test » sends; nobody subscribes to it.
PING = "test.ping"
CHOIX = [(type_.code, type_.quand) for type_ in TYPES.values()]


def par_groupe() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the choices of a form, grouped."""
    groupes: dict[str, list[tuple[str, str]]] = {}
    for type_ in TYPES.values():
        groupes.setdefault(type_.groupe, []).append((type_.code, type_.quand))
    return list(groupes.items())
