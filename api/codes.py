"""Examples of code for each operation, in curl, Python and JavaScript, from its OpenAPI description.

`API` and `JETON` are set once, at the top of the page.
"""

import json
from typing import Any
from urllib.parse import quote

Noeud = dict[str, Any]
LANGAGES = {"curl": "curl", "python": "Python", "javascript": "JavaScript"}
CLE = 12
# What a file is called in the examples, by its type. The first type of an operation that is here is shown.
FICHIERS = {"text/csv": "planning-2027.csv", "application/xml": "catalogue.xml"}
# The values of the parameters that have no list of values.
VALEURS = {
    "offre": "TSLO14-14247-98569",
    "action": "88A-79-78490-XX",
    "identifiant": "Service Inscriptions",
    "titre": "Siège",
}
# « identifiant » is that of the record itself.
IDENTIFIANTS = {"offres": VALEURS["offre"], "actions": VALEURS["action"], "sessions": "sessionduree"}
_JSON = "application/json"


def preambules(racine: str) -> list[Noeud]:
    """Return what comes before the examples, and a first request; `racine` is the URL of the API."""
    api = racine.rstrip("/")
    textes = {
        "curl": f'API={api}\nJETON=edof_…\ncurl "$API/organismes/" -H "Authorization: Bearer $JETON"',
        "python": (
            f'import uuid\n\nimport requests\n\nAPI = "{api}"\nJETON = "edof_…"\n'
            'entetes = {"Authorization": f"Bearer {JETON}"}\n'
            'print(requests.get(f"{API}/organismes/", headers=entetes, timeout=60).json())'
        ),
        "javascript": (
            f'const API = "{api}";\nconst JETON = "edof_…";\n'
            "const headers = { Authorization: `Bearer ${JETON}` };\n"
            "console.log(await (await fetch(`${API}/organismes/`, { headers })).json());"
        ),
    }
    return [_code(langage, texte) for langage, texte in textes.items()]


def codes(methode: str, adresse: str, operation: Noeud) -> list[Noeud]:
    """Return the examples of one operation, by language."""
    demande = _Demande(methode.upper(), adresse, operation)
    return [
        _code("curl", demande.en_curl()),
        _code("python", demande.en_python()),
        _code("javascript", demande.en_javascript()),
    ]


def _code(langage: str, texte: str) -> Noeud:
    return {"langage": langage, "nom": LANGAGES[langage], "texte": texte}


