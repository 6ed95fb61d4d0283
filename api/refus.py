"""What the page of each error says beside its title: where it comes from, and what to do about it."""

# code: (where it comes from, what to do). The texts between backquotes are code.
EXPLICATIONS: dict[str, tuple[str, str]] = {
    "requete_illisible": (
        "Le corps de la requête n'a pas pu être lu : ce n'est pas un objet JSON en UTF-8, une clé y"
        " est mise deux fois, ou un texte contient un caractère qui n'existe pas.",
        "Écrivez le corps avec la bibliothèque JSON de votre langage plutôt qu'à la main. Renvoyer la"
        " même requête donne la même réponse.",
    ),
    "parametre_invalide": (
        "Un paramètre de l'adresse n'existe pas pour cette opération, est vide, est donné deux fois"
        " ou ne suit pas sa forme. Un filtre mal écrit n'est jamais ignoré : la liste ne serait pas"
        " celle que vous demandez.",
        "`raisons` nomme le paramètre et dit la forme attendue. Encodez les valeurs : `+01:00`"
        " s'écrit `%2B01:00`.",
    ),
    "cle_illisible": (
        "L'en-tête `Idempotency-Key` est vide, trop long, ou contient un caractère hors de l'ASCII visible.",
        "Prenez un UUID, nouveau pour chaque écriture, et gardez-le pour la renvoyer.",
    ),
    "jeton_absent": (
        "Cette opération demande un jeton, et la requête n'en porte pas.",
        "Ajoutez `Authorization: Bearer edof_…`. Un gestionnaire crée le jeton dans « Jetons et webhooks ».",
    ),
    "jeton_refuse": (
        "Le jeton est mal recopié, son dernier jour est passé, il a été révoqué, ou la personne qui"
        " l'a créé n'est plus gestionnaire.",
        "Vérifiez l'en-tête : `Authorization: Bearer edof_…`. Sinon créez un autre jeton : un secret perdu"
        " ne se retrouve pas. Ne renvoyez pas la même requête en boucle.",
    ),
    "droit_insuffisant": (
        "Le jeton a le rôle d'une personne, avec les mêmes droits, et ce rôle ne permet pas cette opération.",
        "Créez un jeton d'un rôle plus large : un rôle ne se change pas.",
    ),
    "introuvable": (
        "L'adresse n'existe pas, il lui manque la barre oblique finale, ou la fiche n'est pas (ou"
        " plus) dans votre organisme. Les deux cas ont la même réponse : une clé ne dit rien d'un"
        " autre organisme.",
        "Vérifiez la clé et l'organisme du jeton. Une fiche supprimée est nommée dans `supprimees` et"
        " dans `changements/`.",
    ),
    "methode_interdite": (
        "L'adresse existe, mais pas pour cette méthode.",
        "L'en-tête `Allow` de la réponse dit celles qui conviennent.",
    ),
    "operation_refusee": (
        "La fiche, ou une fiche dont elle dépend, est dans un état qui s'y oppose : ouvrir une"
        " session archivée, supprimer une offre active, modifier une fiche archivée.",
        "Montrez `detail` à la personne : c'est la phrase de l'écran. `raisons` nomme, dans `bloque`,"
        " la fiche à changer d'abord.",
    ),
    "divergence": (
        "Vous avez donné la `version` que vous aviez lue ; depuis, quelqu'un a changé autrement un"
        " champ que vous changez aussi. Les autres champs auraient été réunis.",
        "`divergences` montre pour chaque champ la valeur d'origine, la leur et la vôtre. Choisissez,"
        " puis renvoyez avec la nouvelle `version`.",
    ),
    "sans_suite": (
        "Un lot « tout ou rien » contient un élément refusé : rien n'est écrit, ni lui ni les autres.",
        'Corrigez l\'élément refusé, puis renvoyez le lot ; ou `"mode": "valides"` fait chacun pour'
        " lui-même.",
    ),
    "cle_en_cours": (
        "La même requête, avec la même `Idempotency-Key`, est encore en cours : elle n'est pas faite"
        " deux fois.",
        "Renvoyez-la après les secondes de `Retry-After` : vous aurez la réponse de la première.",
    ),
    "curseur_perime": (
        "Le fil des changements garde 90 jours. Votre curseur est plus ancien, ou vient d'une base"
        " remise dans un état antérieur.",
        "Demandez `changements/?depuis=fin`, relisez les listes en entier, puis suivez le fil depuis"
        " ce nouveau curseur.",
    ),
    "longueur_absente": (
        "Le corps est envoyé par morceaux (`Transfer-Encoding: chunked`), sans longueur.",
        "Envoyez `Content-Length`. La plupart des bibliothèques le font quand le corps est un texte,"
        " pas un flux.",
    ),
    "version_depassee": (
        "`If-Match` demande une version de la fiche qui n'est plus la sienne, ou `If-None-Match: *`"
        " demande qu'elle n'existe pas encore.",
        "Relisez la fiche, reportez vos changements, renvoyez avec son nouvel `ETag`. Une étiquette"
        " faible (`W/`) ne convient jamais à une écriture.",
    ),
    "trop_gros": (
        "Le corps dépasse un mébioctet (100 Mo pour un import, 20 Mo pour un lot).",
        "Envoyez moins à la fois, ou passez par `imports/` ou `lots/`.",
    ),
    "type_de_contenu": (
        "Le corps est annoncé dans un autre type, un autre encodage, ou comprimé.",
        "Envoyez `Content-Type: application/json`, en UTF-8 et sans `Content-Encoding`. La référence"
        " dit les types qu'un import admet.",
    ),
    "validation": (
        "Des champs sont à corriger, par les règles et avec les phrases des écrans. Rien n'est écrit.",
        "`raisons` a une entrée par faute : `champ`, `code` (stable, pour un programme) et `phrase`"
        " (pour une personne). Pour `invalid_choice`, la référence donne les valeurs de chaque champ ; un"
        " contact, une adresse ou une certification se nomme comme sa liste le montre. `?dry_run=true`"
        " vérifie sans rien écrire.",
    ),
    "lot_refuse": (
        "Le lot est « tout ou rien », et au moins un élément est refusé : rien n'est écrit.",
        "`elements` a la réponse de chacun, avec son `probleme`. Ceux que `sans_suite` arrête n'ont"
        " rien à corriger.",
    ),
    "cle_deja_prise": (
        "Cette `Idempotency-Key` a servi, depuis moins de 24 heures, à une autre requête : autre"
        " adresse ou autre corps.",
        "Une clé par écriture : gardez-la pour renvoyer la même, prenez-en une nouvelle pour une autre.",
    ),
    "debit_depasse": (
        "Le jeton, l'organisme ou l'adresse a envoyé plus de requêtes que son débit ne l'admet.",
        "Attendez les secondes de `Retry-After` : la requête suivante passe. `RateLimit` dit à chaque"
        " réponse ce qui reste. `lots/`, `inclure` et `changements/` évitent beaucoup de requêtes.",
    ),
    "indisponible": (
        "La base de données ne répond pas, ou une autre écriture garde la fiche trop longtemps.",
        "Renvoyez après `Retry-After`, avec la même `Idempotency-Key` si c'est une écriture.",
    ),
    "erreur_interne": (
        "Le programme s'est trompé. Rien n'est écrit : la transaction est défaite.",
        "Donnez le numéro d'incident de `detail` à l'administrateur de la plateforme.",
    ),
}
