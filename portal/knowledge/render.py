"""Markdown -> safe HTML, and the small readings of a section. The only place that makes Markup.

Raw HTML, attribute lists and automatic links are off; nh3 with an allow-list comes last.
Results are kept by text and options in a bounded cache that lives no longer than the process, thus this code.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from xml.etree.ElementTree import Element  # a type and a node; nothing is parsed with it

import markdown
import nh3
from markdown.extensions.toc import TocExtension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markupsafe import Markup

from portal.knowledge.article import Section
from portal.knowledge.picture import path_in

BODY_LIMIT = 64 * 1024
_DEPTH_LIMIT = 20  # the inline parser is quadratic in the brackets that stand open

_KINDS = {"admonition", "note", "tip", "important", "warning", "danger"}
_CLASSES = {
    "div": {"footnote", "heading-with-link", "usa-table-container--scrollable", *_KINDS},
    "details": _KINDS,
    "p": {"admonition-title"},
    "a": {"permalink", "flag-link", "footnote-ref", "footnote-backref"},
    "table": {"usa-table"},
    "ul": {"task-list"},
    "li": {"task-list-item"},
}
_TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "dl", "dt", "dd", "blockquote"),
    *("strong", "em", "del", "mark", "sup", "sub", "span", "a", "img", "pre", "code"),
    *("table", "thead", "tbody", "tr", "th", "td", "div", "details", "summary"),
}
_INLINE_TAGS = {"strong", "em", "code", "a", "img", "span"}
_ATTRIBUTES = {
    "a": {"href", "title", "aria-label"},
    "img": {"src", "alt", "title", "loading"},
    "ol": {"start"},
    "th": {"scope"},
    "div": {"tabindex", "role", "aria-label"},
    "details": {"open"},
    **{tag: {"id"} for tag in ("h2", "h3", "h4", "h5", "h6", "sup")},
    "li": {"id"},
}
_EXTENSIONS = (
    *("tables", "admonition", "footnotes", "def_list", "sane_lists"),
    *("pymdownx.superfences", "pymdownx.highlight", "pymdownx.tasklist", "pymdownx.details"),
    *("pymdownx.tilde", "pymdownx.mark"),
)
_BLOCKS = ("indent", "code", "hashheader", "setextheader", "hr", "olist", "ulist", "quote", "reference")
_SCHEMES = {"http", "https", "mailto", "tel"}
_BRACKET = "\ue000"  # stands for a bracket that is only a sign, until the parser is done
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f{_BRACKET}]")
_CARD_LINK = re.compile(r'(?<= )href="(/articles/(?:(?:route|code)/[^"?#/]+|([a-z0-9-]+))(?:#[^"]*)?)"')


@dataclass(frozen=True, slots=True)
class Step:
    """One item of `## Do`: what to do, and what one should see then."""

    text: Markup
    see: Markup | None


@lru_cache(maxsize=2048)
def render(text: str, *, level_shift: int = 0, id_prefix: str = "h", flag_url: str = "") -> Markup:
    """A body or a part of one. No heading is above h2; every id begins with the prefix and a hyphen.

    Two parts on one page need two prefixes. With `flag_url` each heading has a link there.
    Text that is too long or too deeply nested comes out as it is.
    """
    text = _CONTROL.sub("", text)
    try:
        if len(text.encode(errors="replace")) > BODY_LIMIT:
            return _plain(text)
        return _renderer().render(text, level_shift, id_prefix, flag_url)
    except RecursionError:
        return _plain(text)


@lru_cache(maxsize=4096)
def render_inline(text: str) -> Markup:
    """One line: bold, italics, links, pictures and code; anything else stays the characters that it is."""
    text = " ".join(_CONTROL.sub("", text).split())
    try:
        return _plain(text, "") if len(text) > BODY_LIMIT else _renderer().render_inline(text)
    except RecursionError:
        return _plain(text, "")


def render_sections(
    sections: Iterable[Section], *, level_shift: int = 0, id_prefix: str = "h", flag_url: str = ""
) -> Markup:
    """Sections with their headings as one text, so that ids are unique and footnotes stand at its end."""
    whole = "\n\n".join(f"## {section.heading}\n\n{section.markdown}" for section in sections)
    return render(whole, level_shift=level_shift, id_prefix=id_prefix, flag_url=flag_url)


def with_addresses(html: Markup, address: Callable[[str, str], str]) -> Markup:
    """Its links to articles, routes and codes with other addresses: `address` gets the path, and the id of an article."""
    return Markup(_CARD_LINK.sub(lambda at: f'href="{escape(address(at[1], at[2] or ""))}"', html))  # noqa: S704 (escaped here)


def slug(heading: str) -> str:
    """The anchor of a heading: its words in lower case with hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", to_text(heading).lower()).strip("-") or "section"


