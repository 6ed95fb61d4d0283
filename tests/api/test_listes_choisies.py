"""Tests of what lists and records may be asked for: fields, inclusions, CSV, validators."""

import csv
import datetime as dt
import gzip
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from edof.horloge import PARIS, a_l_instant, aujourd_hui, maintenant
from organismes.droits import Operation
from publication.passages import publier
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def lire_csv(api: Programme, adresse: str, **entetes: str) -> tuple[Any, list[list[str]]]:
    noms = {f"HTTP_{nom.upper()}": valeur for nom, valeur in entetes.items()}
    reponse = api.client.get(f"/api/v1/{adresse}", **api.entetes, **noms)
    texte = b"".join(reponse).decode("utf-8-sig")
    return reponse, list(csv.reader(texte.splitlines(), delimiter=";"))


def test_quelques_champs(api, monde):
    session = monde.session("s1")
    [lue] = api("GET", "sessions/?champs=identifiant,%20statut,identifiant").lu["resultats"]
    assert lue == {"identifiant": "s1", "statut": "validee"}
    lue = api("GET", f"sessions/{session.pk}/?champs=a_completer,visible_le").lu
    assert lue == {"a_completer": [], "visible_le": None}
    chemin = "sessions/par-identifiant/?offre=OFFRE-1&action=ACTION-1&identifiant=s1&champs=id"
    assert api("GET", chemin).lu == {"id": session.pk}
    assert api("GET", f"contacts/{monde.contact.pk}/?champs=nom").lu == {"nom": "Inscriptions"}
    for adresse in ("sessions/?champs=rien", "offres/?champs=id,", f"actions/{monde.action.pk}/?champs=x"):
        refus = api("GET", adresse)
        assert refus.status_code == 400 and refus.lu["raisons"][0]["champ"] == "champs"
        assert "n'est pas un champ" in refus.lu["detail"] and "identifiant" in refus.lu["detail"]


def test_ce_qui_vient_avec(api, monde):
    sessions = [monde.session(f"s{n}") for n in range(3)]
    page = api("GET", "sessions/?inclure=actions,offres,contacts,adresses&champs=id").lu
    assert [lue["id"] for lue in page["resultats"]] == [session.pk for session in sessions]
    inclus = page["inclus"]
    assert {nom: [lue["id"] for lue in lues] for nom, lues in inclus.items()} == {
        "actions": [monde.action.pk], "offres": [monde.offre.pk], "contacts": [monde.contact.pk],
        "adresses": [monde.lieu.pk],
    }  # fmt: skip
    assert inclus["actions"] == api("GET", "actions/").lu["resultats"]
    assert api("GET", "offres/?inclure=certifications").lu["inclus"]["certifications"][0]["code"] == "RNCP1"
    seule = api("GET", f"sessions/{sessions[0].pk}/?inclure=offres", if_none_match="*")
    assert seule.status_code == 200 and "ETag" not in seule.headers
    assert seule.lu["inclus"]["offres"][0]["identifiant"] == "OFFRE-1"
    assert api("GET", "sessions/").lu.keys() == {"suivante", "reprendre_depuis", "supprimees", "resultats"}
    refus = api("GET", "actions/?inclure=actions")
    assert refus.status_code == 400 and "offres, contacts, adresses" in refus.lu["detail"]


def test_les_requetes_restent_les_memes(api, monde):
    def requetes() -> int:
        with CaptureQueriesContext(connection) as lues:
            assert api("GET", "sessions/?inclure=offres,actions,contacts,adresses").status_code == 200
        return len(lues)

    monde.session("s1")
    requetes()
    peu = requetes()
    for n in range(10):
        monde.session(f"t{n}", action=monde.nouvelle_action(f"A{n}"))
    requetes()
    assert requetes() == peu <= 12


def test_toute_la_liste_en_csv(api, monde, monkeypatch):
    monkeypatch.setattr("api.pagination._A_LA_FOIS", 2)
    for n in range(5):
        monde.session(f"s{n}", modalites_particulieres='=HYPERLINK("x")' if n else "")
    champs = "identifiant,modalites_particulieres,garantie"
    reponse, lignes = lire_csv(api, f"sessions/?format=csv&champs={champs}")
    assert reponse.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert reponse.headers["Content-Disposition"] == 'attachment; filename="sessions.csv"'
    assert lignes[0] == ["identifiant", "garantie", "modalites_particulieres"]
    assert [ligne[0] for ligne in lignes[1:]] == [f"s{n}" for n in range(5)]
    assert lignes[2] == ["s1", "true", '\'=HYPERLINK("x")']
    _, lignes = lire_csv(api, "sessions/?identifiant=s3", accept="text/csv")
    assert len(lignes) == 2 and dict(zip(*lignes, strict=True))["date_debut"] == (
        Session.objects.get(identifiant="s3").date_debut.isoformat()
    )
    monde.lieu.latitude, monde.lieu.longitude = "-21.1", "55.5"
    monde.lieu.save()
    _, lignes = lire_csv(api, "adresses/?format=csv")
    assert dict(zip(*lignes, strict=True))["latitude"] == "-21.100000"
    _, lignes = lire_csv(api, "certifications/?format=csv&champs=code,blocs&code=RNCP1")
    assert lignes == [["code", "blocs"], ["RNCP1", ""]]
    _, lignes = lire_csv(api, "organismes/", accept="text/csv")
    assert dict(zip(*lignes, strict=True))["siret"] == monde.organisme.siret
    # An API answers JSON to whoever has no preference.
    for accept in ("*/*", "application/json, text/csv;q=0.5", "text/html"):
        assert api("GET", "sessions/", accept=accept).headers["Content-Type"] == "application/json", accept
    for faux in ("taille=3", "curseur=1", "inclure=offres", "champs=rien"):
        assert api("GET", f"sessions/?format=csv&{faux}").status_code == 400, faux
    assert api("GET", "sessions/?format=xml").status_code == 400
    assert len(lire_csv(api, "sessions/?format=csv&identifiant=s9")[1]) == 1


