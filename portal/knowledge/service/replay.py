"""What past decisions would have become under rules that are not published yet."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.errors import PortalError
from portal.criteria.replay import Change, what_if
from portal.criteria.table import DecisionTable
from portal.knowledge import store
from portal.knowledge.parse import parse_article
from portal.knowledge.service.base import KnowledgeBase
from portal.knowledge.service.writing import Work

PERIODS = (7, 30, 90, 365)
USUAL_PERIOD = 90


@dataclass(frozen=True, slots=True)
class Replay:
    """`decisions` were made in the last `days`; `changes` are those that the new rules would decide otherwise."""

    days: int
    decisions: int
    changes: tuple[Change, ...]
    old: DecisionTable
    new: DecisionTable

    @property
    def otherwise(self) -> int:
        return sum(one.size for one in self.changes if not one.ends_alike)


def replay_decisions(base: KnowledgeBase, work: Work, *, days: int, now: datetime) -> Replay | None:
    """Today's rules against those that publishing this text would make; None without two tables to compare.

    Criteria that always apply are asked about every case, so the decisions of all tables count for them.
    """
    served = base.snapshot().articles.get(work.article_id)
    data = work.text.encode()
    with suppress(
        PortalError
    ):  # a clash, or nothing that could be published: what was written is all there is
        data = base.content.merged(work.path, data, base=work.base_revision)[1]
    article = parse_article(work.path, data, "")[0]
    if served is None or served.table is None or article is None or article.table is None:
        return None
    always = served.table.applies_always or article.table.applies_always
    cases = store.list_cases(None if always else work.article_id, now - timedelta(days=days))
    return Replay(
        days, len(cases), tuple(what_if(served.table, article.table, cases)), served.table, article.table
    )
