"""What every model of content has in common, and its errors in plain words with key path and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import ErrorDetails

from portal.core.problem import Problem
from portal.knowledge.front_matter import nearest_line

ID = r"[a-z0-9][a-z0-9-]{0,79}"
Text = Annotated[str, StringConstraints(min_length=1)]
Id = Annotated[str, StringConstraints(pattern=f"^{ID}$")]
Line = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\n]*$")]
MaybeLine = Annotated[str, StringConstraints(pattern=r"^[^\n]*$")]
Day = Annotated[date, Field(strict=True)]
Platform = Literal["web", "mobile_web", "ios", "android", "staff_portal"]


class Strict(BaseModel):
    """Unknown keys are errors; a number where a text is due is taken as its digits (stations, codes)."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, str_strip_whitespace=True
    )


def in_plain_words(
    errors: Sequence[ErrorDetails], data: Mapping[str, object], lines: Mapping[str, int], file: str
) -> list[Problem]:
    """Errors of a model as problems with key path and line."""
    found = []
    for error in errors:
        key = _key_path(error["loc"], data)
        found.append(Problem(file, key, _message(error), nearest_line(lines, key)))
    return list(dict.fromkeys(found))


def _key_path(location: Sequence[int | str], data: object) -> str:
    """As in the file: a step that is not in the data (branch of a union) is left out, unless it is last."""
    path = ""
    for place, step in enumerate(location):
        if isinstance(step, int) and isinstance(data, list) and step < len(data):
            path, data = f"{path}[{step}]", data[step]
        elif isinstance(data, Mapping) and (step in data or place == len(location) - 1):
            path, data = f"{path}.{step}" if path else str(step), data.get(step)
    return path


def _message(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    said = {
        "missing": "is missing",
        "extra_forbidden": "is not a known key here",
        "string_type": "must be text",
        "string_too_short": "is empty",
        "string_too_long": f"is longer than {context.get('max_length')} characters",
        "tuple_type": "must be a list",
        "too_short": f"needs at least {context.get('min_length')}",
        "too_long": f"has more than {context.get('max_length')} entries",
        "date_type": "must be a date such as 2027-03-01",
        "int_type": "must be a whole number",
        "bool_type": "must be true or false",
        "enum": f"is not one of {context.get('expected')}",
        "literal_error": f"is not one of {context.get('expected')}",
        "dict_type": "must be keys with values",
        "model_type": "must be keys with values",
        "value_error": str(context.get("error", "")),
    }.get(kind)
    if kind == "string_pattern_mismatch":
        forms = {
            rf"^{ID}$": "must be an id: lower-case letters, digits and hyphens, at most 80",
            r"^[^\n]*$": "must be one line",
        }
        said = forms.get(str(context.get("pattern")), f"does not have the form {context.get('pattern')}")
    return said or error["msg"]
