"""A knowledge base that is small and without a problem, as files; tests change one thing in it."""

from __future__ import annotations

RUNBOOK = """---
id: sm-send-error
type: runbook
title: A message cannot be sent
tool: secure-messaging
sub_areas: [send]
owner: messaging
review_by: 2027-02-18
summary: Copy the text, sign in again, try once more.
aliases: [send error]
error_codes: [SM98]
sources: [exceptions.en.yml]
---
## Use when
Sending fails with an error.

## Ask
- Which words are on the screen?

## Do
1. Copy the text => nothing gets **lost**
2. Sign in again

## Say
I'm sorry this isn't working. Let me note what you see.

## Stop and escalate if
- the same error is back

## More about it
See [the rules](/articles/sm-rules), [SM98](/articles/code/sm98) and [who](/articles/route/coordinator).
"""

KNOWN_ISSUE = """---
id: sm-down
type: known-issue
title: Messages are down
tool: secure-messaging
owner: messaging
review_by: 2027-02-10
summary: Nobody can send.
symptoms: [cannot send]
status: workaround_available
workaround: [Try again in an hour.]
caller_text: "Messages are not working right now. We know about it."
not_this: Not this if only one facility is affected.
sources: [monitoring]
since: 2026-11-20
---
## What is known
Read [the runbook](/articles/sm-send-error#do) first, or see [below](#look-alikes).

## Look-alikes
None.
"""

RULES = """---
id: sm-rules
type: criteria
title: When messaging goes to Tier 3
tool: secure-messaging
owner: messaging
review_by: 2027-03-01
summary: Blocked goes to the coordinator, the rest to us.
sources: [criteria]
say: I have passed this on. We will call you back.
inputs:
  - id: shows
    ask: What does the screen show?
    choices: {blocked: Blocked, error: An error}
    codes: {error: [SM98]}
  - id: followed
    ask: Was the runbook followed?
    choices: {yes: "Yes", no: "No"}
rules:
  - id: blocked-list
    when: {shows: blocked}
    then: {outcome: redirect, route: coordinator, because: The facility keeps the list.}
  - id: try-first
    when: {followed: no}
    then: {outcome: resolve, runbook: sm-send-error, because: Most clear on a second try.}
  - id: single
    then: {outcome: escalate, severity: medium, collect: [alert_words], because: It came back.}
examples:
  - name: greyed out
    given: {shows: blocked, followed: no}
    expect: {outcome: redirect, route: coordinator}
  - name: first time
    given: {shows: error, followed: no}
    expect: {outcome: resolve}
  - name: again
    given: {shows: error, followed: yes}
    expect: {outcome: escalate, severity: medium}
---
Who keeps the list decides.

## Goes to Tier 3 if
- the error came back

## You solve it if
- it is the first time: [send error](/articles/sm-send-error)

## Elsewhere if
- blocked: [coordinator](/articles/route/coordinator)
"""

RELEASE = """---
id: sm-new-page
type: release
title: A new page to start a message
tool: secure-messaging
owner: messaging
review_by: 2027-02-03
summary: Nothing is broken.
toggle: a_switch
rollout: In stages.
starts: 2026-11-01
will_hear: [the page looks new]
caller_text: The page is changing, and not everyone sees it yet.
sources: [plan]
---
## Who sees it
Some.

## Looks like
New.

## Normal
- a page more

## Not normal
- an empty list
"""

REFERENCE = """---
id: help-lines
type: reference
title: Help lines
owner: tier3
review_by: 2027-10-31
summary: Numbers and hours.
sources: [published]
---
## Answer
Call the help desk.

## All lines

| Line | Number |
|---|---|
| Help desk | 877-327-0022 |
"""

CATALOGUE = """teams:
  - {id: messaging, name: Messaging, phrase: the messaging team, queue: Messaging, labels: [SM], board: SM}
  - {id: tier3, name: Tier 3, phrase: MHV Tier 3, queue: Tier 3, auto_route: never}
tools:
  - id: secure-messaging
    name: Secure Messaging
    short: SM
    title_stem: SM
    team: messaging
    in_scope: true
    label: SM
    platforms: [web, ios]
    audiences: [veteran, staff]
    minimum_facts: [alert_words]
    words: [message]
    sub_areas: [{id: send, name: Sending, words: [send]}, {id: read, name: Reading}]
  - {id: supplies, name: Supplies, short: Supplies, title_stem: S, team: tier3, in_scope: false, route: coordinator}
routes:
  - id: coordinator
    name: MHV coordinator
    what: Care team lists
    how: Phone
    phone: 800-555-0100
    hours: [{days: [mon, tue], opens: "08:00", closes: "20:00", zone: America/New_York}]
    hours_text: Monday and Tuesday
    hand_over: phone
    say: Please call the coordinator at 800-555-0100.
    tools: [secure-messaging]
  - {id: login, name: Login, what: Accounts, how: Phone, hours: always, hours_text: Any time, hand_over: phone,
     say: Please call them.}
facts:
  - {id: alert_words, label: Words, type: text, public: true, error: Enter the words}
synonyms:
  - [rx, prescription]
severity:
  hours: clock
  targets:
    critical: {response_hours: 1, resolution_hours: 24}
    high: {response_hours: 4, resolution_hours: 48}
    medium: {response_hours: 8, resolution_hours: 120}
    low: {response_hours: 24, resolution_hours: 240}
numbers:
  - {id: incident, system: snow, label: Incident, pattern: 'INC\\d{7,}', example: INC0123456, accepted: true, advice: A number.}
help_lines:
  - {name: Help desk, number: 877-327-0022, hours_text: Weekdays, use: All}
maintenance:
  - {id: sunday, name: Weekly, tool: supplies, day: sun, opens: "00:00", closes: "08:00", zone: America/Denver,
     say: It is closed now.}
critical: {call: 877-327-0022, after_minutes: 15}
queues: {tier3: MHV Tier 3, tier2: Tier II}
"""

FACILITIES = """facilities:
  - {station: 668, name: Spokane, zone: America/Los_Angeles, ehr: oracle_health}
  - {station: 515, name: Battle Creek, zone: America/Detroit, window: {cutover: 2026-04-11, note: Spring}}
"""

CODES = """codes:
  - code: SM98
    http: 400
    meaning: Sending failed
    seen_as: Not sent
    tool: secure-messaging
    next_step: Help desk tries once more.
    goes_to: tier3
    article: sm-send-error
    confirmed: false
    aliases: [SM-098]
"""

FILES = {
    "runbook/sm-send-error.md": RUNBOOK,
    "known-issue/sm-down.md": KNOWN_ISSUE,
    "criteria/sm-rules.md": RULES,
    "release/sm-new-page.md": RELEASE,
    "reference/help-lines.md": REFERENCE,
    "catalogue.yml": CATALOGUE,
    "facilities.yml": FACILITIES,
    "error_codes.yml": CODES,
}


def files(**changes: str | bytes) -> dict[str, tuple[str, bytes]]:
    """path -> (blob id, bytes); `changes` by path."""
    whole: dict[str, str | bytes] = {**FILES, **changes}
    found = {path: text.encode() if isinstance(text, str) else text for path, text in whole.items()}
    return {path: (f"blob-{hash(data)}", data) for path, data in found.items()}
