"""A walk of every public address on a day when each kind of record exists: nothing that is not public shows.

Each record that must not be read bears a word of its own in its texts, its identifier and its contact; one
word found anywhere is a leak. What is public bears words too, and is found.
"""

import datetime as dt
import re
import uuid
from urllib.parse import unquote, urlsplit

import pytest
from django.test import Client
from django.urls import get_resolver

from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from edof.horloge import a_l_instant, aujourd_hui, demain, minuit
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Organisme
from publication.adresses import adresse_de
from publication.models import Parution
from publication.passages import publier
from sessions_app.models import Session
from tests.bacs import bac_publie
from tests.conftest import Monde
from tests.vitrine.test_rien_ne_fuit_des_flux import FLUX

CACHES = (
    "offrebrouillon", "actionbrouillon", "sessionbrouillon", "sessionvalidee", "sessionattendue",
    "sessionfermee", "sessionarchivee", "actionarchivee", "offrearchivee", "sessionpassee", "suspendu",
    "autrejour", "demainseulement", "enbac",
)  # fmt: skip
VUS = ("visible", "ailleurs")
# What is not for the public, whatever its name: each public address must be in the walk.
PAS_PUBLIQUES = {
    "accueil", "connexion", "deconnexion", "verifier", "sante", "sante_vivant", "sante_pret",
    "securite_txt", "rapport_csp", "mentions_legales", "donnees_personnelles", "accessibilite",
    "plan",
    "sante_metriques",
}  # fmt: skip


class Catalogue(Monde):
    """A published catalogue with one record of each kind, each bearing its word."""

    def __init__(self) -> None:
        hier = minuit(aujourd_hui()) - dt.timedelta(hours=12)
        with a_l_instant(hier - dt.timedelta(days=3)):
            super().__init__()
            self.dire("visible", self.offre, self.action)
            self.seance("visible")
            self.seance("sessionfermee", "sessionarchivee", "sessionpassee", "autrejour")
            for mot in ("actionarchivee", "ailleurs"):
                action = self.nouvelle_action(mot)
                self.dire(mot, action)
                self.seance(mot, action=action)
            autre = Monde("suspendu", "52345678900017")
            self.dire("suspendu", autre.offre, autre.action)
            autre.session("suspendu", ouverte=True)
            offre = self.nouvelle_offre("offrearchivee")
            self.dire("offrearchivee", offre)
            self.offre, gardee = offre, self.offre
            action = self.nouvelle_action("offrearchivee")
            self.seance("offrearchivee", action=action)
            self.offre = gardee
            # A sandbox, of which its members read everything, for days that have come and are to come.
            self.bac = bac_publie("enbac")
            assert Parution.objects.filter(organisme=self.bac.organisme, au=None).count() == 2
        publier(aujourd_hui() - dt.timedelta(days=2), par="test")
        with a_l_instant(hier):
            self.faire(Session.objects.get(identifiant="autrejour"), Operation.FERMER)
        publier(aujourd_hui(), par="test")
        self.faire(Session.objects.get(identifiant="sessionfermee"), Operation.FERMER)
        self.faire(Session.objects.get(identifiant="sessionarchivee"), Operation.ARCHIVER)
        self.faire(Action.objects.get(identifiant="actionarchivee"), Operation.ARCHIVER)
        self.faire(Offre.objects.get(identifiant="offrearchivee"), Operation.ARCHIVER)
        organisme = Organisme.objects.get(raison_sociale="suspendu")
        organisme.suspendu = True
        organisme.save()
        passe = aujourd_hui() - dt.timedelta(1)
        passee = Parution.objects.filter(contenu__identifiant="sessionpassee", au=None)
        assert passee.update(au=aujourd_hui()) == 1
        Session.objects.filter(identifiant="sessionpassee").update(date_debut=passe)
        for modele, mot in (
            (Offre, "offrebrouillon"),
            (Action, "actionbrouillon"),
            (Session, "sessionbrouillon"),
        ):
            fiche = modele(organisme=self.organisme)
            if modele is not Offre:
                setattr(fiche, fiche.PARENT, self.offre if modele is Action else self.action)
            self.faire(fiche, Operation.MODIFIER, valeurs={"identifiant": mot})
        self.seance("sessionvalidee", ouverte=False)
        self.seance("sessionattendue")
        # What was changed today appears tomorrow.
        valeurs = {"objectif": "demainseulement", "intitule": "demainseulement"}
        self.faire(Offre.objects.get(pk=self.offre.pk), Operation.MODIFIER, valeurs=valeurs)

    def dire(self, mot: str, *fiches) -> None:
        """Write this word in the texts of these records."""
        for fiche in fiches:
            textes = (
                {"info_admission": mot} if isinstance(fiche, Action) else {"intitule": mot, "objectif": mot}
            )
            self.faire(type(fiche).objects.get(pk=fiche.pk), Operation.MODIFIER, valeurs=textes)

    def seance(self, *mots: str, ouverte: bool = True, **valeurs) -> None:
        """Make a session for each word, with its contact and its address."""
        for mot in mots:
            organisme = self.organisme
            contact = Contact.objects.create(
                organisme=organisme,
                prenom=mot,
                nom=mot,
                telephone_fixe="0149800000",
                courriel=f"{mot}@x.example",
            )
            lieu = Adresse.objects.create(
                organisme=organisme,
                titre=mot,
                denomination=mot,
                libelle_voie=mot,
                code_postal="94000",
                ville=mot,
            )
            commun = {
                "contact_inscription": contact,
                "adresse_inscription": lieu,
                "modalites_particulieres": mot,
            }
            self.session(mot, ouverte=ouverte, **commun, **valeurs)

    def faire(self, fiche, operation: Operation, **options):
        """Do an operation as the gestionnaire of the organisme of the record."""
        par = fiche.organisme.membres.get(role="gestionnaire").utilisateur
        return executer(fiche, operation, par=par, **options)


