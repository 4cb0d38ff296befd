"""JSON API parts that rooms share: reading a body into a pydantic model, and the rows that make the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import models_json_schema
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from portal.core.errors import Invalid

Model = TypeVar("Model", bound=BaseModel)
REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API. `path` in OpenAPI form, e.g. `/api/v1/tickets/{number}`; `query`: name -> description."""

    method: str
    path: str
    summary: str
    response: type[BaseModel]
    request: type[BaseModel] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    success: int = 200
    errors: Sequence[int] = (401, 403)


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] = []


def read_body(model: type[Model]) -> Model:
    """The JSON body as a model. Raises Invalid that names each field; not strict, since 361.0 is an integer in JSON."""
    try:
        raw = request.get_json()
    except UnsupportedMediaType:
        raise Invalid("Send the body as application/json.") from None
    except BadRequest:
        raise Invalid("The body is not JSON.") from None
    if not isinstance(raw, dict):
        raise Invalid("The body must be a JSON object.")
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        fields = {".".join(map(str, e["loc"])) or "body": e["msg"] for e in error.errors(include_url=False)}
        raise Invalid("The body does not fit.", fields) from None


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these calls."""
    models = {model for op in operations for model in (op.request, op.response) if model} | {Problem}
    ordered = sorted(models, key=lambda model: model.__name__)
    names, schemas = models_json_schema([(m, "validation") for m in ordered], ref_template=REFERENCE)
    paths: dict[str, Any] = {}
    for op in operations:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MHV Tier 3 portal", "version": version},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(op: Operation, names: Mapping[Any, Any]) -> dict[str, Any]:
    def content(model: type[BaseModel], kind: str = "application/json") -> dict[str, Any]:
        return {kind: {"schema": names[(model, "validation")]}}

    parameters = [
        {"name": name.strip("{}"), "in": "path", "required": True, "schema": {"type": "string"}}
        for name in op.path.split("/")
        if name.startswith("{")
    ]
    for where, given in (("query", op.query), ("header", op.headers)):
        parameters += [
            {
                "name": n,
                "in": where,
                "description": d,
                "required": where == "header",
                "schema": {"type": "string"},
            }
            for n, d in given.items()
        ]
    answers = {str(op.success): {"description": "Done", "content": content(op.response)}}
    for status in op.errors:
        answers[str(status)] = {
            "description": "Refused",
            "content": content(Problem, "application/problem+json"),
        }
    found: dict[str, Any] = {"summary": op.summary, "parameters": parameters, "responses": answers}
    if op.request:
        found["requestBody"] = {"required": True, "content": content(op.request)}
    return found
