"""Runs of schemathesis on the live schema, with every check enabled.

Used by tests/api/test_schemathesis.py for a few cases, and by bench/api.py for many.
"""

import random
from collections import Counter
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

# The statuses allowed for a request that follows the schema: the schema describes neither the state of a
# record, nor other records, nor a rule between two fields.
ADMIS = ["2xx", "304", "400", "401", "403", "404", "409", "412", "422"]
# The statuses that count as a refusal. 412 is added to those of schemathesis: the header may be refused
# first.
REFUS = ["400", "401", "403", "404", "405", "409", "412", "413", "415", "422"]


# Files that schemathesis does not know: any bytes will do.
schemathesis.serializer.alias(
    [
        "application/x-ndjson",
        "application/zip",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ],
    "application/octet-stream",
)

# Content types that do not match the JSON body, or with a charset that is not UTF-8 or does not exist.
TYPES_HOSTILES = (
    "application/json; charset=hex", "application/json; charset=utf-16", "application/json; charset=inconnu",
    "text/plain; charset=rot13",
    "multipart/form-data; boundary=", "application/x-www-form-urlencoded; charset=latin-1",
    "application/json; charset=\"utf-8", "; charset=",
)  # fmt: skip


def eprouver(
    url: str,
    secret: str,
    *,
    exemples: int,
    phases: tuple[str, ...],
    graine: int | None = None,
    type_de_contenu: str = "",
) -> tuple[Counter[str], dict[str, str]]:
    """Run these phases of schemathesis; return the number of cases by phase, and the failures.

    The failures are {"operation check": first example, with the command that reproduces it}.
    """
    configuration = SchemathesisConfig.from_dict(
        {
            "seed": graine if graine is not None else random.randrange(2**32),
            "headers": (
                {"Authorization": f"Bearer {secret}"}
                | ({"Content-Type": type_de_contenu} if type_de_contenu else {})
            ),
            "workers": 1,
            "continue-on-failure": True,
            "generation": {"max-examples": exemples, "database": "none", "no-shrink": True},
            "phases": {
                nom: {"enabled": nom in phases} for nom in ("examples", "coverage", "fuzzing", "stateful")
            },
            "checks": {
                "positive_data_acceptance": {
                    "expected-statuses": [*ADMIS, "415"] if type_de_contenu else ADMIS
                },
                "negative_data_rejection": {"expected-statuses": REFUS},
            },
            "suppress-health-check": ["all"],
        }
    )
    cas: Counter[str] = Counter()
    fautes: dict[str, str] = {}
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/schema/", config=configuration)
    for evenement in from_schema(schema).execute():
        if isinstance(evenement, events.ScenarioFinished):
            cas[evenement.phase.value] += len(evenement.recorder.interactions)
            _relever(evenement.recorder, fautes)
        elif isinstance(evenement, (events.NonFatalError, events.FatalError)):
            erreur = getattr(evenement, "value", None) or getattr(evenement, "exception", None)
            fautes.setdefault(f"{getattr(evenement, 'label', '')} erreur", repr(erreur))
    return cas, fautes


def _relever(recueil: Any, fautes: dict[str, str]) -> None:
    for cle, verifications in recueil.checks.items():
        for verification in verifications:
            if verification.status == Status.FAILURE and (dit := verification.failure_info):
                lieu = recueil.cases[cle].value.operation.label
                fautes.setdefault(f"{lieu} {verification.name}", f"{dit.failure}\n{dit.code_sample}")