def publiques_de(client: Client) -> dict[str, str]:
    """Walk the public side from its known entries, by its links; return each address with what it answers."""
    action = Action.objects.filter(identifiant="ACTION-1").earliest("pk")
    entrees = ["/formations/", "/sitemap.xml", "/sitemap-0.xml", "/robots.txt", "/api/v1/formations/"]
    entrees += ["/formations/classement/", *(f"/formations/?q={mot}" for mot in (*CACHES, *VUS))]
    entrees += [f"/formations/lieux/?ou={mot}" for mot in (*CACHES, *VUS)]
    for fiche in Action.objects.select_related("offre__organisme"):
        offre = fiche.offre
        entrees += [
            f"/formations/{fiche.pk}/", f"/api/v1/formations/{fiche.pk}/",
            adresse_de(offre.organisme.siret, offre.identifiant, fiche.identifiant),
        ]  # fmt: skip
    for jours in range(4):
        jour = aujourd_hui() - dt.timedelta(days=jours)
        entrees += [f"/api/v1/formations/?jour={jour}", f"/api/v1/formations/{action.pk}/?jour={jour}"]
    lues: dict[str, str] = {}
    while entrees:
        adresse = entrees.pop()
        if adresse in lues:
            continue
        reponse = client.get(adresse, REMOTE_ADDR=f"192.0.2.{len(lues) % 250}")
        lues[adresse] = reponse.content.decode() if reponse.status_code == 200 else str(reponse.status_code)
        assert reponse.status_code in {200, 301, 404, 410}, adresse
        if reponse.status_code == 301:
            entrees.append(reponse["Location"])
        for lien in re.findall(r'(?:href="|<loc>|"url":")([^"<]*)', lues[adresse]):
            chemin = urlsplit(lien)
            if chemin.path.startswith(("/formations/", "/sitemap")) and "verifier" not in lien:
                entrees.append(f"{chemin.path}?{chemin.query}" if chemin.query else chemin.path)
    return lues


@pytest.mark.django_db
@pytest.mark.exigence("S-03", "D-20", "D-23")
def test_rien_de_cache_ne_se_lit_nulle_part():
    catalogue = Catalogue()
    lues = publiques_de(Client())
    for adresse, contenu in lues.items():
        # The search says again what was typed, and an address says what was asked.
        demande = unquote(adresse)
        # A past day says what was public then; a sandbox never was.
        passe = "jour=" in adresse and f"jour={aujourd_hui()}" not in adresse
        cherches = ["enbac"] if passe else CACHES
        fuites = [mot for mot in cherches if mot in contenu.lower() and mot not in demande]
        assert fuites == [], adresse
    pages = {adresse for adresse, contenu in lues.items() if "application/ld+json" in contenu}
    siret = catalogue.organisme.siret
    assert pages == {f"/formations/{siret}_OFFRE-1/{siret}_{action}/" for action in ("ACTION-1", "ailleurs")}
    assert {adresse for adresse in lues if adresse.endswith(tuple(pages))} == pages
    tout = "\n".join(lues.values())
    assert all(mot in tout for mot in VUS)
    for cachee in CACHES:
        assert lues[f"/formations/?q={cachee}"].count("<article") == 0, cachee
    partie = lues["/sitemap-0.xml"]
    assert {urlsplit(lieu).path for lieu in re.findall("<loc>(.*?)</loc>", partie)} == pages


@pytest.mark.django_db
def test_un_apercu_ne_montre_que_son_action_et_son_jour(connecter):
    catalogue = Catalogue()
    donnees = {"jour": demain().strftime("%d/%m/%Y"), "duree": "7", "cle": str(uuid.uuid4())}
    page = connecter(catalogue.gestionnaire).post(
        f"/catalogue/actions/{catalogue.action.pk}/apercus/", donnees
    )
    lien = re.search(r"/apercu/[0-9a-f]{64}/", page.content.decode())[0]
    lu = Client().get(lien).content.decode()
    # Tomorrow's text and the session opened today are there; nothing else that is hidden.
    attendus = {"demainseulement", "sessionattendue"}
    assert {mot for mot in (*CACHES, *VUS) if mot in lu} == attendus | {"visible"}


def test_chaque_adresse_publique_est_dans_le_parcours():
    """Fail when a public address is added and is not walked: `publiques_de`, or PAS_PUBLIQUES."""
    parcourues = {
        "formations", "formation", "formation_par_numero", "robots", "plan_du_site", "plan_partie", "apercu",
        "classement", "lieux",
    }  # fmt: skip
    vitrine = next(
        inclus for inclus in get_resolver().url_patterns
        if getattr(getattr(inclus, "urlconf_name", None), "__name__", "") == "vitrine.urls"
    )  # fmt: skip
    assert {motif.name for motif in vitrine.url_patterns} - PAS_PUBLIQUES == parcourues | FLUX
