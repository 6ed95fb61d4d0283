"""Tests that no input makes the program fail, for every URL and every parameter, as a gestionnaire.

Each URL gets every parameter that the code reads, with a value of the list below that changes at each
request. Then each field of each form is tested alone, the others having the values that a browser would send.
`EDOF_TOUT=1` tests every value for every parameter, which takes long.
"""

import os
import re
from itertools import count, cycle
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.urls.resolvers import URLResolver

from catalogue.cycle_de_vie import executer
from organismes.droits import Operation
from tests.edof.test_textes import formulaires
from tests.formulaires import champs_de
from tests.maison.pieces import PIECES

RACINE = Path(__file__).parents[2]
TOUT = os.environ.get("EDOF_TOUT") == "1"
BOUTONS = ("valider", "enregistrer", "automatique", "verifier")
LONG = "a" * 1_000_000
# The values, as encoded in a URL or in a form.
VALEURS = [
    "%00", "a%00b", "%ED%A0%80", "%E2%80%AE", "%E2%81%A6x", "%FF%FE", "%F4%90%80%80", "%", "%u202e", "",
    "%20", "-1", "0", "1", "9" * 19,
    "9" * 400, "1e400", "NaN", "Infinity", "%D9%A3", "%C2%B2", "1.5", "31%2F02%2F2027", "0000-00-00",
    "9999-12-31", "31%2F12%2F9999", "[]",
    "%5B%22%5Cud800%22%5D", "{}", "null", "x%0D%0ASet-Cookie:a=b", "'", "%5C", "..%2F..%2Fetc",
    "//ailleurs.example", "offre-" + "9" * 17,
    "%7B%7B7*7%7D%7D", "a" * 9_000,
]  # fmt: skip
FORMULAIRE = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=a"
CORPS = [
    ("application/json", b'[{"a": "\\ud800"}]'),
    ("application/json", b"{"),
    ("text/plain", b"\x00\xff"),
    ("", b"a=b"),
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=", b"x"),
    ("multipart/form-data; boundary=\xe9", b"x"),
    (MULTIPART, b"--a\r\nContent-Disposition: form-data\r\n\r\n"),
    (
        MULTIPART,
        (
            b'--a\r\nContent-Disposition: form-data; name="q";'
            b' filename="\x00\xed\xa0\x80"\r\n\r\n\xff\r\n--a--\r\n'
        ),
    ),
    (f"{FORMULAIRE}; charset=nulle-part", b"a=%E9"),
    (f"{FORMULAIRE}; charset=utf-7", b"a=+2AA-"),
]
HTMX = {"HTTP_HX_REQUEST": "true"}
ENTETES = [
    HTMX,
    {**HTMX, "HTTP_HX_CURRENT_URL": "http://[::1"},
    {**HTMX, "HTTP_HX_TARGET": "%ED%A0%80", "HTTP_HX_TRIGGERING_EVENT": "{"},
    {"HTTP_REFERER": "http://[::1"},
    {"HTTP_REFERER": "//\x00"},
    {"HTTP_REFERER": "http://testserver/catalogue/?%ED%A0%80", "HTTP_X_FORWARDED_PROTO": "\x00"},
    {"HTTP_ACCEPT": ";;q=a,*", "HTTP_ACCEPT_LANGUAGE": "a" * 9_000, "HTTP_USER_AGENT": "a" * 9_000},
    {"HTTP_ACCEPT": "application/json;q=9" + "9" * 400, "HTTP_X_FORWARDED_FOR": "a, \x00"},
    {"HTTP_IF_NONE_MATCH": "\x00", "HTTP_RANGE": "bytes=9-1", "HTTP_IF_MODIFIED_SINCE": "31 Feb 9999"},
    {
        "HTTP_COOKIE": "csrftoken=\x01; appareil=a:b:c; messages=[]; sessionid=\x00",
        "HTTP_AUTHORIZATION": "Bearer \xe9",
    },
]
ARGUMENTS = ["9" * 19, "9" * 400, "0", "-1", "%00", "%ED%A0%80", "%E2%80%AE", "..", "%2E%2E%2F", "é" * 300]


