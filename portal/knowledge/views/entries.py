"""The catalogue, the facilities and the codes for admins: lists, one entry as a form, and an entry taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Response, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.accounts.access import current_actor, requires
from portal.accounts.actor import Permission
from portal.core.clock import utcnow
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.knowledge import service
from portal.knowledge.access import current_snapshot, knowledge_base
from portal.knowledge.content_layout import YAML_FILES, article_id
from portal.knowledge.content_store import SaveConflict
from portal.knowledge.listings import CLOCKED, LISTINGS, Entry, Form, Listing, cell
from portal.knowledge.service import Refused, Sheet, Use
from portal.knowledge.source import clean
from portal.knowledge.views.entry_form import EntryForm, Part, choices_of, id_of, labels_in, names_for
from portal.knowledge.views.form_view import PREFIX
from portal.knowledge.views.merging import clash_page
from portal.knowledge.views.page import HELD, bp, nobody_meant, note
from portal.web.carry import carried
from portal.web.export import csv_response
from portal.web.htmx import render_page

HELD_WORDS = "Open tickets need it, so it cannot be removed"
CLOCKS = "Open tickets keep their due times until somebody runs flask --app portal tickets clocks."


@bp.get("/catalogue")
@requires(Permission.ADMIN)
def list_listings() -> Response:
    held = {
        file: _sheet(key).values for file, key in {one.file: key for key, one in LISTINGS.items()}.items()
    }
    counts = {key: len(one.entries(held[one.file])) for key, one in LISTINGS.items()}
    return render_page("knowledge/listings.html", listings=LISTINGS, files=YAML_FILES, counts=counts)


@bp.get("/catalogue/<key>")
@requires(Permission.ADMIN)
def list_entries(key: str) -> ResponseReturnValue:
    sheet = _sheet(key)
    listing, words = sheet.listing, " ".join(request.args.get("q", "").split())[:100]
    if listing.is_one or not sheet.values:
        return redirect(url_for(".edit_entry", key=key))
    found = {name: row for name, row in listing.entries(sheet.values).items() if _fits(row, words)}
    if request.args.get("format") == "csv":
        head = [field.key for field in listing.fields]
        return csv_response(
            f"{key}.csv", head, [[cell(row.get(one)) for one in head] for row in found.values()]
        )
    columns = [field for field in listing.fields if field.key in listing.columns]
    rows = [(name, [_in_words(row.get(field.key), choices_of(field, current_snapshot())) for field in columns])
            for name, row in found.items()]  # fmt: skip
    return render_page(
        "knowledge/entries.html",
        listing=listing,
        columns=columns,
        rows=rows,
        words=words,
        clocks=listing.key in CLOCKED,
    )


def _fits(row: Entry, words: str) -> bool:
    text = cell(row).lower()
    return all(word in text for word in words.lower().split())


def _in_words(value: object, choices: Mapping[str, str]) -> str:
    said = cell(value)
    return choices.get("true" if value is True else "false" if value is False else said, said)


@bp.get("/catalogue/<key>/entry")
@requires(Permission.ADMIN)
def edit_entry(key: str) -> ResponseReturnValue:
    brought = carried(request.path)
    sheet = _sheet(key, brought)
    if not sheet.values:
        flash("This file cannot be read as fields: mend its text here.", "warning")
        return redirect(url_for(".edit_article", article_id=sheet.listing.file))
    name = _name(sheet.listing)
    entry = sheet.entry(name)
    if brought is not None:
        entry = sheet.listing.typed(entry, _typed(brought), name)
    return _entry_page(sheet, name, entry, typed=brought)


@bp.post("/catalogue/<key>/entry")
@requires(Permission.ADMIN)
def save_entry(key: str) -> ResponseReturnValue:
    sheet = _sheet(key, request.form)
    name = _name(sheet.listing)
    return _save(sheet, name, sheet.listing.typed(sheet.entry(name), _typed(request.form), name))


@bp.get("/catalogue/<key>/remove")
@requires(Permission.ADMIN)
def show_remove(key: str) -> ResponseReturnValue:
    """What holds the entry is found before anybody presses."""
    sheet, name = _sheet(key), request.args.get("name", "")
    sheet.entry(name)
    return _remove_page(sheet, name)


@bp.post("/catalogue/<key>/remove")
@requires(Permission.ADMIN)
def remove_entry(key: str) -> ResponseReturnValue:
    sheet, name = _sheet(key, request.form), request.args.get("name", "")
    sheet.entry(name)
    return _save(sheet, name, None)


def _sheet(key: str, form: Mapping[str, str] | None = None) -> Sheet:
    revision = form.get("base", "") if form else ""
    return service.open_sheet(knowledge_base(), key, actor=current_actor(), revision=revision)


def _name(listing: Listing) -> str | None:
    return "" if listing.is_one else request.args.get("name")


def _typed(form: MultiDict[str, str]) -> Form:
    return {
        name.removeprefix(PREFIX): [clean(one) for one in form.getlist(name)]
        for name in form
        if name.startswith(PREFIX)
    }


def _save(sheet: Sheet, name: str | None, entry: Entry | None) -> ResponseReturnValue:
    """Publish the file with this entry, or without it. What was typed is on the page that answers, or in a draft."""
    base, actor, listing = knowledge_base(), current_actor(), sheet.listing
    what, message = _message(listing, name, entry)
    uses: list[Use] = []
    try:
        work = service.work_with(sheet, name, entry)
        if service.find_draft(listing.file, actor) is not None:
            raise Invalid(f"You have a draft of {listing.file}. Publish or discard it first.")
        if entry is None and _is_held(listing, name):
            raise Invalid(HELD_WORDS)
        try:
            published = service.publish(
                base, work, message=message, actor=actor, now=utcnow(), nobody_meant=nobody_meant()
            )
        except Refused as refused:
            uses = service.places(base, work, [*refused.problems, *refused.others])
            raise
    except SaveConflict:
        with transaction():
            service.keep_draft(base, work, message=message, actor=actor, now=utcnow())
        return clash_page(work, message, theirs=base.snapshot().revision)
    except Invalid as error:
        if entry is None:
            return _remove_page(sheet, name or "", uses=uses, error=str(error), status=422)
        return _entry_page(sheet, name, entry, typed=request.form, error=error, uses=uses, status=422)
    note(published, listing.file, f"{what} entry", done=False)
    if published.is_new and listing.key in CLOCKED:
        flash(CLOCKS, "info")
    if listing.is_one:
        return redirect(url_for(".list_listings"), code=303)
    return redirect(url_for(".list_entries", key=listing.key), code=303)


def _message(listing: Listing, name: str | None, entry: Entry | None) -> tuple[str, str]:
    """What is done, and the words of the commit."""
    what = "add" if name is None else "remove" if entry is None else "change"
    shown = name or next(iter(listing.entries(listing.with_entry({}, None, entry))), "")
    why = " ".join(clean(request.form.get("message", "")).split())
    return what, f"{listing.label}: {what} {shown}".strip() + (f" ({why})" if why else "")


def _entry_page(
    sheet: Sheet,
    name: str | None,
    entry: Entry,
    *,
    typed: Mapping[str, str] | None = None,
    error: Invalid | None = None,
    uses: Sequence[Use] = (),
    status: int = 200,
) -> Response:
    listing, snapshot, actor = sheet.listing, current_snapshot(), current_actor()
    mine = {name, *listing.entries(listing.with_entry({}, None, entry))}
    own = [one for one in uses if one.listing is listing and one.name in mine]
    said: dict[str, list[str]] = {key: [message] for key, message in (error.fields if error else {}).items()}
    for one in own:
        said.setdefault(one.key, []).append(one.problem.message)
    parts = EntryForm(snapshot, said).parts(listing.fields_of(name), entry)
    return render_page(
        "knowledge/entry.html",
        sheet=sheet,
        listing=listing,
        name=name,
        parts=parts,
        errors=_summary(said, parts),
        error=str(error) if error and not said else "",
        personal=(isinstance(error, Refused) and error.personal) or nobody_meant(),
        nobody_meant=nobody_meant(),
        links=_links([one for one in uses if one not in own]),
        names=names_for(snapshot),
        message=typed.get("message", "") if typed else "",
        draft=service.find_draft(listing.file, actor),
        writers=service.writers(listing.file, actor, utcnow()),
        clocks=listing.key in CLOCKED,
        status=status,
    )


def _remove_page(
    sheet: Sheet, name: str, *, uses: Sequence[Use] | None = None, error: str = "", status: int = 200
) -> Response:
    base, listing = knowledge_base(), sheet.listing
    if uses is None:
        work = service.work_with(sheet, name, None)
        refused = service.refusal(base, work, actor=current_actor())
        uses = service.places(base, work, [*refused.problems, *refused.others]) if refused else []
    is_held = _is_held(listing, name)
    fields = [(field.label, cell(sheet.entry(name).get(field.key))) for field in listing.fields]
    return render_page(
        "knowledge/remove.html",
        sheet=sheet,
        listing=listing,
        name=name,
        fields=[(label, value) for label, value in fields if value],
        links=_links(uses),
        error=error or (HELD_WORDS if is_held else ""),
        may_remove=not uses and not is_held,
        clocks=listing.key in CLOCKED,
        status=status,
    )


def _is_held(listing: Listing, name: str | None) -> bool:
    return bool(current_app.extensions[HELD](listing.key, name))


def _summary(said: Mapping[str, Sequence[str]], parts: Sequence[Part]) -> list[tuple[str, str]]:
    """(id, message), for the summary on top: a key that has no field of its own leads to the one around it."""
    labels, found = labels_in(parts), []
    for key, messages in said.items():
        place = id_of(key)
        while place and place not in labels:
            place = place.rpartition("-")[0]
        found += [(place, f"{labels.get(place, key)}: {message}") for message in messages]
    return found


def _links(uses: Sequence[Use]) -> list[tuple[str, str, str]]:
    """(label, address, what is wrong there): articles and entries that hold this one, each once."""
    found: dict[tuple[str, str], str] = {}
    articles = current_snapshot().articles
    for use in uses:
        problem, name = use.problem, article_id(use.problem.file) or ""
        label, address = problem.file, ""
        if use.listing is not None:
            named = use.name or use.listing.is_one
            label = f"{use.listing.label}{': ' if use.name else ''}{use.name}"
            address = url_for(
                ".edit_entry" if named else ".list_entries", key=use.listing.key, name=use.name or None
            )
        elif name in articles:
            label, address = articles[name].title, url_for(".show_article", article_id=name)
        found.setdefault((label, address), problem.message)
    return [(label, address, message) for (label, address), message in found.items()]
