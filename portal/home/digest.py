"""A person's unread notices as a mail: numbers, tools and links. Not a word of a ticket. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from portal.knowledge.snapshot import Snapshot
from portal.tickets.notice import Told
from portal.web.filters import count_words


def subject(notices: Sequence[Told]) -> str:
    return f"MHV Tier 3 portal: {count_words(len(notices), 'notice')}"


def body(notices: Sequence[Told], snapshot: Snapshot, url: Callable[..., str]) -> str:
    """`url(endpoint, **values)`: an absolute address."""

    def line(one: Told) -> str:
        if one.place:
            return f"- {one.what}: {one.words}  {url(one.place)}"
        if one.what in snapshot.articles:
            return f"- {one.what}: {one.words}  {url('knowledge.show_article', article_id=one.what)}"
        tool = snapshot.catalogue.tools.get(one.tool)
        name = f"{one.what}, {tool.name}" if tool else one.what
        return f"- {name}: {one.words}  {url('tickets.show_ticket', number=one.what)}"

    return "\n".join(
        [
            "What you have not looked at yet:",
            "",
            *(line(one) for one in notices),
            "",
            f"All notices: {url('home.show_notices')}",
            f"You get this at most once a day. Switch it off under My account: {url('accounts.show_account')}",
            "",
        ]
    )