class _Demande:
    """A request of an example: its URL, its headers, its body."""

    def __init__(self, methode: str, adresse: str, operation: Noeud) -> None:
        self.methode = methode
        ressource = adresse.removeprefix("/api/v1/").partition("/")[0]
        valeurs = VALEURS | {"identifiant": IDENTIFIANTS.get(ressource, VALEURS["identifiant"])}
        requis = [p for p in operation.get("parameters", []) if p.get("required") and p["in"] == "query"]
        question = "&".join(
            f"{p['name']}={quote(str(p['schema'].get('enum', [valeurs.get(p['name'])])[0]))}" for p in requis
        )
        chemin = adresse.removeprefix("/api/v1").replace("{id}", str(CLE))
        self.chemin = f"{chemin}?{question}" if question else chemin
        self.avec_jeton = {} not in operation.get("security", [{}])
        envoyes = operation.get("requestBody", {}).get("content", {})
        self.corps = envoyes.get(_JSON, {}).get("example")
        self.type_d_envoi = _JSON if self.corps is not None else _premier(envoyes)
        succes = next(r for statut, r in operation["responses"].items() if statut.startswith("2"))
        recus = succes.get("content", {})
        self.sans_reponse = not recus
        self.telecharge = "" if _JSON in recus or not recus else "catalogue.xml"

    @property
    def fichier(self) -> str:
        """Return the name of the file that is sent, an empty text when the body is JSON or absent."""
        return FICHIERS.get(self.type_d_envoi, "")

    def en_curl(self) -> str:
        """Return the request as a curl command, one option a line."""
        adresse = f'"$API{self.chemin}"'
        lignes = [f"curl {adresse}" if self.methode == "GET" else f"curl -X {self.methode} {adresse}"]
        if self.avec_jeton:
            lignes.append('-H "Authorization: Bearer $JETON"')
        if self.methode != "GET":
            lignes.append('-H "Idempotency-Key: $(uuidgen)"')
        if self.type_d_envoi:
            lignes.append(f'-H "Content-Type: {self.type_d_envoi}"')
        if self.fichier:
            lignes.append(f"--data-binary @{self.fichier}")
        if self.telecharge:
            lignes.append(f"-o {self.telecharge}")
        if self.corps is not None:
            lignes.append("--data-binary @- <<'FIN'")
        texte = " \\\n  ".join(lignes)
        if self.corps is None:
            return texte
        return f"{texte}\n{json.dumps(self.corps, ensure_ascii=False, indent=2)}\nFIN"

    def en_python(self) -> str:
        """Return the call, with the library requests."""
        adresse = f'f"{{API}}{self.chemin}"'
        entetes = self._entetes(jeton='f"Bearer {JETON}"', cle="str(uuid.uuid4())")
        lignes = [f"reponse = requests.{self.methode.lower()}(", f"    {adresse},"]
        if entetes:
            lignes += ["    headers={", *(f"        {json.dumps(n)}: {v}," for n, v in entetes), "    },"]
        if self.corps is not None:
            lignes.append(f"    json={_en_python(self.corps, 1)},")
        if self.fichier:
            lignes.append(f'    data=open("{self.fichier}", "rb"),')
        lignes += ["    timeout=60,", ")", "reponse.raise_for_status()"]
        if self.telecharge:
            lignes.append(f'open("{self.telecharge}", "wb").write(reponse.content)')
        elif not self.sans_reponse:
            lignes.append("print(reponse.json())")
        return "\n".join(lignes)

    def en_javascript(self) -> str:
        """Return the call, with fetch."""
        entetes = self._entetes(jeton="`Bearer ${JETON}`", cle="crypto.randomUUID()")
        options = [f'  method: "{self.methode}",'] if self.methode != "GET" else []
        if entetes:
            options += ["  headers: {", *(f"    {json.dumps(n)}: {v}," for n, v in entetes), "  },"]
        if self.corps is not None:
            corps = json.dumps(self.corps, ensure_ascii=False, indent=2).replace("\n", "\n  ")
            options.append(f"  body: JSON.stringify({corps}),")
        if self.fichier:
            options.append('  body: fichier, // choisi dans un <input type="file">')
        adresse = f"`${{API}}{self.chemin}`"
        appel = f"fetch({adresse}, {{\n" + "\n".join(options) + "\n})" if options else f"fetch({adresse})"
        lire = "blob" if self.telecharge else "json"
        return (
            f"const reponse = await {appel};\n"
            "if (!reponse.ok) throw new Error((await reponse.json()).detail);"
            + ("" if self.sans_reponse else f"\nconsole.log(await reponse.{lire}());")
        )

    def _entetes(self, *, jeton: str, cle: str) -> list[tuple[str, str]]:
        """Return the headers; the two values that are computed are written in the language of the example."""
        entetes = [("Authorization", jeton)] if self.avec_jeton else []
        if self.methode != "GET":
            entetes.append(("Idempotency-Key", cle))
        if self.type_d_envoi:
            entetes.append(("Content-Type", json.dumps(self.type_d_envoi)))
        return entetes


def _premier(envoyes: Noeud) -> str:
    return next((type_ for type_ in FICHIERS if type_ in envoyes), "")


def _en_python(valeur: Any, retrait: int) -> str:
    """Return a JSON value as Python writes it."""
    marge, fin = "    " * (retrait + 1), "    " * retrait
    if isinstance(valeur, dict) and valeur:
        lignes = [f"{marge}{json.dumps(n)}: {_en_python(v, retrait + 1)},\n" for n, v in valeur.items()]
        return "{\n" + "".join(lignes) + fin + "}"
    if isinstance(valeur, list) and any(isinstance(v, dict | list) for v in valeur):
        return "[\n" + "".join(f"{marge}{_en_python(v, retrait + 1)},\n" for v in valeur) + fin + "]"
    if isinstance(valeur, list):
        return "[" + ", ".join(_en_python(v, retrait) for v in valeur) + "]"
    if valeur is None or isinstance(valeur, bool):
        return str(valeur)
    return json.dumps(valeur, ensure_ascii=False)
