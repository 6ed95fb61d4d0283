"""A sandbox for the tests that look for what must not be public: all that its members read bears a word."""

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from organismes.bac_a_sable import a_l_heure_de
from organismes.droits import Operation
from organismes.models import Adresse, BacASable, Contact, Organisme, Utilisateur
from publication.bac_a_sable import avancer, creer
from sessions_app.models import Session


def bac_publie(mot: str) -> BacASable:
    """Return a sandbox whose two sessions its members read as public, today and on the days to come."""
    bac = creer(Utilisateur.objects.create_user(f"{mot.lower()}@bac.example", "mot-de-passe-long"))
    siens = {"organisme": bac.organisme}
    Organisme.objects.filter(pk=bac.organisme_id).update(raison_sociale=mot)
    Contact.objects.filter(**siens).update(prenom=mot, nom=mot, courriel=f"{mot.lower()}@x.example")
    Adresse.objects.filter(**siens).update(titre=mot, denomination=mot, libelle_voie=mot, ville=mot)
    textes = dict.fromkeys(("intitule", "points_forts", "objectif", "resultats_attendus", "contenu"), mot)
    for modele, valeurs in ((Offre, textes), (Action, {"info_admission": mot, "acces_handicapes": mot})):
        ecrire(bac, modele.objects.get(**siens), Operation.MODIFIER, identifiant=f"{mot}-1", **valeurs)
    for rang, session in enumerate(Session.objects.filter(**siens).order_by("pk")):
        valeurs = {"identifiant": f"{mot}-{rang}", "modalites_particulieres": mot}
        ecrire(bac, session, Operation.MODIFIER, **valeurs)
        ecrire(bac, session, Operation.OUVRIR)
    return avancer(bac, 1)


def ecrire(bac: BacASable, fiche, operation: Operation, **valeurs):
    """Do an operation in the sandbox, by its clock, as its owner."""
    with a_l_heure_de(bac.organisme):
        options = {"valeurs": valeurs} if valeurs else {}
        return executer(type(fiche).objects.get(pk=fiche.pk), operation, par=bac.proprietaire, **options)