@lru_cache(maxsize=4096)
def to_text(text: str) -> str:
    """Stripped to its words, for search and for places that take no markup."""
    text = re.sub(r"^ {0,3}(```|~~~).*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"^\[[^\]\n]+\]:[ \t]*\S.*$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"\[\^[^\]\n]{1,80}\]:?", " ", text)
    text = re.sub(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)", r"\1", text)
    text = re.sub(r"^[ \t]*(?:[>#+*-]+|\d+[.)]|!!!|\?\?\?\+?|:)[ \t]+", "", text, flags=re.MULTILINE)
    text = re.sub(r"[ \t]=>[ \t]|\||\[[ xX]?\]", " ", text)
    text = re.sub(r"^[ \t:-]+$", " ", text, flags=re.MULTILINE)
    text = re.sub(r"[`*]|~~|==|(?<!\w)_{1,3}|_{1,3}(?!\w)", "", text)
    return " ".join(re.sub(r"\\([\\`*_{}\[\]()#+.!-])", r"\1", text).split())


def items(section: Section) -> list[str]:
    """The items of the section's list, each on one line of Markdown; a section without a list is one item."""
    found: list[str] = []
    in_list = False
    for line in section.markdown.splitlines():
        if marker := re.match(r"(?:[-*+]|\d{1,3}[.)])\s+(.*)", line):
            in_list = True
            found.append(marker[1].strip())
        elif in_list and line.strip():
            found[-1] += " " + line.strip()
    return found if in_list else [text] if (text := " ".join(section.markdown.split())) else []


@lru_cache(maxsize=2048)
def steps(section: Section) -> tuple[Step, ...]:
    """`Do this => what you should see`; the second half may be left out."""
    pairs = (item.partition(" => ") for item in items(section))
    return tuple(Step(render_inline(do), render_inline(see) if see else None) for do, _, see in pairs)


@lru_cache(maxsize=2048)
def bullets(section: Section) -> tuple[Markup, ...]:
    return tuple(map(render_inline, items(section)))


def _plain(text: str, tag: str = "pre") -> Markup:
    return Markup(f"<{tag}>{escape(text)}</{tag}>" if tag else escape(text))  # noqa: S704 (escaped here)


def _is_own_address(url: str) -> bool:
    return re.match(r"/(?![/\\])", url) is not None


class _Renderer:
    """One per thread: the Markdown parser keeps state between calls."""

    def __init__(self) -> None:
        self.shift, self.prefix, self.flag_url = 0, "h", ""
        toc = TocExtension(marker="", slugify=lambda words, _: f"{self.prefix}-{slug(words)}")
        self.full = self._parser(toc, *_EXTENSIONS)
        self.full.treeprocessors.register(_Finish(self), "finish", 1)
        self.line = self._parser()
        self.line.treeprocessors.register(_Finish(self), "finish", 1)
        for name in _BLOCKS:
            self.line.parser.blockprocessors.deregister(name)
        self.clean = self._cleaner(_TAGS, _ATTRIBUTES)
        self.clean_inline = self._cleaner(_INLINE_TAGS, {"a": {"href", "title"}, "img": _ATTRIBUTES["img"]})

    @staticmethod
    def _parser(*extensions: str | TocExtension) -> markdown.Markdown:
        parser = markdown.Markdown(
            extensions=list(extensions), extension_configs={"pymdownx.highlight": {"use_pygments": False}}
        )
        parser.preprocessors.deregister("html_block")
        for pattern in ("html", "autolink", "automail"):
            parser.inlinePatterns.deregister(pattern)
        parser.preprocessors.register(_Brackets(parser), "brackets", 5)  # after fenced code is out of the way
        return parser

    def _cleaner(self, tags: set[str], attributes: dict[str, set[str]]) -> nh3.Cleaner:
        return nh3.Cleaner(
            tags=tags,
            attributes=attributes,
            allowed_classes=_CLASSES,
            attribute_filter=self._attribute,
            url_schemes=_SCHEMES,
            link_rel=None,  # no link opens a window, and the Referrer-Policy speaks for the rest
        )

    def render(self, text: str, shift: int, prefix: str, flag_url: str) -> Markup:
        self.shift, self.prefix, self.flag_url = shift, prefix, flag_url
        html = self.full.reset().convert(text).replace(_BRACKET, "[")
        for box, sign in (("disabled checked/>", "\u2611"), ("disabled/>", "\u2610")):
            html = html.replace(f'<input type="checkbox" {box}', sign)
        return Markup(self.clean.clean(html))  # noqa: S704 (cleaned)

    def render_inline(self, text: str) -> Markup:
        self.prefix = "h"  # anchors of a line are those of the page
        html = self.line.reset().convert(text).replace(_BRACKET, "[")
        return Markup(self.clean_inline.clean(html))  # noqa: S704 (cleaned)

    def _attribute(self, tag: str, name: str, value: str) -> str | None:
        if name == "id":
            return value if value.startswith(f"{self.prefix}-") else f"{self.prefix}-{value}"
        if name == "src":
            return value if path_in(value) else None
        if name == "href":
            return self._href(value)
        return value

    def _href(self, url: str) -> str | None:
        """Anchors get the prefix that ids get; an address without a scheme stays on this site."""
        place, mark, anchor = url.partition("#")
        if mark and anchor and (not place or place.startswith("/articles/")):
            prefix = self.prefix if not place else "h"
            anchor = anchor if anchor.startswith(f"{prefix}-") else f"{prefix}-{anchor}"
            url = f"{place}#{anchor}"
        if place and not re.match(r"[a-z]+:", place, re.IGNORECASE) and not _is_own_address(place):
            return None
        return url


