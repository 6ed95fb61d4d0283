"""A visit of every page of the program, in each of its states.

Used to check the HTML, the titles and the width on a narrow screen.
"""

import datetime as dt
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.db.models import F, Model, Value
from django.db.models.functions import Cast, Concat, Left
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlsafe_base64_encode

from bureau.accueil.a_faire import LISTES
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Certification, Offre, Presence, TypeFerme
from crochets.envoi import Resultat
from crochets.models import Abonnement
from crochets.ronde import noter
from echanges.execution import avancer_un_import
from echanges.execution import demander as demander_un_import
from edof.horloge import a_l_instant, aujourd_hui, demain, maintenant, minuit
from lots.execution import demander
from lots.models import Lot
from organismes.desabonnement import lien_d_arret
from organismes.droits import Operation, Role
from organismes.equipe import inviter
from organismes.models import (
    Adresse,
    BacASable,
    Bandeau,
    CleDAcces,
    Contact,
    Invitation,
    Membre,
    Organisme,
    Utilisateur,
    Vue,
)
from publication.adresses import adresse_de
from publication.bac_a_sable import supprimer
from publication.demain import NATURES
from publication.donnees.ecriture import ecrire_ce_qui_est_du
from publication.models import Parution, Retenue
from publication.passages import publier
from sessions_app.models import Fermeture, Habitude, Programmation, Session
from sessions_app.programmation import programmer
from tests.api.client import jeton_de
from tests.carnet import LIEU, nouveau
from tests.conftest import Monde
from tests.crochets.recepteur import abonner
from tests.formulaires import champs_de
from tests.organismes.test_second_facteur import proteger

MOT_DE_PASSE = "demo-edof-mot-de-passe"
MODELES = (
    Organisme,
    Utilisateur,
    Contact,
    Adresse,
    Certification,
    Offre,
    Action,
    Session,
    Invitation,
    Bandeau,
)
# Columns with a format of their own, which stay as they are.
FIGEES = {
    "siret", "password", "empreinte", "code", "type_certification", "code_postal", "numero_voie", "nda",
}  # fmt: skip
# A word longer than a phone screen is wide, with no space or hyphen at which to break it.
LETTRES = "Anticonstitutionnellement" * 160


def allonger() -> None:
    """Fill every text column of every record with a word of the maximum length, ending with its key."""
    for modele in MODELES:
        valeurs: dict[str, Any] = {}
        for colonne in modele._meta.concrete_fields:
            if not isinstance(colonne, models.CharField | models.TextField) or colonne.choices:
                continue
            if colonne.name in FIGEES or colonne.name.startswith(("telephone", "identifiant_", "statut")):
                continue
            long = Value(LETTRES[: (colonne.max_length or 3000) - 8])
            cle = Cast(F("pk"), models.CharField())
            if isinstance(colonne, models.EmailField) or colonne.name == "courriel":
                domaine = Value(f"@{'exemple' * 9}.example")
                valeurs[colonne.name] = Concat(Left(long, 64), cle, domaine)
            elif isinstance(colonne, models.URLField) or colonne.name == "site":
                valeurs[colonne.name] = Concat(Value("https://exemple.example/"), Left(long, 200))
            elif colonne.max_length is None:
                liste = (Value("</p><ul><li><strong>"), long, Value("</strong></li></ul>"))
                valeurs[colonne.name] = Concat(Value("<p>"), long, *liste)
            else:
                valeurs[colonne.name] = Concat(long, cle)
        modele.objects.update(**valeurs)


