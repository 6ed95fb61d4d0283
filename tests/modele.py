"""A small independent model of the life cycle, written from the decisions alone (D-10 to D-17, D-20 to D-24)."""

from dataclasses import dataclass, field

PARENT = {"action": "offre", "session": "action"}
REDACTEUR = {"enregistrer", "valider"}


@dataclass
class Noeud:
    """A record as the decisions see it; days are counted from the first one of the story."""

    niveau: str
    parent: "Noeud | None"
    statut: str = "brouillon"
    complete: bool = True
    ouverte: bool = False
    debut: int | None = None
    ouverte_depuis: int | None = None
    fermee: int | None = None
    # The first day of the parution that a run has opened, while no run has closed it.
    publiee: int | None = None
    enfants: list["Noeud"] = field(default_factory=list)

    def ancetres(self) -> list["Noeud"]:
        return [] if self.parent is None else [self.parent, *self.parent.ancetres()]

    def descendants(self) -> list["Noeud"]:
        return [n for enfant in self.enfants for n in (enfant, *enfant.descendants())]

    def actifs(self) -> bool:
        return all(n.statut == "active" for n in (self, *self.ancetres()))


class Modele:
    """Who may do what, and what follows."""

    def __init__(self) -> None:
        self.jour = 0
        self.racines: list[Noeud] = []

    def ajouter(self, niveau: str, parent: Noeud | None, *, complete: bool, debut: int | None = None) -> Noeud:
        noeud = Noeud(niveau, parent, "validee" if complete else "brouillon", complete, debut=debut)
        (parent.enfants if parent else self.racines).append(noeud)
        return noeud

    def noeuds(self) -> list[Noeud]:
        return [n for racine in self.racines for n in (racine, *racine.descendants())]

    def offertes(self, n: Noeud) -> set[str]:
        """The operations that D-10 gives to this state, rights apart."""
        if n.statut == "archivee":
            return {"consulter", "dupliquer", "desarchiver", "supprimer"}
        base = {"consulter", "dupliquer", "modifier", "archiver"}
        if n.statut != "active":
            base |= {"supprimer"}
        if n.niveau == "session" and (n.statut == "validee" or (n.statut == "active" and not n.ouverte)):
            base |= {"ouvrir"}
        if n.niveau == "session" and n.statut == "active" and n.ouverte:
            base |= {"fermer"}
        return base

    def agir(self, n: Noeud, operation: str, role: str, complete: bool = True) -> bool:
        """Do it if the decisions allow it; return whether they do."""
        if role == "lecteur" or (role == "redacteur" and operation not in REDACTEUR):
            return False
        return getattr(self, operation)(n, complete) if operation in REDACTEUR else getattr(self, operation)(n)

    def enregistrer(self, n: Noeud, complete: bool) -> bool:
        if n.statut == "archivee" or (n.statut == "active" and not complete):
            return False
        n.complete = complete
        if n.statut == "validee" and not complete:
            n.statut = "brouillon"
        return True

    def valider(self, n: Noeud, complete: bool) -> bool:
        if n.statut == "archivee" or not complete:
            return False
        n.complete = True
        n.statut = "active" if n.statut == "active" else "validee"
        return True

    def ouvrir(self, n: Noeud) -> bool:
        if "ouvrir" not in self.offertes(n) or any(a.statut not in {"validee", "active"} for a in n.ancetres()):
            return False
        if not n.complete or n.debut is None or n.debut <= self.jour:
            return False
        if n.ouverte_depuis is None or n.fermee != self.jour:
            n.ouverte_depuis = self.jour
        n.ouverte = True
        for autre in (n, *n.ancetres()):
            autre.statut = "active"
        return True

    def fermer(self, n: Noeud) -> bool:
        if "fermer" not in self.offertes(n):
            return False
        n.ouverte, n.fermee = False, self.jour
        return True

    def archiver(self, n: Noeud) -> bool:
        if n.statut == "archivee":
            return False
        for autre in (n, *n.descendants()):
            if autre.statut != "archivee":
                autre.statut, autre.ouverte, autre.ouverte_depuis = "archivee", False, None
        return True

    def desarchiver(self, n: Noeud) -> bool:
        if n.statut != "archivee":
            return False
        n.statut = "brouillon"
        return True

    def supprimer(self, n: Noeud) -> bool:
        if n.statut == "active" or any(d.statut == "active" for d in n.descendants()):
            return False
        (n.parent.enfants if n.parent else self.racines).remove(n)
        return True

    # --- The public ---

    def nuit(self) -> None:
        """The next day comes, and its run takes the catalogue as it stood at midnight."""
        self.jour += 1
        for n in self.noeuds():
            if n.niveau != "session":
                continue
            prise = n.actifs() and n.ouverte and n.ouverte_depuis < self.jour and n.debut >= self.jour
            if not prise:
                n.publiee = None
            elif n.publiee is None or n.ouverte_depuis >= n.publiee:
                n.publiee = self.jour

    def visible(self, n: Noeud) -> bool:
        """D-20: what the run has shown, unless something live hides it, or it was opened anew since."""
        return n.publiee is not None and n.actifs() and n.ouverte and n.ouverte_depuis < n.publiee
