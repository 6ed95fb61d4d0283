"""The sandboxes: J+1 by their own clock, each for itself, and never anything for the public."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from catalogue.cycle_de_vie import executer
from catalogue.models import TypeFerme
from crochets.models import Evenement
from edof.horloge import a_l_instant, aujourd_hui, demain, jour_de, maintenant, minuit
from lots.execution import demander, executer_lot
from organismes.bac_a_sable import a_l_heure_de
from organismes.droits import Operation
from organismes.models import BacASable, Courriel, Organisme, Utilisateur
from organismes.validateurs import valider_nda, valider_siret
from publication import bac_a_sable
from publication.avance import dernier_jour_en_avance, revenir
from publication.bac_a_sable import AvanceRefusee, avancer, creer, purger, siret_de_bac, vivre
from publication.fiches import fiches
from publication.models import FichePublique, Parution, Passage, PassageDeBac, Retenue, Trace
from publication.passages import publier
from publication.premier_catalogue import TYPES
from publication.visibilite import parues, publiques, publiques_le, visibilite_de
from sessions_app.models import Programmation, Session
from sessions_app.programmation import programmer
from tests.crochets.recepteur import abonner
from tests.lots.monde import nouveau_lot

RACINE = Path(__file__).parents[2]

JOUR = dt.timedelta(days=1)


def personne(nom: str = "essai") -> Utilisateur:
    return Utilisateur.objects.create_user(f"{nom}@bac.example", "mot-de-passe-long", prenom="E", nom="S")


@pytest.fixture
def bac(db) -> BacASable:
    return creer(personne())


def premiere(bac: BacASable) -> Session:
    return Session.objects.filter(organisme=bac.organisme).earliest("pk")


def ouvrir(bac: BacASable, session: Session | None = None) -> Session:
    with a_l_heure_de(bac.organisme):
        return executer(session or premiere(bac), Operation.OUVRIR, par=bac.proprietaire)


def vue(bac: BacASable, session: Session) -> tuple[bool, dt.date]:
    """Return whether the members of the sandbox read that the session is visible, and when it would be."""
    with a_l_heure_de(bac.organisme):
        lue = visibilite_de(session.pk)
    return lue.est_visible, lue.paraitra_le


def test_ouverte_aujourd_hui_visible_dans_le_bac_un_jour_plus_tard_et_jamais_ailleurs(bac):
    session = ouvrir(bac)
    assert vue(bac, session) == (False, demain())
    bac = avancer(bac, 1)
    assert bac.jour == demain()
    assert vue(bac, session)[0]
    parution = Parution.objects.get(session=session)
    assert (parution.du, parution.au) == (demain(), None)
    for jours in (0, 1, 40):
        with a_l_instant(maintenant() + jours * JOUR):
            assert not publiques().exists() and not fiches().exists()
            assert not publiques_le(demain()).exists() and not parues().exists()
    with a_l_heure_de(bac.organisme):
        assert not publiques().exists(), "pas plus à son heure"


def test_plusieurs_jours_d_un_coup_suivent_la_vie_d_une_session(bac):
    session = ouvrir(bac)
    bac = avancer(bac, 31)
    bac = avancer(bac, 13)
    assert vue(bac, session)[0], "elle commence le lendemain"
    bac = avancer(bac, 2)
    assert not vue(bac, session)[0]
    parution = Parution.objects.get(session=session)
    assert (parution.du, parution.au) == (demain(), session.date_debut + JOUR)
    assert list(PassageDeBac.objects.values_list("jour", flat=True)) == [
        aujourd_hui() + n * JOUR for n in range(46, -1, -1)
    ]
    assert not Passage.objects.exists()


def test_une_modification_se_lit_le_lendemain(bac):
    ouvrir(bac)
    bac = avancer(bac, 1)
    with a_l_heure_de(bac.organisme):
        valeurs = {"intitule": "Autre titre"}
        executer(premiere(bac).action.offre, Operation.MODIFIER, par=bac.proprietaire, valeurs=valeurs)
    bac = avancer(bac, 1)
    lues = Parution.objects.order_by("du").values_list("contenu_offre__contenu__intitule", "au")
    assert list(lues) == [("Formation d'essai", bac.jour), ("Autre titre", None)]


def test_un_second_clic_n_avance_pas_deux_fois(bac):
    depuis = bac.jour
    avancer(bac, 1, depuis=depuis)
    with pytest.raises(AvanceRefusee, match="a changé entre-temps"):
        avancer(bac, 1, depuis=depuis)
    assert BacASable.objects.get().jour == demain()


def test_l_horloge_a_une_limite(bac):
    BacASable.objects.update(jours_d_avance=360)
    with pytest.raises(AvanceRefusee, match="peut encore avancer de 6"):
        avancer(bac, 7)
    assert avancer(bac, 6).reste == 0


def test_deux_bacs_vivent_a_deux_heures(bac):
    autre = creer(personne("autre"))
    ouvrir(bac), ouvrir(autre)
    avancer(bac, 3)
    autre = avancer(autre, 1)
    assert vue(bac, premiere(bac))[0] and vue(autre, premiere(autre))[0]
    assert [BacASable.objects.get(pk=b.pk).jour - aujourd_hui() for b in (bac, autre)] == [3 * JOUR, JOUR]
    nouvelle = Session.objects.filter(organisme=autre.organisme).latest("pk")
    ouvrir(autre, nouvelle)
    assert vue(autre, nouvelle) == (False, demain() + JOUR)


def test_ce_qui_est_programme_se_fait_au_jour_du_bac(bac):
    session = premiere(bac)
    with a_l_heure_de(bac.organisme):
        programmer([session], Operation.OUVRIR, demain() + JOUR, par=bac.proprietaire)
    bac = avancer(bac, 1)
    assert Programmation.objects.get().etat == "prevue"
    bac = avancer(bac, 1)
    assert Programmation.objects.get().etat == "faite"
    assert not vue(bac, session)[0]
    assert vue(avancer(bac, 1), session)[0]


def test_la_vraie_nuit_ne_touche_a_aucun_bac(bac, monde):
    monde.session("vraie", ouverte=True)
    ouvrir(bac)
    with a_l_heure_de(bac.organisme):
        autre = Session.objects.filter(organisme=bac.organisme).latest("pk")
        programmer([autre], Operation.OUVRIR, demain(), par=bac.proprietaire)
    avant = [list(m.objects.filter(organisme=bac.organisme).values()) for m in (Parution, Retenue, Trace)]
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=6)):
        publier(aujourd_hui(), par="test")
    apres = [list(m.objects.filter(organisme=bac.organisme).values()) for m in (Parution, Retenue, Trace)]
    assert apres == avant
    assert Programmation.objects.get().etat == "prevue"
    assert publiques_le(demain()).count() == FichePublique.objects.count() == 1
    avancer(bac, 1)
    assert Programmation.objects.get().etat == "faite"
    assert FichePublique.objects.get().organisme == monde.organisme


def test_le_jour_qui_vient_de_lui_meme_est_publie(bac):
    session = ouvrir(bac)
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=4)):
        vivre()
        assert not vue(bac, session)[0]
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=5)):
        vivre()
        vivre()
        assert vue(bac, session)[0]
    assert PassageDeBac.objects.count() == 2


def test_un_registre_en_avance_se_ramene_sans_les_bacs(bac, monde):
    monde.session("vraie", ouverte=True)
    ouvrir(bac)
    avancer(bac, 5)
    assert dernier_jour_en_avance() is None
    Passage.objects.create(jour=demain() + JOUR, par="test", termine_le=maintenant())
    revenir(par="test")
    assert Parution.objects.get().organisme == bac.organisme


def test_un_bac_est_unique_et_porte_un_numero_qui_n_est_a_personne(bac):
    assert creer(bac.proprietaire) == bac
    organisme = bac.organisme
    valider_siret(organisme.siret)
    valider_nda(organisme.nda)
    assert organisme.siret == siret_de_bac(bac.proprietaire_id) and organisme.siret.startswith("000")
    for siret, est_un_bac in (("41234567800011", True), (siret_de_bac(10**9), False)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Organisme.objects.create(raison_sociale="X", siret=siret, bac_a_sable=est_un_bac)
    with pytest.raises(DatabaseError), transaction.atomic():
        Organisme.objects.filter(pk=organisme.pk).update(bac_a_sable=False, siret="41234567800011")


def test_la_base_refuse_ce_qui_viendrait_d_un_bac(bac, monde):
    monde.session("vraie", ouverte=True)
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=6)):
        publier(aujourd_hui(), par="test")
    copie = FichePublique.objects.get()
    copie.pk, copie.organisme = premiere(bac).action_id, bac.organisme
    with pytest.raises(DatabaseError, match="bac à sable"), transaction.atomic():
        copie.save(force_insert=True)


def test_un_bac_abandonne_s_efface_avec_tout_ce_qu_il_contient(bac, monde):
    ouvrir(bac)
    avancer(bac, 1)
    BacASable.objects.update(utilise_le=aujourd_hui() - dt.timedelta(days=90))
    assert purger() == 0
    BacASable.objects.update(utilise_le=aujourd_hui() - dt.timedelta(days=91))
    assert purger() == 1
    assert not Organisme.objects.filter(bac_a_sable=True).exists()
    cle = bac.organisme_id
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND column_name = 'organisme_id'"
            " AND table_type = 'BASE TABLE' AND c.table_name NOT LIKE '%%event'"
        )
        for (table,) in curseur.fetchall():
            curseur.execute(f'SELECT count(*) FROM "{table}" WHERE organisme_id = %s', [cle])
            assert curseur.fetchone() == (0,), table
    assert creer(bac.proprietaire).jours_d_avance == 0, "un autre se crée aussitôt"


def test_le_bac_d_un_compte_efface_s_efface(bac):
    bac.delete()
    assert purger() == 1
    assert not Session.objects.exists()


def test_la_partie_publique_ne_lit_les_parutions_que_par_la_regle():
    """Fail when a public module reads parutions otherwise than by `publiques`, `publiques_le` or `parues`.

    The sitemap reads the days of what `fiches` gives; the run and the members read all that is theirs.
    """
    publics = [
        *RACINE.glob("vitrine/*.py"), *RACINE.glob("recherche/*.py"),
        *RACINE.glob("publication/donnees/*.py"),
        *(RACINE / nom for nom in ("api/views/publications.py", "publication/agenda.py", "api/recherche.py")),
        RACINE / "publication/preuves.py",
    ]  # fmt: skip
    lisent = {str(p.relative_to(RACINE)) for p in publics if "Parution.objects" in p.read_text()}
    assert lisent == {"vitrine/robots.py"}


def test_un_lot_du_worker_se_fait_a_l_heure_du_bac(bac):
    bac = avancer(bac, 5)
    monde = SimpleNamespace(organisme=bac.organisme, gestionnaire=bac.proprietaire)
    lot = nouveau_lot(monde, "ouvrir", Session.objects.filter(organisme=bac.organisme))
    demander(lot)
    executer_lot(lot.pk)
    ouverte = Session.objects.filter(organisme=bac.organisme, ouverte=True).first()
    assert jour_de(ouverte.ouverte_depuis) == bac.jour


def test_les_webhooks_disent_les_jours_du_bac_a_lui_seul(bac, monde):
    for organisme in (bac.organisme, monde.organisme):
        abonner(organisme, f"https://93.184.215.14/{organisme.pk}", "publication.terminee", "parution.parue")
    session = ouvrir(bac)
    avancer(bac, 1)
    dits = list(Evenement.objects.order_by("pk").values_list("organisme", "type", "donnees__jour"))
    jour = demain().isoformat()
    assert dits == [
        (bac.organisme_id, "publication.terminee", jour), (bac.organisme_id, "parution.parue", jour),
    ]  # fmt: skip
    assert Evenement.objects.latest("pk").donnees["page"] == f"/en-ligne/{session.action_id}/"
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=6)):
        publier(aujourd_hui(), par="test")
    nuit = Evenement.objects.order_by("pk")[2:].values_list("organisme", "type")
    assert list(nuit) == [(monde.organisme.pk, "publication.terminee")]


def test_un_courriel_du_bac_part_sans_attendre(bac):
    session = premiere(bac)
    with a_l_heure_de(bac.organisme):
        programmer([session], Operation.OUVRIR, demain(), par=bac.proprietaire)
    Session.objects.filter(pk=session.pk).update(date_debut=demain(), date_fin=demain() + JOUR)
    avancer(bac, 10)
    assert Programmation.objects.get().etat == "refusee"
    assert Courriel.objects.a_envoyer().count() == 1


@pytest.mark.parametrize("fermes", [1, 2, 3])
def test_un_type_ferme_laisse_sa_place_au_suivant(db, fermes):
    for type_offre in list(TYPES)[:fermes]:
        TypeFerme.objects.create(type_offre=type_offre)
    bac = creer(personne())
    assert Session.objects.filter(organisme=bac.organisme, statut="validee").count() == 2 * (fermes < 3)
    if fermes < 3:
        session = ouvrir(bac)
        assert vue(avancer(bac, 1), session)[0]


def test_une_erreur_dans_un_bac_n_arrete_pas_les_autres(bac, monkeypatch):
    autre = creer(personne("autre"))
    faire = bac_a_sable._publier

    def echouer(organisme, jour):
        if organisme == bac.organisme:
            raise ValueError("panne")
        faire(organisme, jour)

    monkeypatch.setattr(bac_a_sable, "_publier", echouer)
    with a_l_instant(minuit(demain()) + dt.timedelta(hours=6)):
        vivre()
    assert autre.organisme.passages.count() == 2 and bac.organisme.passages.count() == 1