class Peuple(Monde):
    """An organisme with one record of each kind that a page may show.

    `longs` fills its texts with words of the maximum length.
    """

    def __init__(self, *, longs: bool = False) -> None:
        hier = minuit(aujourd_hui()) - dt.timedelta(hours=12)
        with a_l_instant(hier - dt.timedelta(days=2)):
            super().__init__()
            self.voisin = Monde("Atelier", "52345678900017")
            self.admin = Utilisateur.objects.create_superuser("admin@test.example", MOT_DE_PASSE)
            self.seul = Utilisateur.objects.create_user("seul@test.example", MOT_DE_PASSE)
            self.lecteur, self.collegue = (
                self.personne("lecteur", Role.LECTEUR),
                self.personne("collegue", Role.REDACTEUR),
            )
            ailleurs = {"organisme": self.voisin.organisme, "role": Role.LECTEUR}
            Membre.objects.create(utilisateur=self.gestionnaire, **ailleurs)
            self.nadia = nouveau(self, fonction="Référente handicap", site="https://exemple.example/")
            self.annexe = Adresse.objects.create(organisme=self.organisme, **LIEU)
            Certification.objects.filter(pk=self.certification.pk).update(
                blocs=[
                    {"code": "RNCP1BC01", "libelle": "Réceptionner"},
                    {"code": "RNCP1BC02", "libelle": "Expédier"},
                ]
            )
            textes = {"modalites_particulieres": "Le samedi"}
            self.visible = self.session("visible", ouverte=True, **textes)
            self.changera = self.session("changera", ouverte=True)
            self.brouillon = Offre(organisme=self.organisme)
            commun = {"operation": Operation.MODIFIER, "par": self.gestionnaire}
            self.brouillon = executer(self.brouillon, **commun, valeurs={"identifiant": "BROUILLON"})
            self.vide = Action(organisme=self.organisme, offre=self.offre)
            self.vide = executer(self.vide, **commun, valeurs={"identifiant": "VIDE"})
            self.bandeau = Bandeau.objects.create(message="Maintenance ce soir", niveau="alerte")
            _, self.invite = self.inviter("invite@test.example")
            _, self.invite_connu = self.inviter(self.voisin.gestionnaire.courriel)
            echouee, _ = self.inviter("echouee@test.example")
            Invitation.objects.filter(pk=echouee.pk).update(echec="Le serveur de messagerie n'a pas répondu.")
            self.jeton, _ = jeton_de(self, nom="Planning")
            self.webhook = abonner(self.organisme, "https://93.184.215.14/", "session.ouverte", nom="Site")
            self.arrete = abonner(self.organisme, "https://93.184.215.14/2", "lot.termine", nom="Bord")
            self.arrete.arreter(Abonnement.Arret.ECHECS)
            self.livraisons = [self.webhook.essayer(self.gestionnaire) for _ in range(3)]
            noter(self.livraisons[0].pk, Resultat(0.2, 200, "<p>Reçu"))
            noter(self.livraisons[1].pk, Resultat(15.0, erreur="Le serveur n'est pas joignable."))
            ete = aujourd_hui() + dt.timedelta(40)
            self.ete, _ = (
                Fermeture.objects.create(
                    genre="propre", organisme=self.organisme, nom="Fermeture", du=jour, au=jour
                )
                for jour in (ete, aujourd_hui() - dt.timedelta(40))
            )
            Habitude.objects.create(organisme=self.organisme, contact=self.contact, adresse=self.lieu)
            Habitude.objects.create(organisme=self.organisme, action=self.action, contact=self.nadia)
            programmer([self.visible], Operation.FERMER, aujourd_hui() + dt.timedelta(30), self.gestionnaire)
            if longs:
                allonger()
        self.relire()
        publier(aujourd_hui() - dt.timedelta(1), par="test")
        with a_l_instant(hier):
            self.faire(self.changera, Operation.MODIFIER, modalites_particulieres="Le dimanche")
            self.fermee = self.faire(self.session("fermee", ouverte=True), Operation.FERMER)
            self.archivee = self.faire(self.session("archivee"), Operation.ARCHIVER)
            self.faire(self.session("jetee"), Operation.SUPPRIMER)
        publier(aujourd_hui(), par="test")
        self.attendue = self.session("attendue", ouverte=True)
        self.validee = self.session("validee")
        self.passee = self.session("passee", ouverte=True)
        programmer([self.attendue], Operation.FERMER, aujourd_hui() + dt.timedelta(1), self.gestionnaire)
        programmer([self.validee], Operation.OUVRIR, aujourd_hui() + dt.timedelta(9), self.jeton)
        closes = ((self.visible, "refusee"), (self.changera, "faite"), (self.validee, "annulee"))
        for session, etat in closes:
            Programmation.objects.create(
                session=session, organisme=self.organisme, operation="ouvrir", etat=etat,
                jour=aujourd_hui() - dt.timedelta(3), close_le=maintenant(), raison="Texte.",
                jeton=self.jeton,
            )  # fmt: skip
        passe = aujourd_hui() - dt.timedelta(3)
        dates = {"date_debut": passe, "dates_saisies_le": passe - dt.timedelta(30)}
        Session.objects.filter(pk=self.passee.pk).update(**dates)
        self.faire(self.changera, Operation.MODIFIER, garantie=False)
        self.retenue = Retenue.objects.create(
            session=self.validee,
            organisme=self.organisme,
            identifiant="validee",
            raison="erreur",
            detail="x" * 300,
            du=aujourd_hui(),
        )
        membre = self.gestionnaire.membres.get(organisme=self.organisme)
        self.vue = Vue.objects.create(membre=membre, nom="Sans contact", parametres="contact=sans")
        TypeFerme.objects.create(type_offre="creation", motif="Texte du 1er janvier")
        Presence.objects.noter(self.validee, self.collegue)
        self.parution = Parution.objects.order_by("pk").first()
        self.relire()

    def relire(self) -> None:
        """Reload the records, which were also changed directly in the database."""
        for objet in vars(self).values():
            if isinstance(objet, Model):
                objet.refresh_from_db()

    def inviter(self, courriel: str) -> tuple[Invitation, str]:
        """Create an invitation; return it with its secret."""
        return inviter(self.organisme, courriel, Role.LECTEUR, par=self.gestionnaire)

    def faire(self, fiche: Any, operation: Operation, **valeurs: Any) -> Any:
        """Run an operation on a record as the gestionnaire, through `executer`."""
        relue, options = type(fiche).objects.get(pk=fiche.pk), {"valeurs": valeurs} if valeurs else {}
        return executer(relue, operation, par=self.gestionnaire, **options)


# The pages of each record.
SUITES = (
    "", "visibilite/", "modifier/", "historique/", "historique/comparer/", "historique/1/restaurer/",
    "archiver/",
    "desarchiver/", "supprimer/",
)  # fmt: skip


@dataclass
class Page:
    """A page as it was received."""

    nom: str
    adresse: str
    statut: int
    html: str


@dataclass
class Visite:
    """A visitor who requests pages and keeps them."""

    monde: Peuple
    pages: list[Page] = field(default_factory=list)
    # The names of the URLs that have returned a page.
    vues: set[str] = field(default_factory=set)
    qui: str = "anonyme"
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def entrer(self, qui: str, personne: Utilisateur | None) -> None:
        """Send the following requests as this person."""
        self.qui, self.client = qui, Client(raise_request_exception=False)
        if personne:
            self.client.force_login(personne, backend="django.contrib.auth.backends.ModelBackend")

    def lire(self, adresse: str, etat: str = "", **options: Any) -> str:
        """Request a page and keep it."""
        return self._garder(adresse, etat, self.client.get(adresse, **options))

    def envoyer(self, adresse: str, donnees: dict[str, Any], etat: str = "envoi") -> str:
        """Submit a form, follow the redirects and keep the final page."""
        reponse = self.client.post(adresse, donnees, follow=True)
        arrivee = reponse.redirect_chain[-1][0] if reponse.redirect_chain else adresse
        return self._garder(arrivee, f"{etat} de {adresse}", reponse)

    def _garder(self, adresse: str, etat: str, reponse: HttpResponse) -> str:
        html = reponse.content.decode() if "text/html" in reponse.headers.get("Content-Type", "") else ""
        if "<html" in html:
            nom = f"{self.qui} {adresse} {etat}".strip()
            self.pages.append(Page(nom, adresse, reponse.status_code, html))
            with suppress(Resolver404):
                self.vues.add(resolve(adresse.split("?")[0]).view_name)
        return html


def toutes(monde: Peuple) -> Visite:
    """Visit all the pages. The visits that change the records come last."""
    visite = Visite(monde)
    for parcours in (
        _publiques,
        _lectures,
        _lecteur,
        _seul,
        _refus,
        _assistants,
        _serie,
        _lots,
        _imports,
        _organisme,
        _partager,
        _bac_a_sable,
        _programmer,
        _tableau,
        _carnet,
        _equipe,
        _second_facteur,
        _operations,
        _administration,
    ):
        parcours(visite, monde)
    return visite


