"""« Tout emporter »: all that an organisme has in one archive of JSON Lines, with what says how to read it.

Nothing is left out but secrets: passwords, tokens, sessions of browsers belong to people, not to the
organisme. Each file is one table; links are the primary keys of the rows of the other files.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet

from catalogue.models import Action, Certification, Offre
from echanges.fichiers import MANIFESTE
from edof.horloge import maintenant
from organismes.models import Adresse, Contact, Organisme, Qualiopi
from publication.models import Contenu, Parution
from sessions_app.models import Fermeture, Habitude, Programmation, Session

FORMAT = "catalogue-of/1"
LISEZ_MOI = "LISEZMOI.txt"
_GUIDE = """Archive « Tout emporter » du Catalogue OF

Chaque fichier .jsonl contient une table : un objet JSON par ligne, en UTF-8. Les noms des champs sont ceux de
l'API (/api/v1/schema/), plus les dates, les clés et l'état des fiches. Un champ qui finit par « _id » est la
clé (« id ») d'une ligne d'un autre fichier.

  organisme.jsonl        l'organisme (une ligne)
  certificats.jsonl      ses certificats Qualiopi
  contacts.jsonl, adresses.jsonl         son carnet
  certifications.jsonl   les certifications que ses offres visent
  offres.jsonl, actions.jsonl, sessions.jsonl    son catalogue, fiches archivées comprises
  programmations.jsonl   les ouvertures et fermetures programmées
  fermetures.jsonl, habitudes.jsonl      ce qui est proposé aux nouvelles sessions
  parutions.jsonl        ce que le public a lu, du jour « du » au jour « au » exclu
  contenus.jsonl         les textes publiés, que les parutions désignent
  historique/*.jsonl     chaque version de chaque fiche (« pgh_created_at » : quand ; « contexte » : qui)

« Importer » reprend cette archive dans un organisme vide, ou la compare à celui d'où elle vient : carnet,
offres, actions et sessions, champ par champ. Une fiche complète revient validée, une autre en brouillon ;
ouvrir et archiver se demandent ensuite, d'un bouton. Le reste est là pour être lu.

manifeste.json donne la date, le format, le nombre de lignes et l'empreinte SHA-256 de chaque fichier.
"""


def _tables(organisme: Organisme) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Yield the files of the archive, each with its rows."""
    yield "organisme", Organisme.objects.filter(pk=organisme.pk)
    yield "certificats", Qualiopi.objects.filter(organisme=organisme)
    yield "contacts", Contact.objects.pour_organisme(organisme)
    yield "adresses", Adresse.objects.pour_organisme(organisme)
    offres = Offre.objects.pour_organisme(organisme)
    yield "certifications", Certification.objects.filter(pk__in=offres.order_by().values("certification"))
    yield "offres", offres
    yield "actions", Action.objects.pour_organisme(organisme)
    yield "sessions", Session.objects.pour_organisme(organisme)
    yield "programmations", Programmation.objects.filter(session__organisme=organisme)
    yield "fermetures", Fermeture.objects.filter(organisme=organisme)
    yield "habitudes", Habitude.objects.filter(organisme=organisme)
    parutions = Parution.objects.pour_organisme(organisme)
    yield "parutions", parutions
    liens = (Q(pk__in=parutions.order_by().values(nom)) for nom in Parution.CONTENUS)
    yield "contenus", Contenu.objects.filter(next(liens) | next(liens) | next(liens))
    modeles: tuple[Any, ...] = (Contact, Adresse, Offre, Action, Session)
    for modele in modeles:
        evenements = modele.pgh_event_model
        nom = f"historique/{modele._meta.model_name}s"
        yield nom, evenements.objects.filter(organisme=organisme).select_related("pgh_context")


# Columns that the database computes from others.
_CALCULEES = {"cherche"}


def _ligne(objet: Model) -> dict[str, Any]:
    """Return the columns of a row; for a row of the history, who made it and how."""
    colonnes = (champ for champ in objet._meta.concrete_fields if champ.name not in _CALCULEES)
    ligne = {champ.attname: getattr(objet, champ.attname) for champ in colonnes}
    if (contexte := getattr(objet, "pgh_context", None)) is not None:
        ligne["contexte"] = contexte.metadata
    return ligne


def emporter(organisme: Organisme) -> IO[bytes]:
    """Return the archive, in a temporary file that the caller closes."""
    fichier = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    contenu: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(fichier, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(LISEZ_MOI, _GUIDE)
        for nom, ensemble in _tables(organisme):
            contenu[f"{nom}.jsonl"] = _ecrire(archive, f"{nom}.jsonl", ensemble)
        manifeste = {
            "format": FORMAT,
            "siret": organisme.siret,
            "raison_sociale": organisme.raison_sociale,
            "date": maintenant(),
            "fichiers": contenu,
        }
        archive.writestr(
            MANIFESTE, json.dumps(manifeste, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        )
    fichier.seek(0)
    return fichier


def _ecrire(archive: zipfile.ZipFile, nom: str, ensemble: QuerySet[Any]) -> dict[str, Any]:
    empreinte, lignes = hashlib.sha256(), 0
    codeur = DjangoJSONEncoder(ensure_ascii=False, separators=(",", ":"))
    with archive.open(nom, "w", force_zip64=True) as sortie:
        for objet in ensemble.order_by("pk").iterator(chunk_size=1000):
            octets = (codeur.encode(_ligne(objet)) + "\n").encode()
            empreinte.update(octets)
            sortie.write(octets)
            lignes += 1
    return {"lignes": lignes, "sha256": empreinte.hexdigest()}
