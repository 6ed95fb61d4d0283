"""Formatting of amounts in French."""

from decimal import Decimal


def euros(montant: Decimal) -> str:
    """Return the amount as « 5 000,00 € », with French non-breaking spaces (D-32)."""
    return (
        f"{montant:,.2f}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace(".", ",") + "\N{NO-BREAK SPACE}€"
    )