def _publiques(v: Visite, m: Peuple) -> None:
    """Visit the public pages, and those used to sign in or to join."""
    uid, cle = (
        urlsafe_base64_encode(str(m.lecteur.pk).encode()),
        default_token_generator.make_token(m.lecteur),
    )
    for adresse in (
        "/formations/", "/formations/?q=texte", "/formations/?q=rien", "/formations/?q=texte&ou=94550",
        "/formations/?q=texte&ou=94550&garantie=1&prix_max=1&du=2030-01-01", "/formations/?ou=saint-denis",
        "/formations/?couleur=rouge", "/formations/?ou=nulle-part&tri=prix", "/formations/classement/",
        adresse_de(m.organisme.siret, m.offre.identifiant, m.action.identifiant),
        "/formations/verifier/", "/connexion/",
        "/mentions-legales/", "/donnees-personnelles/", "/accessibilite/", "/plan/",
        "/aide/navigateurs/", "/mot-de-passe/oublie/", "/mot-de-passe/oublie/envoye/", "/mot-de-passe/x/y/",
        f"/invitation/{m.invite}/",
        f"/invitation/{m.invite_connu}/", "/invitation/x/", "/bulletin/x/", "/api/v1/documentation/",
        "/api/v1/documentation/?q=serie&langage=python", "/api/v1/documentation/?q=zzz",
        "/api/v1/documentation/versions/", "/api/v1/documentation/erreurs/validation/",
        "/formations/999999999/",
        adresse_de(m.voisin.organisme.siret, "X", "X"),
    ):  # fmt: skip
        v.lire(adresse)
    with TemporaryDirectory() as dossier, override_settings(DONNEES_OUVERTES=dossier):
        v.lire("/donnees/", "rien d'écrit")
        ecrire_ce_qui_est_du()
        v.lire("/donnees/")
    v.lire(f"/mot-de-passe/{uid}/{cle}/", follow=True)
    arret = urlsplit(lien_d_arret(m.lecteur)).path
    v.lire(arret)
    v.envoyer(arret, {}, "arrêté")
    v.envoyer("/connexion/", {"username": "x@test.example", "password": "x"}, "refusée")
    v.envoyer("/connexion/", {}, "vide")
    v.envoyer("/mot-de-passe/oublie/", {"email": "x"}, "refusé")
    v.envoyer(f"/mot-de-passe/{uid}/set-password/", {"new_password1": "a", "new_password2": "b"}, "refusé")
    v.envoyer(f"/invitation/{m.invite}/", {"prenom": ""}, "refusée")
    v.envoyer("/formations/verifier/", {"texte": "illisible"}, "illisible")
    v.envoyer("/formations/verifier/", {}, "vide")