class _Brackets(Preprocessor):
    """In a paragraph with a heap of open brackets none is a link: to find out would take minutes."""

    def run(self, lines: list[str]) -> list[str]:
        done: list[str] = []
        for block in re.split(r"(\n[ \t]*\n)", "\n".join(lines)):
            done.append(block.replace("[", _BRACKET) if _too_deep(block) else block)
        return "".join(done).split("\n")


def _too_deep(block: str) -> bool:
    depth = {"[": 0, "(": 0}
    for sign in re.findall(r"[\[\]()]", block):
        opening = "[" if sign in "[]" else "("
        depth[opening] = depth[opening] + 1 if sign == opening else max(depth[opening] - 1, 0)
        if depth[opening] > _DEPTH_LIMIT:
            return True
    return False


class _Finish(Treeprocessor):
    """Levels of headings and a link beside each, tables that scroll by keyboard, pictures of our own only."""

    def __init__(self, renderer: _Renderer) -> None:
        super().__init__()
        self.renderer = renderer
        self.last_heading = ""

    def run(self, root: Element) -> None:
        self.last_heading = ""
        self._walk(root)

    def _walk(self, parent: Element) -> None:
        for place, child in enumerate(list(parent)):
            self._walk(child)
            if re.fullmatch("h[1-6]", child.tag):
                parent[place] = self._heading(child)
            elif child.tag == "table":
                parent[place] = self._table(child)
            elif child.tag == "img" and path_in(child.get("src", "")):
                child.set("loading", "lazy")
            elif child.tag == "img":
                child.tag, child.text = "span", child.get("alt", "")

    def _heading(self, heading: Element) -> Element:
        level = min(6, max(2, int(heading.tag[1]) + self.renderer.shift))
        heading.tag = f"h{level}"
        self.last_heading = "".join(heading.itertext()).strip()
        if level > 4 or "id" not in heading.attrib:
            return heading
        wrap = _wrap(heading, "heading-with-link")
        name = f"Link to this section: {self.last_heading}"
        link = Element("a", {"class": "permalink", "href": f"#{heading.get('id')}", "aria-label": name})
        link.text = "#"
        wrap.append(link)
        if self.renderer.flag_url:
            at = heading.attrib["id"].removeprefix(f"{self.renderer.prefix}-")
            said = f"Something is wrong in this section: {self.last_heading}"
            url = f"{self.renderer.flag_url}?at={at}"
            flag = Element("a", {"class": "flag-link", "href": url, "aria-label": said})
            flag.text = "⚑"
            wrap.append(flag)
        return wrap

    def _table(self, table: Element) -> Element:
        table.set("class", "usa-table")
        for cell in table.iter("th"):
            cell.set("scope", "col")
        wrap = _wrap(table, "usa-table-container--scrollable")
        label = f"Table: {self.last_heading}" if self.last_heading else "Table"
        wrap.attrib.update({"tabindex": "0", "role": "region", "aria-label": label})
        return wrap


def _wrap(element: Element, css_class: str) -> Element:
    wrap = Element("div", {"class": css_class})
    wrap.tail, element.tail = element.tail, None
    wrap.append(element)
    return wrap


_of_thread = threading.local()


def _renderer() -> _Renderer:
    found: _Renderer | None = getattr(_of_thread, "renderer", None)
    if found is None:
        found = _of_thread.renderer = _Renderer()
    return found