class Site:
    """The URLs of a small world, with parameters that lead to existing records."""

    def __init__(self, monde):
        self.monde, self.client = monde, Client(raise_request_exception=False)
        self.client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        session = monde.session()
        monde.session("s2", ouverte=True)
        self.contexte = executer(monde.session("s3"), Operation.ARCHIVER, par=monde.gestionnaire).contexte
        fiches = {
            "offre": monde.offre,
            "action": monde.action,
            "session": session,
            "contact": monde.contact,
            "adresse": monde.lieu,
        }
        self.cles = {nom: fiche.pk for nom, fiche in fiches.items()}

    def adresses(self, resolveur: URLResolver | None = None, debut: str = "/"):
        """Yield every route with the values of its parameters, once per level that the route accepts."""
        for motif in (resolveur or get_resolver()).url_patterns:
            route = debut + str(motif.pattern)
            if not isinstance(motif, URLPattern):
                yield from self.adresses(motif, route) if motif.namespace != "admin" else ()
                continue
            for niveau in ("offre", "action", "session") if "niveau" in motif.pattern.converters else (None,):
                yield route, self.valeurs(motif, route, niveau)

    def valeurs(self, motif: URLPattern, route: str, niveau: str | None):
        """Return the values of the parameters of a route."""
        avant_la_cle = re.search(r"(offre|action|session|contact|adresse)s?/<int:pk>", route)
        cle = niveau or (avant_la_cle[1] if avant_la_cle else "action")
        connues = {
            "niveau": niveau,
            "pk": self.cles[cle],
            "version": 1,
            "code": "archiver",
            "slug": "non_visibles",
            "contexte": self.contexte,
        }
        return {nom: str(connues.get(nom) or 1) for nom in motif.pattern.converters}

    def adresse(self, route: str, valeurs: dict[str, str]) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: valeurs[m[1]], route)

    def demander(self, methode: str, adresse: str, envoi: str = "", **options):
        """Send a request and return the status of the response. What it wrote is rolled back."""
        avant = transaction.savepoint()
        try:
            if methode == "get":
                return self.client.get(adresse, QUERY_STRING=envoi, **options).status_code
            return self.client.generic(
                "POST", adresse, envoi, **{"content_type": FORMULAIRE, **options}
            ).status_code
        finally:
            transaction.savepoint_rollback(avant)


@pytest.fixture
def site(monde):
    return Site(monde)


def parametres() -> set[str]:
    """Return the names that the code reads in requests, and those of the fields of its forms."""
    noms = {nom for formulaire in formulaires() for nom in formulaire.base_fields}
    for dossier in PIECES:
        for fichier in (RACINE / dossier).rglob("*.py"):
            lus = re.findall(
                r'(?:GET|POST|parametres|donnees|saisie)(?:\.get(?:list)?\(|\[)"(\w+)"|"(\w+)" in request\.',
                fichier.read_text(),
            )
            noms |= {nom for paire in lus for nom in paire if nom}
    assert {
        "q",
        "page",
        "voir",
        "copie_de",
        "suite",
        "operation",
        "verification",
        "reprise",
        "vu",
    } <= noms
    return noms - {"csrfmiddlewaretoken"}


@pytest.mark.parametrize("methode", ["get", "post"])
def test_tous_les_parametres_a_la_fois(site, methode):
    # The longest values are tested on one field at a time: two hundred of them would be refused for their
    # size only.
    courtes = [valeur for valeur in VALEURS if len(valeur) < 1_000]
    noms, tour, fautes = sorted(parametres() - {"operation"}), count(), []
    for route, valeurs in site.adresses():
        for _ in courtes if TOUT else range(3):
            debut = next(tour)
            choisies = [(nom, courtes[(debut + rang) % len(courtes)]) for rang, nom in enumerate(noms)]
            envoi = "&".join(f"{nom}={valeur}&{nom}={valeur}x&{nom}[]={valeur}" for nom, valeur in choisies)
            if (code := site.demander(methode, site.adresse(route, valeurs), envoi)) >= 500:
                fautes.append((route, debut, code))
    assert fautes == []