def _lectures(v: Visite, m: Peuple) -> None:
    """Visit the pages that a gestionnaire can read."""
    v.entrer("gestionnaire", m.gestionnaire)
    o, a = m.offre.pk, m.action.pk
    niveaux = (("offre", m.offre, m.brouillon), ("action", m.action, m.vide))
    sessions = (m.visible, m.changera, m.fermee, m.archivee, m.attendue, m.validee, m.passee)
    adresses = [
        "/", "/catalogue/", f"/catalogue/?o={o}&a={a}",
        f"/catalogue/?o={o}&o={m.brouillon.pk}&a={m.vide.pk}", "/catalogue/?q=visible",
        "/catalogue/?q=rien", "/catalogue/?statut=archivee", "/catalogue/?du=x&ville=x",
        "/catalogue/?visibilite=visible",
        f"/catalogue/?o={o}&a={a}&page=2", "/catalogue/corbeille/", "/aide/", "/aide/visibilite/",
        "/aide/guides/",
        *(f"/a-faire/{slug}/" for slug in LISTES),
        "/publications/", "/publications/?page=2", "/publications/demain/",
        "/publications/demain/?nature=retenue",
        *(f"/publications/demain/?nature={nature}" for nature in NATURES),
        f"/publications/{aujourd_hui()}/", f"/publications/{aujourd_hui() - dt.timedelta(1)}/",
        "/en-ligne/", "/en-ligne/?q=texte", "/en-ligne/?q=rien", "/en-ligne/?jour=1999-01-01",
        "/en-ligne/?jour=demain",
        f"/en-ligne/?jour={aujourd_hui() - dt.timedelta(1)}",
        f"/en-ligne/{a}/", f"/en-ligne/{a}/?jour=x", f"/en-ligne/{a}/?jour=1999-01-01",
        f"/en-ligne/{a}/comparer/",
        f"/en-ligne/{a}/comparer/?de={aujourd_hui() - dt.timedelta(1)}&a={aujourd_hui()}",
        f"/en-ligne/{a}/comparer/?de=x",
        f"/en-ligne/preuves/{m.parution.pk}/", "/carnet/", "/carnet/?vue=adresses", "/carnet/?q=rien",
        "/carnet/?q=rien&vue=adresses",
        "/equipe/", "/equipe/inviter/", "/equipe/historique/", "/messages/", "/compte/", "/jetons/",
        "/jetons/creer/",
        f"/jetons/{m.jeton.pk}/revoquer/",
        "/webhooks/creer/",
        *(
            f"/webhooks/{m.webhook.pk}/{page}"
            for page in ("", "modifier/", "secret/", "supprimer/", "?etat=livree")
        ),
        f"/webhooks/{m.arrete.pk}/",
        *(f"/webhooks/{m.webhook.pk}/livraisons/{livraison.pk}/" for livraison in m.livraisons),
        "/formations/", f"/catalogue/actions/{a}/serie/",
        "/catalogue/lots/",
        "/catalogue/importer/",
        "/catalogue/importer/guide/",
        "/catalogue/sessions/", "/catalogue/sessions/?statut=archivee", "/catalogue/sessions/?q=introuvable",
        "/catalogue/sessions/?du=hier&statut=x", "/catalogue/sessions/?plus=1",
        "/catalogue/sessions/?contact=avec&debut_du=01/01/2020&etape=prete",
        "/catalogue/sessions/?vue=mois", "/catalogue/sessions/?vue=mois&mois=2020-03&q=introuvable",
        f"/catalogue/sessions/?vue=mois&mois={demain() + dt.timedelta(60):%Y-%m}",
        "/catalogue/sessions/vues/ajouter/?contact=avec", f"/catalogue/sessions/vues/{m.vue.pk}/",
        f"/catalogue/sessions/reconduire/?action={a}", f"/catalogue/sessions/reconduire/?offre={o}",
        f"/catalogue/sessions/reconduire/?s={m.visible.pk},{m.passee.pk}",
        f"/catalogue/sessions/reconduire/?action={m.vide.pk}",
        "/catalogue/exporter/", "/catalogue/exporter/?statuts=actives", "/catalogue/exporter/?offre=x",
        f"/catalogue/exporter/?offre={o}",
        "/organisme/", "/organisme/modifier/", "/organisme/fermetures/ajouter/",
        f"/organisme/fermetures/{m.ete.pk}/modifier/", f"/organisme/fermetures/{m.ete.pk}/supprimer/",
        f"/catalogue/actions/{a}/habitudes/",
        *(f"/catalogue/sessions/{s.pk}/programmer/" for s in (m.visible, m.validee, m.passee, m.archivee)),
    ]  # fmt: skip
    for niveau, *fiches in (*niveaux, ("session", *sessions)):
        for fiche in fiches:
            racine = f"/catalogue/{niveau}s/{fiche.pk}/"
            adresses += [racine + suite for suite in SUITES]
    adresses += [
        f"/catalogue/offres/{o}/historique/?enfants=1",
        f"/catalogue/offres/{o}/historique/comparer/?de=x",
    ]
    for genre, entrees in (("contact", (m.contact, m.nadia)), ("adresse", (m.lieu, m.annexe))):
        for entree in entrees:
            racine = f"/carnet/{genre}s/{entree.pk}/"
            adresses += [racine + suite for suite in ("", "modifier/", "remplacer/", "supprimer/")]
        racine = f"/carnet/{genre}s/{entrees[0].pk}/remplacer/?par="
        adresses += [f"{racine}{par}" for par in (entrees[1].pk, "", "x")]
        adresses += [f"/carnet/{genre}s/ajouter/"]
    for membre in Membre.objects.filter(organisme=m.organisme):
        adresses += [f"/equipe/{membre.pk}/role/", f"/equipe/{membre.pk}/retirer/"]
    for adresse in adresses:
        v.lire(adresse)
    fichier = v.client.get(f"/en-ligne/preuves/{m.parution.pk}/fichier/").content.decode()
    for etat, texte in (("bonne", fichier), ("autre", fichier.replace("Texte", "Autre"))):
        v.envoyer("/formations/verifier/", {"texte": texte}, etat)
    v.lire(f"/catalogue/offres/{m.voisin.offre.pk}/", "d'un autre de ses organismes")
    moi = m.gestionnaire
    v.envoyer("/compte/agenda/creer/", {"cle": uuid.uuid4()})
    v.lire("/compte/", "avec un lien d'agenda")
    neuve = signing.dumps([moi.pk, moi.courriel, "neuve@test.example"], salt="nouvelle-adresse")
    v.lire(f"/compte/adresse/{neuve}/")
    v.lire("/compte/adresse/x/")
    v.lire(f"/invitation/{m.invite}/")


def _lecteur(v: Visite, m: Peuple) -> None:
    """Visit the pages that differ for a lecteur."""
    v.entrer("lecteur", m.lecteur)
    for adresse in (
        "/", f"/catalogue/?o={m.offre.pk}&a={m.action.pk}", f"/catalogue/sessions/{m.visible.pk}/",
        "/organisme/", "/catalogue/exporter/",
        f"/carnet/contacts/{m.contact.pk}/",
        f"/catalogue/sessions/{m.fermee.pk}/visibilite/", "/equipe/", "/jetons/", "/catalogue/corbeille/",
        "/compte/",
    ):  # fmt: skip
        v.lire(adresse)


def _seul(v: Visite, m: Peuple) -> None:
    """Visit as a person without an organisme, then with a new one."""
    v.entrer("sans organisme", m.seul)
    for adresse in ("/", "/catalogue/"):
        v.lire(adresse)
    neuf = Organisme.objects.create(raison_sociale="Tout neuf", siret="73282932000074")
    Membre.objects.create(utilisateur=m.seul, organisme=neuf, role=Role.GESTIONNAIRE)
    v.qui = "nouveau"
    for adresse in (
        "/",
        "/catalogue/",
        "/catalogue/exporter/",
        "/organisme/",
        "/carnet/",
        "/carnet/?vue=adresses",
        "/publications/",
        "/publications/demain/",
        "/en-ligne/",
    ):
        v.lire(adresse)


def _refus(v: Visite, m: Peuple) -> None:
    """Visit the refusals and the errors. ROOT_URLCONF must be `tests.pannes`."""
    v.entrer("gestionnaire", m.gestionnaire)
    for adresse in (
        "/nulle-part/",
        "/deconnexion/",
        "/casser/400/",
        "/casser/403/",
        "/casser/500/",
        "/casser/503/",
    ):
        v.lire(adresse)
    v.envoyer("/carnet/contacts/ajouter/", {"nom": "a" * 3_000_000}, "trop gros")
    v.client.handler.enforce_csrf_checks = True
    v.envoyer("/carnet/contacts/ajouter/", {"nom": "a"}, "sans preuve")
    v.client.handler.enforce_csrf_checks = False
    v.client.logout()
    v.envoyer("/carnet/contacts/ajouter/", {"nom": "a"}, "session expirée")


