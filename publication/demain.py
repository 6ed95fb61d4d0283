"""Effect of a run on one organisme, session by session, for « Publication de demain » and the register.

For tomorrow, the data comes from the code of the run, in simulation. For a past day, it comes from what the
runs wrote.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When

from catalogue.comparaison import Changement
from catalogue.models import Action, Offre
from edof.horloge import demain, jour_de, minuit
from organismes.droits import Operation
from organismes.models import Organisme
from publication import en_ligne
from publication.contenus import CONTENU_ACTION, CONTENU_OFFRE, COORDONNEES, PROPRE_DE_LA_SESSION
from publication.models import Contenu, Parution, Passage, Retenue, registre
from publication.simulation import Ecart, simuler
from publication.visibilite import raisons, retenue_par
from sessions_app.models import Programmation, Session

PAR_PAGE = 25
# The effects of a run on a session, in the order of the page. The last one, "retenue", means that the run
# does not show the session.
NATURES = ("parait", "change", "disparait", "retenue")


@dataclass
class LigneDeDemain:
    """A session in a publication, with the reason or the fields that change.

    `session` is None when the session has been deleted since. `changements` are grouped by heading.
    `parution` is the parution written by the run, for a past day only.
    """

    session_id: int
    identifiant: str
    session: Session | None = None
    intitule: str = ""
    raison: str = ""
    changements: list[tuple[str, list[Changement]]] | None = None
    parution: Parution | None = None


# --- Tomorrow ---


def retenues_demain(organisme: Organisme) -> QuerySet[Session]:
    """Return the sessions open to enrolment that tomorrow's run would not show.

    The annotation `motif` is the slug of the first condition that is not met.
    """
    ouvertes = Session.objects.filter(organisme=organisme, ouverte=True)
    return (
        ouvertes.annotate(motif=retenue_par(demain()))
        .filter(motif__isnull=False)
        .order_by("action__offre_id", "action_id", "pk")
    )


def ecarts_de_demain(organisme: Organisme) -> dict[str, list[Ecart]]:
    """Return the changes that tomorrow's run would make to what is public, grouped by nature."""
    par_nature: dict[str, list[Ecart]] = {nature: [] for nature in NATURES[:3]}
    for ecart in simuler(demain(), organisme):
        if ecart.nature:
            par_nature[ecart.nature].append(ecart)
    return par_nature


def page_de_demain(
    organisme: Organisme, nature: str, ecarts: dict[str, list[Ecart]], numero: str | None
) -> Page[Any]:
    """Return one page of tomorrow's changes of this nature, as `Ligne` objects."""
    motifs = raisons(demain())
    if nature == "retenue":
        page = Paginator(retenues_demain(organisme).select_related("action__offre"), PAR_PAGE).get_page(
            numero
        )
        page.object_list = [_ligne(session, motifs[session.motif]) for session in page.object_list]
        return page
    page = Paginator(ecarts[nature], PAR_PAGE).get_page(numero)
    vus: list[Ecart] = list(page.object_list)
    cles = [ecart.session_id for ecart in vus]
    sessions = (
        Session.objects.filter(organisme=organisme, pk__in=cles)
        .select_related("action__offre")
        .annotate(motif=retenue_par(demain()))
    )
    connues = {session.pk: session for session in sessions}
    avant = _parutions_ouvertes(cles) if nature == "change" else {}
    apres = _parutions_a_venir(list(connues.values())) if nature == "change" else {}
    lignes = []
    for ecart in vus:
        session = connues.get(ecart.session_id)
        ligne = _ligne(session) if session else LigneDeDemain(ecart.session_id, ecart.identifiant)
        if nature == "disparait":
            # Somebody may have corrected the session between the two queries: no reason is left then.
            ligne.raison = motifs.get(session.motif, "") if session else "La session a été supprimée."
        elif nature == "change" and session:
            ligne.changements = en_ligne.differences([avant[session.pk]], [apres[session.pk]])
        lignes.append(ligne)
    if nature != "disparait":
        _dire_ce_qui_se_ferme(lignes)
    page.object_list = lignes
    return page