def test_chaque_parametre_d_adresse(site):
    methodes, fautes = cycle(("get", "post", "post", "get")), []
    for route, valeurs in site.adresses():
        for nom in valeurs:
            for valeur in ARGUMENTS:
                adresse = site.adresse(route, {**valeurs, nom: valeur})
                choisies = ("get", "post") if TOUT else [next(methodes)]
                fautes += [
                    (adresse[:80], methode, code)
                    for methode in choisies
                    if (code := site.demander(methode, adresse)) >= 500
                ]
    assert fautes == []


def test_chaque_corps_et_chaque_en_tete(site):
    fautes = []
    for route, valeurs in site.adresses():
        adresse = site.adresse(route, valeurs)
        for nature, corps in CORPS:
            if (code := site.demander("post", adresse, corps, content_type=nature)) >= 500:
                fautes.append((route, nature, corps, code))
        for entetes in ENTETES:
            if (code := site.demander("get", adresse, **entetes)) >= 500:
                fautes.append((route, str(entetes)[:60], code))
    assert fautes == []


def test_chaque_champ_de_chaque_formulaire(site):
    """Test one field at a time, with each value and each button in turn."""
    ajouts = [
        "/catalogue/offres/ajouter/?identifiant=Neuf",
        f"/catalogue/offres/{site.cles['offre']}/actions/ajouter/?identifiant=Neuf",
    ]
    ajouts.append(f"/catalogue/actions/{site.cles['action']}/sessions/ajouter/?identifiant=Neuf")
    modifications = [
        f"/catalogue/{nom}s/{site.cles[nom]}/modifier/" for nom in ("offre", "action", "session")
    ]
    tour, boutons, fautes = cycle([*VALEURS, LONG]), cycle(BOUTONS), []
    for adresse in [*ajouts, *modifications]:
        champs = champs_de(site.client.get(adresse).content.decode())
        noms = {nom: valeur for nom, valeur in champs.items() if nom != "csrfmiddlewaretoken"}
        for nom in [*noms, "operation"]:
            for bouton in BOUTONS if TOUT else [next(boutons)]:
                for valeur in [*VALEURS, LONG] if TOUT else [next(tour)]:
                    envoi = f"{_encoder({**noms, 'operation': bouton, nom: None})}&{nom}={valeur}"
                    if (code := site.demander("post", adresse.partition("?")[0], envoi)) >= 500:
                        fautes.append((adresse, nom, bouton, valeur[:40], code))
    assert fautes == []


def test_chaque_champ_du_carnet_et_de_la_connexion(site):
    tour, fautes = cycle([*VALEURS, LONG]), []
    for genre in ("contact", "adresse"):
        for adresse in (f"/carnet/{genre}s/ajouter/", f"/carnet/{genre}s/{site.cles[genre]}/modifier/"):
            page = site.client.get(adresse).content.decode()
            noms = sorted(
                set(re.findall(r'<(?:input|select|textarea)[^>]* name="([^"]+)"', page))
                - {"csrfmiddlewaretoken"}
            )
            for nom in noms:
                for valeur in [*VALEURS, LONG] if TOUT else [next(tour) for _ in range(4)]:
                    envoi = _encoder({autre: "1" for autre in noms if autre != nom})
                    if (code := site.demander("post", adresse, f"{envoi}&{nom}={valeur}")) >= 500:
                        fautes.append((adresse, nom, valeur[:40], code))
    site.client.logout()
    for nom in ("username", "password", "next", "reprise"):
        for rang, valeur in enumerate([*VALEURS, LONG]):
            envoi = _encoder({"username": f"a{rang}@test.example", "password": "x", nom: None})
            if (
                code := site.demander(
                    "post", "/connexion/", f"{envoi}&{nom}={valeur}", REMOTE_ADDR=f"192.0.2.{rang}"
                )
            ) >= 500:
                fautes.append(("connexion", nom, valeur[:40], code))
    assert fautes == []


def _encoder(champs) -> str:
    return urlencode({nom: valeur for nom, valeur in champs.items() if valeur is not None}, doseq=True)