def _assistants(v: Visite, m: Peuple) -> None:
    """Visit the three wizards: steps, refusals, panels and conflicts."""
    v.entrer("gestionnaire", m.gestionnaire)
    v.client.get("/")
    ajouts = (
        "/catalogue/offres/ajouter/",
        f"/catalogue/offres/{m.offre.pk}/actions/ajouter/",
        f"/catalogue/actions/{m.action.pk}/sessions/ajouter/",
    )
    pris = ("OFFRE-1", "ACTION-1", "visible")
    for adresse, deja in zip(ajouts, pris, strict=True):
        v.lire(adresse)
        v.lire(f"{adresse}?identifiant={deja}")
        v.lire(f"{adresse}?identifiant=")
        champs = champs_de(v.lire(f"{adresse}?identifiant=libre"))
        v.envoyer(adresse, {**champs, "operation": "valider"}, "vide, validée")
        v.envoyer(adresse, {**champs, "operation": "changer_identifiant"}, "change d'identifiant")
        v.envoyer(adresse, {**champs, "verification": "faux", "operation": "valider"}, "sans preuve")
    v.lire(f"{ajouts[0]}?copie_de={m.offre.pk}")
    for type_offre in ("certifiante", "vae", "bilan", "permis", "creation"):
        champs = champs_de(v.lire(f"{ajouts[0]}?identifiant=libre"))
        cherche = {"recherche": "Titre", "type_offre": type_offre, "operation": "chercher_certification"}
        v.envoyer(ajouts[0], {**champs, **cherche}, f"{type_offre} cherchée")
        v.envoyer(ajouts[0], {**champs, "type_offre": type_offre, "operation": "actualiser"}, type_offre)
    for racine, *panneaux in (
        (f"/catalogue/actions/{m.action.pk}/modifier/", "lieu_de_formation", "contact_information"),
        (f"/catalogue/sessions/{m.validee.pk}/modifier/", "adresse_inscription", "contact_inscription"),
    ):
        champs = champs_de(v.lire(racine, "à deux"))
        for panneau in panneaux:
            nouveau_panneau = {**champs, "operation": f"nouveau:{panneau}"}
            ouvert = champs_de(v.envoyer(racine, nouveau_panneau, f"panneau {panneau}"))
            v.envoyer(racine, {**ouvert, "operation": f"creer:{panneau}"}, f"panneau {panneau} refusé")
            v.envoyer(racine, {**ouvert, "operation": f"remplir:{panneau}"}, f"panneau {panneau} à remplir")
            commence = {f"{panneau}-titre": "x", f"{panneau}-nom": "x", "operation": "enregistrer"}
            v.envoyer(racine, {**ouvert, **commence}, f"panneau {panneau} commencé")
    racine, colonne = f"/catalogue/sessions/{m.validee.pk}/modifier/", "modalites_particulieres"
    champs = champs_de(v.lire(racine))
    relue = Session.objects.get(pk=m.validee.pk)
    executer(relue, Operation.MODIFIER, par=m.collegue, valeurs={colonne: "Autre"})
    v.envoyer(racine, {**champs, colonne: "La mienne", "operation": "enregistrer"}, "divergence")
    racine = f"/catalogue/offres/{m.offre.pk}/modifier/"
    champs = champs_de(v.lire(racine))
    v.envoyer(racine, {**champs, "intitule": "", "operation": "valider"}, "refusée")
    _pertes(v, m)
    jetable = m.session("jetable")
    racine = f"/catalogue/sessions/{jetable.pk}/modifier/"
    champs = champs_de(v.lire(racine))
    m.faire(jetable, Operation.ARCHIVER)
    v.envoyer(racine, {**champs, colonne: "Gardé", "operation": "enregistrer"}, "archivée entre-temps")
    m.faire(jetable, Operation.SUPPRIMER)
    v.envoyer(racine, {**champs, colonne: "Gardé", "operation": "enregistrer"}, "supprimée entre-temps")


def _pertes(v: Visite, m: Peuple) -> None:
    """Announce what a change loses: an action, then an offre."""
    for fiche, perte in (
        (m.action, {"modalites_entrees_sorties": "permanentes"}),
        (m.offre, {"type_offre": "bilan"}),
    ):
        racine = f"/catalogue/{fiche.nom_de_niveau}s/{fiche.pk}/modifier/"
        champs = champs_de(v.lire(racine))
        v.envoyer(racine, {**champs, **perte, "operation": "enregistrer"}, "pertes annoncées")


def _serie(v: Visite, m: Peuple) -> None:
    """Send a series whose identifiers are the same, then a series without dates."""
    adresse = f"/catalogue/actions/{m.action.pk}/serie/"
    regle = {
        "rythme": "semaines", "jours": ["0", "1"], "toutes_les": "1", "du": "04/01/2027", "fin": "nombre",
        "nombre": "3", "duree": "2", "modele": "PAREIL", "feries": "on", "operation": "creer",
    }  # fmt: skip
    v.envoyer(adresse, regle, "identifiants pareils")
    v.envoyer(adresse, {**regle, "jours": [], "du": "hier", "modele": "", "fermetures": "x"}, "illisible")


def _lots(v: Visite, m: Peuple) -> None:
    """Go through an operation on many sessions and one on many actions, refused and executed."""
    cles = [f"session-{m.session(f'lot-{rang}').pk}" for rang in range(3)]
    cles += [f"session-{fiche.pk}" for fiche in (m.archivee, m.passee, m.visible)]
    for operation in ("ouvrir", "fermer", "archiver", "decaler", "changer", "dupliquer", "supprimer"):
        v.envoyer("/catalogue/lots/", {"operation": operation, "cles": cles}, operation)
    v.envoyer("/catalogue/lots/", {"operation": "ouvrir"}, "rien de coché")
    prix = {"operation": "prix", "cles": [f"action-{m.action.pk}"]}
    v.envoyer("/catalogue/lots/", prix, "prix")
    for lot in m.organisme.lots.order_by("pk"):
        adresse = f"/catalogue/lots/{lot.pk}/"
        v.envoyer(adresse, {"geste": "parametres"}, "vide")
        parametres = {
            "decaler": {"nombre": "2", "unite": "semaines", "sens": "1", "ouvre": "on"},
            "changer": {"garantie": "True", "change-garantie": "on"},
            "prix": {
                "regle": "pourcent", "montant": "3", "base": "ht", "taux": ["20"], "arrondi": "euro"
            },
        }.get(lot.operation)  # fmt: skip
        if parametres:
            v.envoyer(adresse, {"geste": "parametres", **parametres}, "répétition")
    lot = m.organisme.lots.get(operation="decaler")
    v.envoyer(f"/catalogue/lots/{lot.pk}/", {"geste": "executer"}, "fait")
    v.envoyer(f"/catalogue/lots/{lot.pk}/", {"geste": "annuler"}, "annulé")
    lot = m.organisme.lots.get(operation="ouvrir")
    demander(lot)
    v.lire(f"/catalogue/lots/{lot.pk}/", "en cours")
    v.envoyer(f"/catalogue/lots/{lot.pk}/", {"geste": "arreter"}, "arrêté")
    v.lire("/catalogue/lots/", "remplies")