def _dire_ce_qui_se_ferme(lignes: list[LigneDeDemain]) -> None:
    """Say of what the run would publish that a closing planned before it will hide it from the public."""
    cles = [ligne.session_id for ligne in lignes]
    fermetures = Programmation.objects.dues(demain()).filter(operation=Operation.FERMER, session__in=cles)
    phrases = {plan.session_id: f"{plan.phrase} : le public ne la verra pas." for plan in fermetures}
    for ligne in lignes:
        ligne.raison = phrases.get(ligne.session_id, ligne.raison)


def _ligne(session: Session, raison: str = "") -> LigneDeDemain:
    return LigneDeDemain(session.pk, session.identifiant, session, session.action.offre.intitule, raison)


def _parutions_ouvertes(cles: list[int]) -> dict[int, Parution]:
    ouvertes = Parution.objects.ouvertes().filter(session_id__in=cles).select_related(*Parution.CONTENUS)
    return {parution.session_id: parution for parution in ouvertes}


def _parutions_a_venir(sessions: list[Session]) -> dict[int, Parution]:
    """Return the parutions that the run would write for these sessions now, by session key.

    They are never saved.
    """
    copies = (
        (Session, PROPRE_DE_LA_SESSION, {session.pk for session in sessions}),
        (Session, COORDONNEES, {session.pk for session in sessions}),
        (Action, CONTENU_ACTION, {session.action_id for session in sessions}),
        (Offre, CONTENU_OFFRE, {session.action.offre_id for session in sessions}),
    )
    contenus, coordonnees, actions, offres = (
        dict(modele.objects.filter(pk__in=cles).values_list("pk", contenu))
        for modele, contenu, cles in copies
    )
    return {
        session.pk: Parution(
            session_id=session.pk,
            date_debut=session.date_debut,
            contenu=contenus[session.pk],
            coordonnees=Contenu(contenu=coordonnees[session.pk]),
            contenu_action=Contenu(contenu=actions[session.action_id]),
            contenu_offre=Contenu(contenu=offres[session.action.offre_id]),
        )
        for session in sessions
    }


def programmees_jusqu_a_demain(organisme: Organisme) -> QuerySet[Programmation]:
    """Return the openings and closings planned until tomorrow (D-46): the sweep will carry them out.

    A closing of tomorrow comes before tomorrow's run; what opens tomorrow is public the day after.
    """
    return _avec_leur_session(Programmation.objects.pour_organisme(organisme).dues(demain()))


# --- Past days ---

# A parution that replaces another one, or is replaced by another one, is a change.
REMPLACE = Exists(Parution.objects.filter(session=OuterRef("session"), au=OuterRef("du")))
_REMPLACEE = Exists(Parution.objects.filter(session=OuterRef("session"), du=OuterRef("au")))


def du_jour(organisme: Organisme, nature: str, jour: dt.date) -> QuerySet[Any]:
    """Return what the run of `jour` wrote of this nature for the organisme.

    The queryset contains parutions, or for "retenue" the sessions held back on that day, including those held
    back by an earlier run.
    """
    parutions = Parution.objects.filter(organisme=organisme)
    if nature == "parait":
        return parutions.filter(~REMPLACE, du=jour)
    if nature == "change":
        return parutions.filter(REMPLACE, du=jour)
    if nature == "disparait":
        return parutions.filter(~_REMPLACEE, au=jour)
    return Retenue.objects.au_jour(jour).filter(organisme=organisme)


def programmees_du_jour(organisme: Organisme, jour: dt.date) -> QuerySet[Programmation]:
    """Return the plans of that day, and those that were carried out or refused on it, late."""
    regles_ce_jour = Q(close_le__gte=minuit(jour), close_le__lt=minuit(jour + dt.timedelta(days=1)))
    regles = Q(etat__in=[Programmation.Etat.FAITE, Programmation.Etat.REFUSEE])
    plans = Programmation.objects.pour_organisme(organisme).filter(regles, Q(jour=jour) | regles_ce_jour)
    return _avec_leur_session(plans.order_by("jour", "pk"))


def _avec_leur_session(plans: QuerySet[Programmation]) -> QuerySet[Programmation]:
    return plans.select_related("par", "jeton", "session__action__offre")


