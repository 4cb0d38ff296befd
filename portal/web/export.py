"""CSV for every table. Cells that a spreadsheet would run as a formula get a leading apostrophe."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

from flask import Response

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """The text of one cell; full-width forms of the dangerous first characters count too."""
    text = "" if value is None else str(value)
    return f"'{text}" if unicodedata.normalize("NFKC", text[:1]).startswith(FORMULA) else text


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A CSV file to download; UTF-8 with a byte-order mark, which spreadsheets need to see the encoding."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    body = "\ufeff" + out.getvalue()
    return Response(
        body,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