def _imports(v: Visite, m: Peuple) -> None:
    """Go through a file with every kind of line: planned, repaired, applied, undone; then a refused one."""
    adresse = "/catalogue/importer/"
    v.envoyer(adresse, {"texte": ""}, "rien")
    v.lire(f"{adresse}?action={m.action.pk}", "pour une action")
    v.envoyer(adresse, {"texte": "une seule cellule"}, "refusé")
    v.lire(f"{adresse}{m.organisme.imports.latest('pk').pk}/", "refusé")
    titres = "Action;Session;Du;Au;Garantie;Contact;Commentaire;Ouverte;Places\n"
    lignes = "".join(f"{m.action.identifiant};{ligne}\n" for ligne in (
        "i1;31/02/2099;05/03/2099;peut-être;C. Moreau;x;oui;", "i2;01/02/2099;05/02/2099;oui;;;oui;12",
        f"{m.validee.identifiant};01/02/2099;05/02/2099;non;;Le samedi;non;",
        f"{m.visible.identifiant};01/02/2099;05/02/2099;oui;;;oui;", ";;;;;;;",
        "i3;01/01/2020;05/02/2099;oui;;;;", "i4;09/31/2098;01/01/2099;oui;;;;",
    ))  # fmt: skip
    v.envoyer(adresse, {"texte": titres + lignes}, "déposé")
    importation = m.organisme.imports.latest("pk")
    page = f"{adresse}{importation.pk}/"
    for onglet in ("", "erreurs", "creations", "modifications", "inchangees", "ignorees"):
        v.lire(f"{page}?voir={onglet}", f"onglet {onglet}")
    v.lire(f"{page}colonnes/", "colonnes")
    double = {f"colonne-{c['rang']}": "date_debut" for c in importation.lecture["colonnes"]}
    v.envoyer(f"{page}colonnes/", double, "deux fois le même champ")
    v.envoyer(page, {"geste": "appliquer", "mode": "tout"}, "tout ou rien, avec des erreurs")
    saisie = {"c-2-date_debut": "01/02/2099", "prendre": "8:date_debut:30/09/2098"}
    v.envoyer(page, {"geste": "reparer", **saisie}, "réparé")
    v.lire(page, "réparé")
    demander_un_import(importation, mode="valides")
    v.lire(page, "application en cours")
    avancer_un_import(importation.pk)
    v.lire(page, "appliqué")
    v.envoyer(adresse, {"texte": titres + lignes}, "déjà appliqué")
    v.lire(f"{adresse}{m.organisme.imports.latest('pk').pk}/", "déjà appliqué")
    v.envoyer(page, {"geste": "annuler"}, "annulé")
    v.lire(page, "annulé")
    v.lire(adresse, "journal")


def _organisme(v: Visite, m: Peuple) -> None:
    """Send refused forms of « Mon organisme »."""
    v.envoyer("/organisme/fermetures/ajouter/", {"nom": "", "du": "hier", "au": ""}, "illisible")
    fausses = {"nom": "Été", "du": "02/08/2027", "au": "01/08/2027"}
    v.envoyer("/organisme/fermetures/ajouter/", fausses, "à l'envers")
    v.envoyer(f"/organisme/fermetures/{m.ete.pk}/modifier/", fausses, "à l'envers et dépassée")
    v.envoyer("/organisme/modifier/", {"contact": "x", "zone": "D"}, "inconnus")
    v.envoyer(f"/catalogue/actions/{m.action.pk}/habitudes/", {"contact": "0"}, "inconnu")


def _bac_a_sable(v: Visite, m: Peuple) -> None:
    """Visit as a person who makes a sandbox, puts its clock forward and deletes it."""
    personne = Utilisateur.objects.create_user("essai@test.example", "x" * 12, prenom="Inès", nom="Faure")
    Membre.objects.create(utilisateur=personne, organisme=m.organisme, role=Role.GESTIONNAIRE)
    v.entrer("en bac à sable", personne)
    v.lire("/bac-a-sable/", "sans bac")
    v.envoyer("/bac-a-sable/creer/", {}, "créé")
    bac = BacASable.objects.get(proprietaire=personne)
    avance = {"espace": bac.organisme_id, "depuis": bac.jour.isoformat()}
    v.envoyer("/bac-a-sable/avancer/", avance | {"jours": "0"}, "trop peu")
    v.envoyer("/bac-a-sable/avancer/", avance | {"jours": "1"}, "avancé")
    v.envoyer("/bac-a-sable/avancer/", avance | {"jours": "1"}, "second clic")
    for adresse in ("/", "/catalogue/", "/en-ligne/", "/publications/", "/jetons/", "/compte/"):
        v.lire(adresse)
    v.lire("/bac-a-sable/supprimer/")
    v.client.post("/organisme/choisir/", {"organisme": m.organisme.pk})
    v.lire("/bac-a-sable/", "ailleurs")
    supprimer(bac.organisme)


def _partager(v: Visite, m: Peuple) -> None:
    """Visit the links to a preview, then what they open: a record with dates, a brouillon, nothing."""
    v.entrer("rédacteur", m.collegue)
    for action in (m.action, m.vide):
        adresse = f"/catalogue/actions/{action.pk}/apercus/"
        v.lire(adresse)
        v.envoyer(adresse, {"jour": "hier", "duree": "x"}, "refusé")
        donnees = {"pour": "Mairie", "jour": demain().strftime("%d/%m/%Y"), "duree": "7"}
        page = v.envoyer(adresse, {**donnees, "cle": str(uuid.uuid4()), "avec_validees": "on"}, "fait")
        v.lire(adresse, "avec un lien")
        v.lire(re.search(r'value="http://[^/]*(/apercu/[0-9a-f]+/)"', page)[1])
    v.lire("/apercu/x/", "inconnu")


