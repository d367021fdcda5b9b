"""The setting `redact`: what is masked before text leaves, by its form alone or with names and addresses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sandreckoner.core.errors import MissingExtra
from sandreckoner.core.redaction import Redact
from sandreckoner.reading.personal_data import Found, masked, personal_data

_MODEL = "en_core_web_sm"  # of spaCy
_ENTITIES = {"PERSON": "NAME", "LOCATION": "PLACE"}
_NEEDS = (
    "redact = \"names\" needs Presidio and a model of spaCy: pip install 'sandreckoner[names]', then "
    f'python -m spacy download {_MODEL}; redact = "forms" needs neither'
)


@lru_cache(maxsize=4)
def redactor(setting: str) -> Redact | None:
    """Return what masks a text as a setting says; None where it is `off`.

    Args:
        setting: `off`; `forms`, for what has a form (addresses of the network, telephone, card, account and
            national numbers); `names`, for the names of people and places besides.

    Raises:
        MissingExtra: `names` needs a package or a model that is not installed.
    """
    if setting == "off":
        return None
    find = personal_data if setting == "forms" else _NamesToo().find
    # The same passages are read for each question.
    return lru_cache(maxsize=256)(lambda text: masked(text, find(text)))


class _NamesToo:
    """What has a form, and the names that Presidio recognises in English."""

    def __init__(self) -> None:
        try:
            import spacy
            from presidio_analyzer import AnalyzerEngine
            from presidio_analyzer.nlp_engine import NlpEngineProvider
        except ModuleNotFoundError:
            raise MissingExtra(_NEEDS) from None
        if not spacy.util.is_package(_MODEL):  # Presidio would fetch one from the network, unasked
            raise MissingExtra(_NEEDS)
        models = [{"lang_code": "en", "model_name": _MODEL}]
        engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
        self._analyzer: Any = AnalyzerEngine(nlp_engine=engine.create_engine(), supported_languages=["en"])

    def find(self, text: str) -> Iterator[Found]:
        forms = list(personal_data(text))
        for named in self._analyzer.analyze(text, language="en", entities=list(_ENTITIES)):
            if all(named.end <= each.start or named.start >= each.end for each in forms):
                forms.append(Found(named.start, named.end, _ENTITIES[named.entity_type]))
        yield from forms
