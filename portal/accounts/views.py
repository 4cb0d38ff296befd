"""Pages: sign in and out, and one's own account. A POST that arrives signed out keeps what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError

from portal.accounts import service, sessions
from portal.accounts.access import (
    SignInNeeded,
    current_actor,
    find_actor,
    is_api,
    public,
    requires,
    signed_in,
)
from portal.accounts.actor import DESK_NAMES, ROLE_NAMES, Permission
from portal.accounts.audit_store import MOST_ROWS, list_audit, page_of_audit, read_audit_filters
from portal.accounts.browser import browser_words
from portal.accounts.forms import PasswordForm, PreferencesForm, SignInForm
from portal.core.clock import utcnow
from portal.core.config import Config
from portal.core.db import transaction
from portal.core.errors import Invalid
from portal.web import carry
from portal.web.errors import problem
from portal.web.export import csv_response
from portal.web.filters import reader_zone
from portal.web.htmx import by_script, render_page
from portal.web.journal import after_answer
from portal.web.paging import page_number
from portal.web.security import safe_path

bp = Blueprint("accounts", __name__, url_prefix="/accounts")

REFUSED = (
    "The e-mail or the password is not right, or there were too many tries. "
    "Check both; after three tries wait 15 minutes."
)


@bp.get("/sign-in")
@public
def show_sign_in() -> ResponseReturnValue:
    if find_actor():
        return redirect(safe_path(request.args.get("next")))
    return _sign_in_page(SignInForm(formdata=None), next=safe_path(request.args.get("next")))


@bp.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    form, goal = SignInForm(), safe_path(request.form.get("next"))
    email, password = form.email.data or "", form.password.data or ""
    if not form.validate() or not _authenticated(email, password):
        if not form.errors:
            form.add_errors({"email": REFUSED})
        return _sign_in_page(form, next=goal, fields=carry.brought(), status=422)
    with transaction():
        sessions.begin(email, carry.as_stored(goal, carry.brought()))
    return redirect(goal, code=303)


def _authenticated(email: str, password: str) -> bool:
    """Counted first, looked at second, so that tries sent at once count too."""
    with transaction():
        may_try = service.note_attempt(email, request.remote_addr or "-", utcnow())
    if may_try and service.authenticate(email, password):
        return True
    with transaction():
        service.refuse_sign_in(email)
    return False


def _sign_in_page(
    form: SignInForm, *, next: str, fields: Sequence[tuple[str, str]] = (), lead: str = "", status: int = 200
) -> Response:
    config: Config = current_app.config["PORTAL"]
    demo = [user for user, _ in service.list_users() if user.active] if config.demo else []
    return render_page(
        "accounts/sign_in.html",
        form=form,
        next=next,
        fields=[(carry.PREFIX + name, value) for name, value in fields],
        lead=lead,
        notice=config.notice,
        demo=sorted(demo, key=lambda user: user.id),
        desks=DESK_NAMES,
        demo_password=config.demo_password,
        status=status,
    )


@bp.app_errorhandler(SignInNeeded)
def sign_in_first(error: SignInNeeded) -> ResponseReturnValue:
    """A page goes to sign-in; a form takes what was typed along; a fragment says it in its page; a program
    hears 401.
    """
    if is_api(request.path):
        response = problem(401, "This call needs a bearer token.")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if by_script():
        url = url_for("accounts.show_sign_in", next=carry.browser_path())
        return make_response(render_template("accounts/_signed_out.html", url=url), 401)
    if request.method == "POST":
        fields = carry.sent()
        lead = (
            "You were signed out: everything you typed is here, sign in and continue."
            if fields
            else str(error)
        )
        return _sign_in_page(
            SignInForm(formdata=None), next=carry.form_path(), fields=fields, lead=lead, status=401
        )
    return redirect(url_for("accounts.show_sign_in", next=carry.form_path()))


@bp.errorhandler(CSRFError)
def old_form(_error: CSRFError) -> ResponseReturnValue:
    """An old sign-in page works again at once, with all that it brings along."""
    if request.endpoint != "accounts.sign_in":
        return carry.send_back()
    form = SignInForm(formdata=None, email=request.form.get("email", ""))
    lead = "This page was open for too long. Sign in again."
    goal = safe_path(request.form.get("next"))
    return _sign_in_page(form, next=goal, fields=carry.brought(), lead=lead, status=422)


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    with transaction():
        sessions.end(current_actor())
    flash("You are signed out.", "info")
    return redirect(url_for(".show_sign_in"), code=303)


@bp.post("/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> ResponseReturnValue:
    with transaction():
        sessions.end(current_actor(), everywhere=True)
    flash("You are signed out on every device.", "info")
    return redirect(url_for(".show_sign_in"), code=303)


@bp.post("/stay")
@signed_in
def stay() -> ResponseReturnValue:
    """Being asked for is all it takes: the session notes when it was last seen."""
    if by_script():
        return Response(status=204)
    return redirect(carry.form_path(), code=303)


@bp.get("/")
@signed_in
def show_account() -> ResponseReturnValue:
    kept = carry.carried(request.path)
    return _account_page(preferences=PreferencesForm(kept) if kept else None)


def _account_page(
    password: PasswordForm | None = None, preferences: PreferencesForm | None = None, status: int = 200
) -> Response:
    actor, config = current_actor(), current_app.config["PORTAL"]
    stored = PreferencesForm(
        formdata=None, timezone=actor.timezone, compact=actor.compact, keys=actor.keys, mail=actor.mail
    )
    return render_page(
        "accounts/account.html",
        desk=DESK_NAMES[actor.desk],
        roles=sorted(f"{ROLE_NAMES[g.role]}{f' ({g.scope})' if g.scope else ''}" for g in actor.grants),
        sessions=service.list_sessions(actor, idle=sessions.interface().idle),
        this_session=sessions.session_id(),
        browser_words=browser_words,
        password=password or PasswordForm(formdata=None),
        preferences=preferences or stored,
        mail_set_up=bool(config.mail_host),
        status=status,
    )


@bp.post("/password")
@signed_in
def change_password() -> ResponseReturnValue:
    form, actor = PasswordForm(), current_actor()
    if not form.validate():
        return _account_page(password=form, status=422)
    try:
        new_hash = service.hash_password(form.new_password.data or "", actor.email)
    except Invalid as error:
        form.add_errors(error.fields)
        return _account_page(password=form, status=422)
    if not _authenticated(actor.email, form.old_password.data or ""):
        form.add_errors({"old_password": "This is not your current password, or there were too many tries."})
        return _account_page(password=form, status=422)
    with transaction():
        service.change_password(actor, new_hash, session_id=sessions.session_id())
    flash("Your password is changed. Your other sessions have ended.")
    return redirect(url_for(".show_account"), code=303)


@bp.post("/preferences")
@signed_in
def save_preferences() -> ResponseReturnValue:
    form = PreferencesForm()
    if not form.validate():
        return _account_page(preferences=form, status=422)
    with transaction():
        service.set_preferences(
            current_actor(),
            timezone=form.timezone.data,
            compact=form.compact.data,
            keys=form.keys.data,
            mail=form.mail.data,
        )
    flash("Your settings are saved.")
    return redirect(url_for(".show_account"), code=303)


# --- the audit log


@bp.get("/audit")
@requires(Permission.ADMIN)
def show_audit() -> Response:
    filters, actor, now = read_audit_filters(request.args), current_actor(), utcnow()
    after_answer(lambda: service.audit(actor, "read audit log", "audit", "ok", now))
    page = page_of_audit(filters, _own_zone(), page_number(request.args.get("page")))
    return render_page(
        "accounts/audit.html",
        page=page,
        filters=filters,
        page_url=lambda number: url_for(".show_audit", **filters.given, page=number),
        csv_url=url_for(".export_audit", **filters.given),
        most=MOST_ROWS,
    )


@bp.get("/audit.csv")
@requires(Permission.ADMIN)
def export_audit() -> Response:
    """The rows as they are filtered, times in UTC."""
    filters, actor, now = read_audit_filters(request.args), current_actor(), utcnow()
    after_answer(lambda: service.audit(actor, "export audit log", "audit", "ok", now))
    names = ("id", "at", "who", "what", "object", "result", "address", "request_id", "hash")
    rows = [
        [row.at.isoformat() if name == "at" else getattr(row, name) for name in names]
        for row in list_audit(filters, _own_zone())
    ]
    return csv_response("audit.csv", names, rows)


def _own_zone() -> ZoneInfo:
    config: Config = current_app.config["PORTAL"]
    return reader_zone(config)
