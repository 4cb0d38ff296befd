"""The files of a ticket: add, open, withdraw. Each upload is a POST of its own, so a refused form elsewhere loses none."""

from __future__ import annotations

from io import BytesIO

from flask import Response, current_app, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.access import requires
from portal.accounts.actor import Permission
from portal.core.config import Config
from portal.core.errors import Conflict, Invalid
from portal.core.upload import MOST_BYTES, Upload
from portal.tickets import files, service
from portal.tickets.forms import FileForm, WithdrawFileForm
from portal.tickets.queue import read_place
from portal.tickets.views.page import acting_now, bp, make
from portal.tickets.views.ticket import Refused, ticket_page
from portal.web.carry import form_of
from portal.web.journal import after_answer


@bp.post("/<number>/files")
@requires(Permission.TICKETS)
@form_of("tickets.show_ticket", "number")
def add_file(number: str) -> ResponseReturnValue:
    form, by = FileForm(), acting_now()
    config: Config = current_app.config["PORTAL"]
    sent = request.files.get("file")

    def add(upload: Upload, stored: str, scan: str) -> bool:
        return make("add file", number, lambda: files.add_file(number, upload, stored, scan, by=by), by)

    try:
        if sent is None or not sent.filename:
            raise Invalid("Choose a file.", {"file": "Choose a file."})
        data = sent.stream.read(MOST_BYTES + 1)
        upload = files.check_file(number, sent.filename, data, by=by)
        is_new = files.keep_file(upload, config, add)
    except Invalid as error:
        form.refuse(error)
        return ticket_page(service.get_ticket(number, by.actor), Refused(file_form=form))
    flash(f"{upload.name} stands on the ticket." if is_new else "This file stands on the ticket already.")
    return _back(number)


@bp.get("/<number>/files/<int:id>")
@requires(Permission.TICKETS)
def download_file(number: str, id: int) -> Response:
    by = acting_now()
    row, data = files.open_file(number, id, by.actor, current_app.config["PORTAL"])
    answer = send_file(BytesIO(data), mimetype=row.content_type, as_attachment=True, download_name=row.name)
    answer.direct_passthrough = False  # else what is arranged for after the answer, its audit row, never runs
    answer.headers["Cache-Control"] = "no-store"  # send_file sets its own
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    after_answer(lambda: service.note_read("read file", f"ticket:{number} file:{id}", by.actor, by.now))
    return answer


@bp.post("/<number>/files/<int:id>/withdraw")
@requires(Permission.TICKETS)
@form_of("tickets.show_ticket", "number")
def withdraw_file(number: str, id: int) -> ResponseReturnValue:
    form, by = WithdrawFileForm(), acting_now()
    gone: list[str] = []

    def withdraw() -> None:
        gone.append(files.withdraw_file(number, id, form.reason.data or "", by=by))

    try:
        make("withdraw file", number, withdraw, by)
    except Invalid as error:
        form.refuse(error)
        refused = Refused(withdraw_form=form, withdrawn=id)
        return ticket_page(service.get_ticket(number, by.actor), refused)
    except Conflict as error:
        typed = [(form.reason.label.text, form.reason.data or "")]
        refused = Refused(changed=str(error), typed=typed, status=409)
        return ticket_page(service.get_ticket(number, by.actor), refused)
    files.remove_bytes(gone[0], current_app.config["PORTAL"])
    flash("The file is withdrawn and deleted.")
    return _back(number)


def _back(number: str) -> ResponseReturnValue:
    return redirect(url_for(".show_ticket", number=number, **read_place(request.args).args), code=303)