def jours_du_registre(organisme: Organisme) -> list[tuple[bool, list[dt.date]]]:
    """Return the days published since the organisme exists, latest first, in groups.

    A day is alone in its group (True) when its run changed something for the organisme or has not ended yet.
    Consecutive days on which nothing changed form one group (False). Each day is looked up in the indexes, so
    the cost does not depend on the number of parutions.
    """
    du, au = ({"organisme": organisme, champ: OuterRef("jour")} for champ in ("du", "au"))
    bouge = Q(Exists(Parution.objects.filter(**du))) | Exists(Parution.objects.filter(**au))
    bouge |= Q(Exists(Retenue.objects.filter(**du))) | Q(termine_le__isnull=True)
    # The run of the day of its creation is left out: it read the catalogue as of the midnight before, when
    # the organisme did not exist yet.
    passages = registre(organisme).filter(Q(jour__gt=jour_de(organisme.cree_le)) | bouge)
    groupes: list[tuple[bool, list[dt.date]]] = []
    jours = passages.annotate(bouge=Case(When(bouge, then=True), default=False)).values_list("jour", "bouge")
    for jour, a_bouge in jours:
        if a_bouge or not groupes or groupes[-1][0]:
            groupes.append((a_bouge, []))
        groupes[-1][1].append(jour)
    return groupes


def nombres_par_jour(organisme: Organisme, jours: list[dt.date]) -> dict[dt.date, Counter[str]]:
    """Count the sessions of the organisme affected by the run of each of these days.

    The keys of each counter are in NATURES: sessions shown, changed, withdrawn, and newly held back.
    """
    nombres: dict[dt.date, Counter[str]] = {jour: Counter() for jour in jours}
    parues = Parution.objects.filter(organisme=organisme, du__in=jours).values_list("du", REMPLACE)
    for jour, remplace, nombre in parues.annotate(n=Count("pk")).order_by():
        nombres[jour]["change" if remplace else "parait"] += nombre
    retirees = Parution.objects.filter(~_REMPLACEE, organisme=organisme, au__in=jours).values_list("au")
    for jour, nombre in retirees.annotate(n=Count("pk")).order_by():
        nombres[jour]["disparait"] += nombre
    for jour, nombre in (
        Retenue.objects.filter(organisme=organisme, du__in=jours)
        .values_list("du")
        .annotate(n=Count("pk"))
        .order_by()
    ):
        nombres[jour]["retenue"] += nombre
    return nombres


def page_du_jour(organisme: Organisme, nature: str, passage: Passage, numero: str | None) -> Page[Any]:
    """Return one page of what the run wrote of this nature, as `Ligne` objects."""
    ecrites = du_jour(organisme, nature, passage.jour)
    if nature == "retenue":
        page = Paginator(ecrites.order_by("raison", "session"), PAR_PAGE).get_page(numero)
        retenues: list[Retenue] = list(page.object_list)
        motifs = raisons(passage.jour)
        connues = _sessions(organisme, [retenue.session_id for retenue in retenues])
        page.object_list = [
            LigneDeDemain(
                retenue.session_id,
                retenue.identifiant,
                connues.get(retenue.session_id),
                connues[retenue.session_id].action.offre.intitule if retenue.session_id in connues else "",
                motifs.get(retenue.raison, retenue.raison),
            )
            for retenue in retenues
        ]
        return page
    ecrites = ecrites.select_related(*Parution.CONTENUS).order_by("offre_id", "action_id", "session_id")
    page = Paginator(ecrites, PAR_PAGE).get_page(numero)
    parutions: list[Parution] = list(page.object_list)
    cles = [parution.session_id for parution in parutions]
    connues = _sessions(organisme, cles)
    avant = {}
    if nature == "change":
        remplacees = Parution.objects.filter(session_id__in=cles, au=passage.jour).select_related(
            *Parution.CONTENUS
        )
        avant = {parution.session_id: parution for parution in remplacees}
    page.object_list = [
        LigneDeDemain(
            parution.session_id,
            parution.contenu["identifiant"],
            connues.get(parution.session_id),
            parution.contenu_offre.contenu["intitule"],
            changements=(
                en_ligne.differences([avant[parution.session_id]], [parution]) if nature == "change" else None
            ),
            parution=parution,
        )
        for parution in parutions
    ]
    return page


def _sessions(organisme: Organisme, cles: list[int]) -> dict[int, Session]:
    sessions = Session.objects.filter(organisme=organisme, pk__in=cles).select_related("action__offre")
    return {session.pk: session for session in sessions}