def _programmer(v: Visite, m: Peuple) -> None:
    """Send plans that are refused, then one that is ordered, changed and cancelled."""
    adresse = f"/catalogue/sessions/{m.validee.pk}/programmer/"
    v.envoyer(adresse, {"operation": "programmer"}, "vide")
    plan = {"operation": "programmer", "quoi": "visible", "jour": f"{aujourd_hui():%d/%m/%Y}"}
    v.envoyer(adresse, plan, "trop tôt")
    v.envoyer(adresse, {**plan, "quoi": "ouvrir", "jour": "hier"}, "illisible")
    v.envoyer(adresse, {**plan, "jour": f"{aujourd_hui() + dt.timedelta(12):%d/%m/%Y}"}, "programmée")
    v.envoyer(adresse, {"operation": "annuler:ouvrir"}, "annulée")


def _tableau(v: Visite, m: Peuple) -> None:
    """Visit the table of an action and of a selection: faults, a block pasted, a choice to make."""
    adresse = f"/catalogue/actions/{m.action.pk}/tableau/"
    lus = champs_de(v.lire(adresse), "tableau")
    rang = next(n for n in range(20) if lus.get(f"l-{n}-identifiant") == "fermee")
    neuve = next(n for n in range(20) if not lus[f"l-{n}-identifiant"])
    fautes = {f"l-{rang}-date_debut": "hier", f"l-{neuve}-identifiant": "fermee", f"l-{rang}-garantie": ""}
    v.envoyer(adresse, lus | fautes, "fautes")
    v.envoyer(adresse, lus | {"operation": "lignes"}, "lignes ajoutées")
    bloc = "N-1\tlundi 5 mai 2027\t31/02/2027\tpeut-être\tinconnu\t\t\tde trop\nN-2\t46451\t\tx"
    v.envoyer(adresse, lus | {"operation": "coller", "colle": bloc, "ligne": str(neuve + 1)}, "bloc collé")
    colonne = f"l-{rang}-modalites_particulieres"
    m.faire(m.fermee, Operation.MODIFIER, modalites_particulieres="Autre")
    v.envoyer(adresse, lus | {colonne: "La mienne"}, "divergence")
    jetable = m.session("jetable-2")
    cles = f"?cles={m.fermee.pk},{jetable.pk},{m.archivee.pk}"
    lus = champs_de(v.lire(f"/catalogue/sessions/tableau/{cles}"), "tableau")
    m.faire(jetable, Operation.ARCHIVER)
    rang = next(n for n in range(2) if lus[f"l-{n}-identifiant"] == "jetable-2")
    change = {f"l-{rang}-modalites_particulieres": "Le soir"}
    v.envoyer(f"/catalogue/sessions/tableau/{cles}", lus | change, "archivée entre-temps")
    m.faire(jetable, Operation.SUPPRIMER)
    v.envoyer(f"/catalogue/sessions/tableau/{cles}", lus | change, "supprimée entre-temps")
    permanente = m.nouvelle_action("PERMANENTE", "permanentes")
    v.lire(f"/catalogue/actions/{permanente.pk}/tableau/", "sans session")


def _carnet(v: Visite, m: Peuple) -> None:
    """Submit refused forms of the address book."""
    for genre, entree in (("contact", m.nadia), ("adresse", m.annexe)):
        for adresse in (f"/carnet/{genre}s/ajouter/", f"/carnet/{genre}s/{entree.pk}/modifier/"):
            for operation in ("enregistrer", "remplir"):
                v.envoyer(
                    adresse, {"version": uuid.uuid4().hex, "operation": operation}, f"{operation}, vide"
                )
        v.envoyer(f"/carnet/{genre}s/{entree.pk}/remplacer/", {"par": "", "vu": ""}, "vide")


def _equipe(v: Visite, m: Peuple) -> None:
    """Submit refused forms of the team, the account and the tokens, and create a token."""
    v.envoyer("/catalogue/sessions/vues/ajouter/?contact=avec", {"nom": ""}, "vide")
    membre = m.lecteur.membres.get()
    v.envoyer("/equipe/inviter/", {}, "vide")
    v.envoyer(f"/equipe/{membre.pk}/role/", {}, "vide")
    dernier = m.gestionnaire.membres.get(organisme=m.organisme)
    v.envoyer(f"/equipe/{dernier.pk}/role/", {"role": "lecteur"}, "dernier gestionnaire")
    v.envoyer("/jetons/creer/", {}, "vide")
    v.envoyer(
        "/jetons/creer/",
        {"nom": "Planning", "role": "lecteur", "expire_le": "", "cle": uuid.uuid4().hex},
        "créé",
    )
    v.envoyer("/webhooks/creer/", {}, "vide")
    crochet = {"nom": "Planning", "url": "https://10.0.0.1/", "evenements": ["lot.termine"]}
    crochet["cle"] = uuid.uuid4().hex
    v.envoyer("/webhooks/creer/", crochet, "adresse interne")
    v.envoyer("/webhooks/creer/", crochet | {"url": "https://93.184.215.14/3"}, "créé")
    v.envoyer(f"/webhooks/{m.webhook.pk}/secret/", {"cle": uuid.uuid4().hex}, "renouvelé")
    for partie in ("nom", "bulletin", "adresse", "mot_de_passe", "sessions"):
        v.envoyer("/compte/", {"partie": partie}, f"{partie} refusé")


