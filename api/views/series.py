"""Creation of a series of sessions under an action: the rule, the preview and the creation of the page."""

import datetime as dt
import re
import uuid
from html import unescape
from typing import Any

from django.db import IntegrityError
from django.utils.html import strip_tags
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.ecriture import en_transaction, expliquer, lire_le_corps
from api.lots.envoi import CREEE, nouveau
from api.lots.execution import Contexte
from api.parametres import CLE, SIMULATION
from api.problemes import raisons_du_formulaire
from api.schema import ECRITURE, Doc
from api.serializers.series import SerieCreationSerializer, SerieSerializer
from api.views.fiches import FicheVue
from catalogue.cycle_de_vie import Origine
from catalogue.operations import SERIE
from edof.problemes import Probleme, Raison
from lots.models import Etat
from organismes.droits import Operation
from organismes.validateurs import normaliser_identifiant
from sessions_app.forms import SessionForm
from sessions_app.habitudes import Habitudes
from sessions_app.models import Session
from sessions_app.serie_demandee.apercu import Apercu, Saisie, apercevoir
from sessions_app.serie_demandee.creation import creer, initiale, obstacle
from sessions_app.serie_demandee.forms import SerieForm

# The fields of the form that have another name here.
_NOMS = {"dates": "collees", "exclues": "fermetures"}
_RENDUS = {form: api for api, form in _NOMS.items()}
_JOUR = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_JOURS = re.compile(rf"{_JOUR.pattern}(/{_JOUR.pattern})?")
_EXCLUES = "écrivez un jour AAAA-MM-JJ, ou une période AAAA-MM-JJ/AAAA-MM-JJ."


class AvecSeries(FicheVue):
    """The creation of a series, for the views of the actions."""

    def creer_une_serie(self, request: Request, id: int) -> Response:
        """Create the sessions of a rule (POST); with `dry_run`, say what they would be."""
        action = self._fiche(id)
        self.exiger(Operation.MODIFIER)
        saisie = self._saisie(request.data, action)
        if phrase := obstacle(action):
            raise Probleme("operation_refusee", "", [Raison(phrase, None, "etat")])
        habitudes = Habitudes(self.jeton.organisme, [action.pk])
        page = initiale(SerieForm(action=action, habitudes=habitudes))
        for nom in ("du", "jusqu_au", "reprendre"):
            page.pop(nom, None)
        for nom, valeurs in saisie.lists():
            page.setlist(nom, valeurs)
        for nom in [nom for nom, valeur in saisie.items() if valeur == "false"]:
            # What a box that is not ticked sends: nothing.
            page.pop(nom)
        form = SerieForm(page, action=action, habitudes=habitudes)
        if not form.is_valid():
            raise Probleme("validation", "", map(_rendue, raisons_du_formulaire(form)))
        cle = uuid.uuid4()
        prevues = form.prevues()
        au_dela = form.au_dela_du_calendrier(max(prevue.occurrence.fin for prevue in prevues))
        apercu = apercevoir(
            prevues, form.cleaned_data["modele"], page, form.phrase, [au_dela] if au_dela else [], cle
        )
        _verifier(apercu)
        return self._creer_les_sessions(apercu, habitudes, cle)

    def _saisie(self, corps: dict[str, Any], action: Any) -> Saisie:
        """Return what a user would have typed in the page for this body."""
        attendu, saisie = SerieCreationSerializer(), Saisie()
        connus = {nom: champ for nom, champ in attendu.fields.items() if nom in corps}
        lire_le_corps({nom: "" for nom in corps if nom not in connus}, attendu)
        raisons = []
        for nom, champ in connus.items():
            try:
                if not _du_type(champ, corps[nom]):
                    raise serializers.ValidationError
                lue = champ.run_validation(corps[nom])
            except serializers.ValidationError:
                raisons.append(Raison(_attendu(champ), nom, "type"))
                continue
            tapee = _tapee(lue)
            if nom == "exclues":
                if mauvaises := [texte for texte in lue if not _JOURS.fullmatch(texte)]:
                    raisons.append(Raison(f"« {mauvaises[0]} » : {_EXCLUES}", nom, "type"))
                    continue
                tapee = "\n".join(_en_jours(texte) for texte in lue)
            elif nom == "dates":
                tapee = "\n".join(map(_tapee, lue))
            elif nom == "reprendre":
                tapee = self._session_a_reprendre(action, lue)
            elif nom.startswith("exclues_"):
                nom = f"fermetures_{nom.removeprefix('exclues_')}"
            saisie.setlist(_NOMS.get(nom, nom), tapee if isinstance(tapee, list) else [tapee])
        if raisons:
            raise Probleme("validation", "", raisons)
        saisie["fin"] = "nombre" if "nombre" in saisie else "date"
        return saisie

    def _session_a_reprendre(self, action: Any, identifiant: str) -> str:
        trouvee = action.sessions.filter(identifiant_normalise=normaliser_identifiant(identifiant)).first()
        return str(trouvee.pk if trouvee else 0)

    def _creer_les_sessions(self, apercu: Apercu, habitudes: Habitudes, cle: uuid.UUID) -> Response:
        simulation = parametres.vrai(self.request, SIMULATION)
        lignes = apercu.pretes
        lot = nouveau(self.jeton, len(lignes), [Operation.MODIFIER.value], etat=Etat.FINI)

        def faire() -> list[Session]:
            lot.save()
            contexte = Contexte(lot.contexte, operation=SERIE, origine=str(Origine.API), lot=lot.pk)
            with contexte:
                _, creees = creer(lignes, habitudes, cle, par=self.jeton, origine=Origine.API)
            faites = [["session", session.pk, CREEE, session.identifiant] for session in creees]
            lot.parametres |= {"faites": faites, "comptes": {"faite": len(faites)}}
            lot.save(update_fields=["parametres"])
            return creees

        try:
            creees = en_transaction(faire, simulation=simulation) if lignes else []
        except IntegrityError as erreur:
            session = Session(action=lignes[0].prevue.action, organisme=self.jeton.organisme)
            raise expliquer(erreur, session, SessionForm) from erreur
        par_ligne = dict(zip(map(id, lignes), creees, strict=True))
        contenu = {
            "lot": None if simulation or not lignes else lot.pk,
            "serie": None if simulation or not lignes else cle,
            # The page shows it in bold.
            "phrase": unescape(strip_tags(apercu.phrase)),
            "reserves": apercu.reserves,
            "creees": len(creees),
            "sessions": [_dite(x, par_ligne.get(id(x)), simulation=simulation) for x in apercu.lignes],
        }
        return Response(SerieSerializer(contenu).data, status=200 if simulation or not lignes else 201)


