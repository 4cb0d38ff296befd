from __future__ import annotations

import re
import time
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from portal.knowledge.article import Section
from portal.knowledge.render import (
    _renderer,
    bullets,
    items,
    render,
    render_inline,
    render_sections,
    slug,
    steps,
    to_text,
)


def section(markdown: str, heading: str = "Do") -> Section:
    return Section(slug(heading), heading, markdown, 1)


class Seen(HTMLParser):
    """Tags and attributes as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


ALLOWED_ATTRIBUTES = {
    *(
        "href",
        "title",
        "src",
        "alt",
        "start",
        "scope",
        "tabindex",
        "role",
        "aria-label",
        "open",
        "id",
        "class",
    ),
}


def assert_safe(html: str) -> None:
    for tag, attributes in Seen(html).tags:
        assert tag not in {
            "script",
            "style",
            "iframe",
            "form",
            "input",
            "button",
            "svg",
            "base",
            "link",
            "meta",
            "h1",
        }
        assert set(attributes) <= ALLOWED_ATTRIBUTES
        assert re.match(r"h-", attributes.get("id") or "h-")
        assert re.match(r"#h-|/(?![/\\])|(https?|mailto|tel):", attributes.get("href") or "/x", re.IGNORECASE)
        assert re.match(r"/(?![/\\])", attributes.get("src") or "/x")


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](\\\\evil.example)",
    "[x](/x\" onclick=\"alert(1))",
    '[x](/x "t\\" onmouseover=alert(1)")',
    "[x]: javascript:alert(1)\n\n[x]",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](//evil.example/pixel.png)",
    '![x" onerror="alert(1)](/x.png)',
    "<javascript:alert(1)>",
    "<https://evil.example>",
    "# Title {#evil onclick=alert(1)}",
    "text\n{: #evil .evil onclick=alert(1) }",
    "```{.x #evil onclick=alert(1) data-x=1}\n<script>alert(1)</script>\n```",
    "``` html hl_lines='1' title='\"><script>'\nx\n```",
    "!!! note evil \"<script>alert(1)</script>\"\n    x",
    '??? "<img src=x onerror=alert(1)>"\n    x',
    "| <script> | b |\n|---|---|\n| <img onerror=x> | [y](javascript:x) |",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "[^\"><script>]\n\n[^\"><script>]: x",
    "term\n: <style>*{display:none}</style>",
    "<div hx-get='/admin' hx-trigger='load'>x</div>",
    "<div data-hx-get='/admin'>x</div>",
    "<p style='position:fixed'>x</p>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x02wzxhzdk:0\x03<script>alert(1)</script>",
    "\x02klzzwxh:0001\x03",
    "- [x] <input autofocus onfocus=alert(1)>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "==<mark onclick=x>== ~~<del onclick=x>~~",
    "[TOC]",
    "\ue000x](javascript:alert(1))",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_out_harmless(text: str) -> None:
    assert_safe(render(text))
    assert_safe(render_inline(text))


MARKS = st.lists(
    st.sampled_from(
        [
            *(
                "[",
                "]",
                "(",
                ")",
                "!",
                "*",
                "_",
                "`",
                "```",
                "~~",
                "==",
                "<",
                ">",
                "&",
                "#",
                "|",
                "-",
                "\n",
                "\n\n",
                "    ",
            ),
            *(
                "javascript:",
                "onerror=",
                "<script>",
                "</p>",
                "{#id}",
                "[^1]",
                "[^1]: ",
                "!!! note",
                '??? "x"',
                "1. ",
                "- [x] ",
            ),
            *(
                "/articles/x",
                "https://x.example",
                '"',
                "'",
                "\\",
                "\x02",
                "\x03",
                "a",
                "é",
                " => ",
                "::",
                "---",
            ),
        ]
    ),
    max_size=60,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(st.one_of(MARKS, st.text(max_size=120)))
def test_any_text_comes_out_harmless(text: str) -> None:
    assert_safe(render(text))
    assert_safe(render_inline(text))
    assert "<" not in Markup(render_inline(text)).striptags() or "&lt;" in render_inline(text)
    to_text(text)
    steps(section(text))


@settings(max_examples=100, deadline=None)
@given(st.one_of(MARKS, st.sampled_from(HOSTILE)))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = str(render(text))
    assert _renderer().clean.clean(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "[" * 65_000,
        "[a](" * 16_000,
        "![" * 32_000,
        "[^a" * 20_000,
        "[\n" * 30_000,
        "**a_" * 4_000,
        "[]" * 8_000,
        "*" * 16_000,
        "> " * 4_000,
        "".join("  " * depth + "- a\n" for depth in range(60)),
    ],
)
def test_nests_of_marks_do_not_take_the_server_down(text: str) -> None:
    started = time.process_time()
    render(text)
    assert time.process_time() - started < 2  # without the guard on brackets it takes minutes


def test_a_heap_of_brackets_stays_the_text_that_it_is() -> None:
    assert render("[" * 30 + "x") == "<p>" + "[" * 30 + "x</p>"


def test_text_over_the_limit_comes_out_plain() -> None:
    assert render("<b>" + "x" * 70_000).startswith("<pre>&lt;b&gt;xxx")


def test_headings_begin_at_h2_and_have_a_link_beside_them() -> None:
    assert render("# One\n## Two *words*") == (
        '<div class="heading-with-link"><h2 id="h-one">One</h2>'
        '<a aria-label="Link to this section: One" class="permalink" href="#h-one">#</a></div>\n'
        '<div class="heading-with-link"><h2 id="h-two-words">Two <em>words</em></h2>'
        '<a aria-label="Link to this section: Two words" class="permalink" href="#h-two-words">#</a></div>'
    )


def test_headings_can_be_moved_down_and_ids_kept_apart() -> None:
    assert '<h3 id="card-two">' in render("## Two", level_shift=1, id_prefix="card")


def test_headings_of_one_name_get_different_ids() -> None:
    assert re.findall('id="([^"]+)"', render("## A\n## A")) == ["h-a", "h-a_1"]


def test_links_to_sections_get_the_prefix_of_their_ids() -> None:
    html = render("[a](#more) [b](/articles/x#do) [c](https://x.example/#do) [d](#h-more)")
    assert re.findall('href="([^"]+)"', html) == [
        "#h-more",
        "/articles/x#h-do",
        "https://x.example/#do",
        "#h-more",
    ]


def test_a_table_scrolls_by_keyboard() -> None:
    html = render("## Codes\n\n| a | b |\n|---|--:|\n| 1 | 2 |")
    wrap = (
        '<div aria-label="Table: Codes" class="usa-table-container--scrollable" role="region" tabindex="0">'
    )
    assert wrap + '<table class="usa-table">' in html
    assert '<th scope="col">b</th>' in html


def test_notes_details_tasks_footnotes_and_marks_work() -> None:
    assert '<div class="admonition warning">' in render("!!! warning\n    Hot")
    assert "<details><summary>More</summary>" in render('??? "More"\n    Text').replace("\n", "")
    assert "☑ done" in render("- [x] done")
    assert "☐ open" in render("- [ ] open")
    assert '<li id="h-fn:1">' in render("a[^1]\n\n[^1]: b")
    assert render("~~a~~ ==b==") == "<p><del>a</del> <mark>b</mark></p>"
    assert render("```python\nif a < b:\n```") == "<pre><code>if a &lt; b:</code></pre>"


def test_pictures_come_from_our_own_site_only() -> None:
    shown = '<img alt="a plan" loading="lazy" src="/articles/images/0123456789abcdef.webp">'
    own = "![a plan](/articles/images/0123456789abcdef.webp)"
    assert render(own) == f"<p>{shown}</p>"
    assert render_inline(f"Look: {own}") == f"Look: {shown}"
    for other in (
        *("https://x.example/0123456789abcdef.webp", "//x.example/articles/images/0123456789abcdef.webp"),
        *("/static/plan.png", "/articles/images/../../plan.png", "/articles/images/0123456789abcdef.svg"),
        *(
            "/articles/images/0123456789abcdef.webp?x",
            "images/0123456789abcdef.webp",
            "data:image/png;base64,AA",
        ),
    ):
        assert render(f"![a plan]({other})") == "<p><span>a plan</span></p>", other
        assert render_inline(f"![a plan]({other})") == "<span>a plan</span>", other


def test_a_line_has_bold_links_and_code_and_no_blocks() -> None:
    line = render_inline("1. **b** `a<b` [x](/articles/a)\n# no heading ![p](/x.png)")
    assert (
        line.strip()
        == '1. <strong>b</strong> <code>a&lt;b</code> <a href="/articles/a">x</a> # no heading <span>p</span>'
    )


def test_sections_are_rendered_as_one_text() -> None:
    html = render_sections([section("### A", "One"), section("### A", "Two")])
    assert re.findall('id="([^"]+)"', html) == ["h-one", "h-a", "h-two", "h-a_1"]


def test_steps_have_what_to_do_and_what_to_see() -> None:
    found = steps(section("1. Copy **it** => nothing\n   gets lost\n2. Sign in\n"))
    assert [(step.text, step.see) for step in found] == [
        ("Copy <strong>it</strong>", "nothing gets lost"),
        ("Sign in", None),
    ]


def test_a_list_gives_its_items_and_a_line_gives_itself() -> None:
    assert items(section("- one\n  more\n* two\n")) == ["one more", "two"]
    assert bullets(section("The error\nis back.")) == ("The error is back.",)
    assert bullets(section("")) == ()


def test_text_for_search_is_words_only() -> None:
    text = "## Do *it*.\n1. Copy => see [the rules](/articles/x)[^1]\n\n| `SM98` | ~~a~~ |\n|---|:--|\n"
    assert to_text(text) == "Do it. Copy see the rules SM98 a"
    assert to_text("```\na_b\n```\n- [x] __done__") == "a_b done"


def test_slugs_are_words_with_hyphens() -> None:
    assert slug("Stop and escalate if…") == "stop-and-escalate-if"
    assert slug("???") == "section"


def test_the_sanitiser_is_the_last_step() -> None:
    assert isinstance(_renderer().clean, nh3.Cleaner)
    assert isinstance(render("x"), Markup)