def _second_facteur(v: Visite, m: Peuple) -> None:
    """Add a second factor, refused then accepted; use it; see it required; take it away."""
    v.entrer("collègue", m.collegue)
    racine = "/compte/second-facteur/"
    for suite in ("", "application/", "cle/"):
        v.lire(racine + suite)
    cle = re.search(r'name="cle" value="([^"]+)"', v.lire(f"{racine}application/"))[1]
    v.envoyer(f"{racine}application/", {"cle": cle, "code": ""}, "vide")
    v.envoyer(f"{racine}application/", {"cle": cle, "code": "1"}, "faux")
    v.envoyer(f"{racine}cle/", {"nom": "", "reponse": ""}, "vide")
    v.envoyer(f"{racine}cle/", {"nom": "Clé", "reponse": "{}"}, "illisible")
    proteger(m.collegue)
    for identifiant in (b"1", b"2"):
        CleDAcces.objects.create(
            utilisateur=m.collegue, nom=LETTRES[:60], identifiant=identifiant, cle_publique=b"x"
        )
    v.entrer("à deux étapes", None)
    entree = {"username": m.collegue.courriel, "password": MOT_DE_PASSE}
    v.envoyer("/connexion/", entree, "second facteur")
    v.envoyer("/connexion/code/", {"code": ""}, "vide")
    v.envoyer("/connexion/code/", {"reponse": "{}"}, "clé refusée")
    v.entrer("collègue protégé", m.collegue)
    for suite in ("", "application/", "codes/", "retirer/"):
        v.lire(racine + suite)
    v.lire("/compte/", "avec un second facteur")
    v.envoyer(f"{racine}codes/", {}, "refaits")
    v.lire("/connexion/confirmer/?next=/jetons/creer/")
    v.envoyer("/connexion/confirmer/", {"mot_de_passe": "", "next": "/equipe/"}, "vide")
    v.entrer("gestionnaire", m.gestionnaire)
    v.lire(f"/equipe/{m.collegue.membres.get().pk}/second-facteur/")
    Organisme.objects.filter(pk=m.organisme.pk).update(second_facteur_exige_le=maintenant())
    v.lire("/equipe/", "second facteur exigé")
    v.lire(f"{racine}", "exigé")
    v.entrer("collègue protégé", m.collegue)
    v.lire(f"{racine}retirer/", "exigé")
    Organisme.objects.filter(pk=m.organisme.pk).update(second_facteur_exige_le=None)


def _operations(v: Visite, m: Peuple) -> None:
    """Run operations from the catalogue, some of them refused, and keep the resulting pages."""
    for operation in ("ouvrir", "fermer", "archiver", "supprimer"):
        v.envoyer(f"/catalogue/sessions/{m.validee.pk}/{operation}/", {}, operation)
    v.envoyer(f"/catalogue/sessions/{m.passee.pk}/ouvrir/", {}, "ouverture refusée")
    v.envoyer("/catalogue/corbeille/", {"contexte": str(uuid.uuid4())}, "inconnue")


def _administration(v: Visite, m: Peuple) -> None:
    """Visit every page of every model of the administration, with and without errors."""
    v.entrer("administrateur", m.admin)
    demande = type("Demande", (), {"user": m.admin})()
    for adresse in (
        "",
        "organismes/",
        "catalogue/",
        "publication/",
        "exploitation/",
        "sessions_app/",
        "axes/",
        "password_change/",
        "jsi18n/",
    ):
        v.lire(f"/admin/{adresse}")
    v.envoyer("/admin/password_change/", {}, "vide")
    for modele, page in admin.site._registry.items():
        racine = f"admin:{modele._meta.app_label}_{modele._meta.model_name}"
        v.lire(reverse(f"{racine}_changelist"))
        v.lire(f"{reverse(f'{racine}_changelist')}?q=rien")
        if page.has_add_permission(demande):
            v.lire(reverse(f"{racine}_add"))
            v.envoyer(reverse(f"{racine}_add"), {}, "vide")
        if objet := modele._default_manager.order_by("pk").first():
            for suite in ("change", "history", "delete"):
                v.lire(reverse(f"{racine}_{suite}", args=[objet.pk]))
            v.envoyer(reverse(f"{racine}_change", args=[objet.pk]), {}, "vide")
            choix = {"index": "0", "_selected_action": [objet.pk]}
            for action in page.get_actions(_requete(m.admin)):
                v.envoyer(reverse(f"{racine}_changelist"), {**choix, "action": action}, action)
    for adresse in (
        f"organismes/organisme/suspension/?suspendre=oui&o={m.organisme.pk}",
        f"organismes/utilisateur/{m.lecteur.pk}/password/",
        f"organismes/utilisateur/{m.lecteur.pk}/effacer/",
        f"organismes/organisme/{m.organisme.pk}/voir-comme/",
        f"organismes/organisme/{m.organisme.pk}/inviter/",
        "catalogue/certification/importer/", "publication/passage/simulation/",
        "publication/passage/rattraper/",
        "sessions_app/session/?q=visible&statut=active", "catalogue/offre/999999999/change/",
    ):  # fmt: skip
        v.lire(f"/admin/{adresse}")
    _administration_en_nombre(v, m)
    for suite in ("inviter", "voir-comme"):
        v.envoyer(f"/admin/organismes/organisme/{m.organisme.pk}/{suite}/", {}, "vide")
    v.envoyer(f"/admin/organismes/utilisateur/{m.lecteur.pk}/effacer/", {}, "vide")
    v.envoyer(f"/admin/organismes/organisme/{m.organisme.pk}/voir-comme/", {"motif": "Aide"}, "visite")
    v.lire("/catalogue/", "en visite")
    v.envoyer("/equipe/inviter/", {"courriel": "x"}, "refusé en visite")
    v.envoyer("/visite/quitter/", {}, "quittée")
    v.envoyer("/admin/catalogue/certification/importer/", {}, "vide")
    v.envoyer(
        "/admin/catalogue/certification/importer/",
        {"fichier": SimpleUploadedFile("x.xml", b"<x/>")},
        "illisible",
    )


def _administration_en_nombre(v: Visite, m: Peuple) -> None:
    """Visit a lot of the administration, before, after and undone."""
    monde = list(Session.objects.filter(organisme=m.organisme).values_list("pk", flat=True))
    choix = {"action": "archiver", "index": "0", "_selected_action": monde}
    v.envoyer("/admin/sessions_app/session/", choix, "plusieurs")
    lot = Lot.objects.filter(origine="admin").latest("pk")
    page = reverse("admin:lots_lot_change", args=[lot.pk])
    v.lire(page)
    for geste in ("executer", "annuler"):
        v.envoyer(page, {"geste": geste}, geste)
        v.lire(page)


def _requete(utilisateur: Utilisateur) -> Any:
    requete = RequestFactory().get("/admin/")
    requete.user = utilisateur
    return requete
