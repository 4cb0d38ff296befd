"""A loaded page and what holds for every page: one h1 that opens the title, unique ids, labels, actions,
tokens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

UNLABELLED = {"hidden", "submit", "button", "image", "reset"}


@dataclass
class Form:
    """`fields`: input values by name, without boxes to tick; `typed`: all that is sent as it stands, in order."""

    action: str | None
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    typed: list[tuple[str, str]] = field(default_factory=list)

    def sent(self) -> dict[str, str | list[str]]:
        """What a browser would send if nobody touched the form: by name, a list where a name stands several times."""
        names = dict.fromkeys(name for name, _ in self.typed)
        values = {name: [value for one, value in self.typed if one == name] for name in names}
        return {name: many[0] if len(many) == 1 else many for name, many in values.items()}


class Page(HTMLParser):
    """`status`, `text` (the HTML), `title`, `headings`, `forms`, `ids`, `words` (what a reader sees, spaces
    collapsed).
    """

    def __init__(self, html: str, status: int) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.status = html, status
        self.title, self.ids, self.forms = "", [], []
        self.headings: list[str] = []
        self._labelled: set[str] = set()
        self._inputs: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._area: list[str] | None = None
        self._select = ""
        self._seen: list[str] = []
        self._label_depth = 0
        self.feed(html)
        self.words = " ".join(" ".join(self._seen).split())

    @property
    def whole(self) -> bool:
        return "<html" in self.text[:200]

    @property
    def token(self) -> str:
        return next((f.fields["csrf_token"] for f in self.forms if f.fields.get("csrf_token")), "")

    def form(self, action: str) -> Form:
        return next(f for f in self.forms if f.action == action)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if "id" in has:
            self.ids.append(has["id"])
        if tag in ("h1", "title", "script", "style", "template"):
            self._open.append(tag)
        if tag == "h1":
            self.headings.append("")
        elif tag == "form":
            self.forms.append(Form(has.get("action"), has.get("method", "get").lower()))
        elif tag == "label":
            self._labelled.add(has.get("for", ""))
            self._label_depth += 1
        elif tag in ("input", "select", "textarea"):
            self._note_input(tag, has)
        elif tag == "option" and self._select:
            typed = self.forms[-1].typed
            if not typed or typed[-1][0] != self._select:
                typed.append((self._select, has.get("value", "")))
            elif "selected" in has:
                typed[-1] = (self._select, has.get("value", ""))

    def _note_input(self, tag: str, has: dict[str, str]) -> None:
        if self.forms and "name" in has and has.get("type") not in ("checkbox", "radio"):
            self.forms[-1].fields[has["name"]] = has.get("value", "")
        if self.forms and has.get("name"):
            self._note_typed(tag, has)
        named = self._label_depth or "aria-label" in has or "aria-labelledby" in has
        if not named and has.get("type", "text") not in UNLABELLED:
            self._inputs.append((has.get("id", ""), has.get("name", tag)))

    def _note_typed(self, tag: str, has: dict[str, str]) -> None:
        typed, kind = self.forms[-1].typed, has.get("type", "text")
        if tag == "textarea":
            typed.append((has["name"], ""))
            self._area = []
        elif tag == "select":
            self._select = has["name"]
        elif kind not in ("submit", "button", "image", "reset", "file") and (
            kind not in ("checkbox", "radio") or "checked" in has
        ):
            typed.append((has["name"], has.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            name, text = self.forms[-1].typed[-1][0], "".join(self._area)
            self.forms[-1].typed[-1] = (name, text.removeprefix("\n"))
            self._area = None
        elif tag == "select":
            self._select = ""
        if self._open and self._open[-1] == tag:
            self._open.pop()
        if tag == "label":
            self._label_depth -= 1

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.append(data)
        where = self._open[-1] if self._open else ""
        if where == "title":
            self.title += data
        elif where not in ("script", "style", "template"):
            self._seen.append(data)
            if where == "h1":
                self.headings[-1] += data

    def check(self) -> None:
        doubled = sorted({one for one in self.ids if self.ids.count(one) > 1})
        assert not doubled, f"ids used twice: {doubled}"
        for form in self.forms:
            assert form.action, f"a form without action, fields {sorted(form.fields)}"
            assert form.method == "get" or form.fields.get("csrf_token"), (
                f"no token in the form to {form.action}"
            )
        unlabelled = [name for id, name in self._inputs if id not in self._labelled]
        assert not unlabelled, f"inputs without a label: {unlabelled}"
        if self.whole:
            assert len(self.headings) == 1, f"h1: {self.headings}"
            heading, title = (" ".join(t.split()) for t in (self.headings[0], self.title))
            assert heading, "an empty h1"
            assert title.startswith(heading), f"the title '{title}' does not begin with '{heading}'"