def test_une_recherche_et_un_historique_en_csv(api, monde, monkeypatch):
    """Read by pieces in their own order, which is not that of the keys; refused beyond what a CSV has."""
    for n in range(5):
        monde.session(f"s{n}", ouverte=True, action=monde.nouvelle_action(f"A{n}"))
    demain = aujourd_hui() + dt.timedelta(1)
    with a_l_instant(dt.datetime.combine(demain, dt.time(6), tzinfo=PARIS)):
        publier(demain, par="test")
        monkeypatch.setattr("api.views.publications.TAILLE_AU_PLUS", 2)
        monkeypatch.setattr("api.pagination._A_LA_FOIS", 2)
        ordre = [str(formation["id"]) for formation in api.tout("formations/?tri=date")]
        assert len(ordre) == 5
        _, lignes = lire_csv(api, "formations/?format=csv&tri=date&champs=id,url")
        assert lignes[0] == ["id", "url"] and [ligne[0] for ligne in lignes[1:]] == ordre
        _, lignes = lire_csv(api, f"formations/?format=csv&champs=id&jour={demain}")
        assert [ligne[0] for ligne in lignes[1:]] == sorted(ordre, key=int)
        for faux in ("page=1", "taille=3", "champs=rien"):
            assert api("GET", f"formations/?format=csv&{faux}").status_code == 400, faux
        monkeypatch.setattr("api.views.publications._Trouvees.au_plus", 4)
        refus = api("GET", "formations/?format=csv").lu
        assert (refus["code"], refus["raisons"][0]["champ"]) == ("parametre_invalide", "format")
        assert "5 lignes" in refus["detail"] and "4 au plus" in refus["detail"]
    monkeypatch.setattr("api.views.historique._A_LA_FOIS", 2)
    adresse = f"offres/{monde.offre.pk}/historique/?enfants=true"
    entrees = api("GET", f"{adresse}&taille=200").lu["resultats"]
    _, lignes = lire_csv(api, f"{adresse}&format=csv&champs=instant,operation")
    assert len(entrees) > 5
    assert lignes[1:] == [[entree["instant"], entree["operation"]] for entree in entrees]


def test_une_liste_qui_n_a_pas_change(api, monde):
    session = monde.session("s1")
    lue = api("GET", "sessions/")
    etiquette = lue.headers["ETag"]
    assert etiquette.startswith('W/"') and "Accept" in lue.headers["Vary"]
    for adresse in ("sessions/", "sessions/?taille=1"):
        vide = api("GET", adresse, if_none_match=etiquette)
        assert (vide.status_code, vide.content, vide.headers["ETag"]) == (304, b"", etiquette)
    assert api("HEAD", "sessions/").headers["ETag"] == etiquette
    assert lire_csv(api, "sessions/?format=csv")[0].headers["ETag"] != etiquette
    # Compressed, the tag is the same: it is weak.
    compressee = api.client.get("/api/v1/sessions/", **api.entetes, HTTP_ACCEPT_ENCODING="gzip")
    assert compressee.headers["ETag"] == etiquette and b"s1" in gzip.decompress(compressee.content)
    # What changes elsewhere may change what the list computes; another organisme does not.
    Monde("Autre", "52345678900017").session("ailleurs")
    assert api("GET", "sessions/", if_none_match=etiquette).status_code == 304
    for changer in (
        lambda: executer(session, Operation.OUVRIR, par=monde.gestionnaire),
        monde.contact.save,
        monde.organisme.save,
        lambda: Session.objects.filter(pk=session.pk).update(garantie=False),
    ):
        etiquette = api("GET", "sessions/").headers["ETag"]
        changer()
        assert api("GET", "sessions/", if_none_match=etiquette).status_code == 200
    etiquette = api("GET", "sessions/").headers["ETag"]
    with a_l_instant(maintenant() + dt.timedelta(days=1)):
        assert api("GET", "sessions/", if_none_match=etiquette).status_code == 200
