"""What an agent does with a call, from the first words to its end. Every function runs in the caller's transaction.

A page sent twice changes nothing the second time; one that another window changed meanwhile raises ChangedElsewhere.
Matching and the guard of typed texts come before the transaction, so their results are handed in."""

from portal.intake.my_calls import (
    CallRow,
    find_handed_over,
    list_handed_over,
    list_today,
    list_unfinished,
    open_count,
)
from portal.intake.service.call import (
    CallInput,
    add_caller,
    answer_with_match,
    refuse_issues,
    save_call,
    start_from_article,
    start_from_decision,
)
from portal.intake.service.ends import (
    add_number,
    another_problem,
    answer_article,
    end_with_decision,
    record_decision,
    redirect,
    report_issue,
)
from portal.intake.service.file import (
    UrgentInput,
    add_facts,
    edit_check,
    file,
    file_critical,
    file_private,
    likely_refused,
    new_matches,
    save_facts,
)
from portal.intake.service.keep import abandon_old, autosave, note_guard, note_opened
from portal.intake.service.outcome import (
    decide_otherwise,
    file_for_triage,
    hand_to_tier2,
    runbook_result,
    save_answers,
    say_of,
    sent_elsewhere,
)
from portal.intake.service.row import At, ChangedElsewhere, Difference, NotThere, find_by_key, get, read
from portal.intake.store import IntakeNotFound

__all__ = [
    "At",
    "CallInput",
    "CallRow",
    "ChangedElsewhere",
    "Difference",
    "IntakeNotFound",
    "NotThere",
    "UrgentInput",
    "abandon_old",
    "add_caller",
    "add_facts",
    "add_number",
    "another_problem",
    "answer_article",
    "answer_with_match",
    "autosave",
    "decide_otherwise",
    "edit_check",
    "end_with_decision",
    "file",
    "file_critical",
    "file_for_triage",
    "file_private",
    "find_by_key",
    "find_handed_over",
    "get",
    "hand_to_tier2",
    "likely_refused",
    "list_handed_over",
    "list_today",
    "list_unfinished",
    "new_matches",
    "note_guard",
    "note_opened",
    "open_count",
    "read",
    "record_decision",
    "redirect",
    "refuse_issues",
    "report_issue",
    "runbook_result",
    "save_answers",
    "save_call",
    "save_facts",
    "say_of",
    "sent_elsewhere",
    "start_from_article",
    "start_from_decision",
]