def _verifier(apercu: Apercu) -> None:
    """Refuse the whole series when one of its identifiers is taken or cannot be one: all or nothing."""
    raisons = []
    for rang, ligne in enumerate(apercu.lignes):
        if ligne.erreur:
            libre = f" « {ligne.propose} » est libre." if ligne.propose else ""
            champ = f"sessions[{rang}].identifiant"
            raisons.append(Raison(f"« {ligne.identifiant} » : {ligne.erreur.phrase}{libre}", champ, "pris"))
    if raisons:
        raise Probleme("validation", "", raisons)


def _dite(ligne: Any, session: Session | None, *, simulation: bool) -> dict[str, Any]:
    occurrence = ligne.occurrence
    return {
        "prevue": occurrence.prevue,
        "date_debut": occurrence.debut,
        "date_fin": occurrence.fin,
        "identifiant": "" if occurrence.passee else ligne.identifiant,
        "passee": occurrence.passee,
        "notes": occurrence.notes,
        "avertissements": [constat.phrase for constat in ligne.avertissements],
        "id": session.pk if session and not simulation else None,
        "statut": session.statut if session else None,
    }


def _tapee(lue: Any) -> Any:
    if isinstance(lue, bool):
        return "true" if lue else "false"
    if isinstance(lue, dt.date):
        return f"{lue:%d/%m/%Y}"
    return [str(une) for une in lue] if isinstance(lue, list) else str(lue)


def _en_jours(texte: str) -> str:
    """Return a day, or a period written with « / », as the page reads it."""
    return _JOUR.sub(r"\3/\2/\1", " au ".join(texte.split("/", 1)))


def _rendue(raison: Raison) -> Raison:
    champ = raison.champ and _RENDUS.get(raison.champ, raison.champ)
    return Raison(raison.phrase, champ, raison.code)


def _du_type(champ: serializers.Field, valeur: Any) -> bool:
    """Return whether a value of JSON is of the type of the field: REST framework reads "1" as a number."""
    if isinstance(champ, serializers.ListField):
        return isinstance(valeur, list) and all(_du_type(champ.child, une) for une in valeur)
    if isinstance(champ, serializers.BooleanField):
        return isinstance(valeur, bool)
    if isinstance(champ, serializers.IntegerField):
        return isinstance(valeur, int) and not isinstance(valeur, bool)
    return isinstance(valeur, str)


def _attendu(champ: serializers.Field) -> str:
    match champ:
        case serializers.IntegerField():
            return f"Écrivez un nombre entier, de {champ.min_value} à {champ.max_value}."
        case serializers.DateField():
            return "Écrivez une date AAAA-MM-JJ."
        case serializers.BooleanField():
            return "Écrivez true ou false."
        case serializers.ChoiceField():
            return f"Écrivez l'un de : {', '.join(map(str, champ.choices))}."
        case serializers.ListField():
            une = _attendu(champ.child).removeprefix("Écrivez ").removesuffix(".")
            return f"Écrivez une liste de {champ.max_length} valeurs au plus, chacune étant {une}."
    return f"Écrivez un texte de {getattr(champ, 'max_length', None) or 100} caractères au plus."


DOC = Doc(
    "Créer une série de sessions",
    "Les sessions que donne une règle, comme la page « Créer une série » : toutes ou aucune. Elles sont"
    " validées quand elles sont complètes. `dry_run` les montre, avec ce que les exclusions font de chaque"
    " date, sans rien créer (200). Ce que le corps ne dit pas des exclusions est ce que propose la page.",
    SerieSerializer,
    corps=SerieCreationSerializer,
    statuts=(200, 201),
    parametres=(CLE, SIMULATION),
    erreurs=ECRITURE,
)
