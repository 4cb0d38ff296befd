from portal.intake import notes

FILED = notes.Filed(
    number="T3-2026-000123",
    tool="Secure Messaging",
    severity="Medium",
    because="A fault that is still there in a new session needs a look at the system.",
    criteria="sm-when-to-escalate",
    revision="7c9e1b2a55",
    text="Reply to the care team fails every time",
    alert="We're sorry. Something went wrong on our end.",
    code="SM98",
    where="web, Spokane (668)",
    when="Nov 21, 2026, 10:42 EST",
    tried="Send or load error in messaging: steps 1, 2, 3.",
    not_this=("Messages not available (SM900 to SM903)",),
    not_known=("Which browser?", "Which device?"),
    told="I have passed this to the messaging team.",
)


def test_note_of_a_filed_ticket() -> None:
    assert notes.filed(FILED) == (
        "Escalated to MHV Tier 3: T3-2026-000123, Secure Messaging, severity Medium.\n"
        "Reason: A fault that is still there in a new session needs a look at the system\n"
        "(sm-when-to-escalate, rev 7c9e1b2).\n"
        "Happens: Reply to the care team fails every time. Alert: \"We're sorry. Something\n"
        'went wrong on our end." Code: SM98. Where: web, Spokane (668). When: Nov 21,\n'
        "2026, 10:42 EST.\n"
        "Tried: Send or load error in messaging: steps 1, 2, 3. Known issues checked, not\n"
        "this: Messages not available (SM900 to SM903).\n"
        "Not known: Which browser, Which device.\n"
        "Caller was told: I have passed this to the messaging team."
    )


def test_what_is_empty_is_left_out() -> None:
    bare = notes.Filed(
        number="T3-2026-000124", tool="Medications", severity="High", because="Several callers."
    )
    assert notes.filed(bare) == (
        "Escalated to MHV Tier 3: T3-2026-000124, Medications, severity High.\nReason: Several callers."
    )


def test_a_critical_note_says_so_first() -> None:
    urgent = notes.Filed(
        number="T3-2026-000125",
        tool="Medications",
        severity="Critical",
        because="Care is at risk.",
        critical=True,
    )
    assert notes.filed(urgent).startswith(
        "CRITICAL, patient safety.\nEscalated to MHV Tier 3: T3-2026-000125"
    )


def test_service_now_has_the_incident_first_and_its_own_severity() -> None:
    text = notes.service_now(notes.filed(FILED), "INC0123456", "High").split("\n")
    assert text[0] == "INC0123456"
    assert text[-2:] == ["SNOW severity: High", "Caller was told: I have passed this to the messaging team."]


def test_note_of_a_report() -> None:
    text = notes.reported(
        "Messages not available", "sm-messages-not-available", "workaround available", "R-000456",
        "Sign out and in once", "Messages are not working for some people.",
    )  # fmt: skip
    assert text == (
        'Known issue "Messages not available" (sm-messages-not-available), workaround\navailable.\n'
        "Caller added as report R-000456.\n"
        "Workaround given: Sign out and in once.\n"
        "Caller was told: Messages are not working for some people."
    )


def test_note_of_an_answer() -> None:
    assert notes.answered(
        "Attachment refused",
        "Result: caller will try later",
        "Please try a PDF.",
        steps=["Send the text without the file …", "Compare the ending"],
        words="my picture wont attach",
    ) == (
        "Caller says: my picture wont attach.\n"
        'Answered with "Attachment refused".\n'
        "Steps done: Send the text without the file …; Compare the ending.\n"
        "Result: caller will try later.\n"
        "Caller was told: Please try a PDF."
    )


def test_note_of_what_was_explained_names_whom_to_contact() -> None:
    assert notes.answered(
        "Prescription status", "Explained to the caller", "Parked is on hold.", contact="VA pharmacy"
    ) == (
        'Answered with "Prescription status".\n'
        "Explained to the caller. Caller was told to contact VA pharmacy.\n"
        "Caller was told: Parked is on hold."
    )


def test_what_stands_in_quotes_ends_with_a_full_stop_too() -> None:
    assert notes.sentence('"SM99 Something went wrong"') == '"SM99 Something went wrong".'
    assert notes.sentence('"Did it work?"') == '"Did it work?"'
    assert notes.sentence("") == ""


def test_note_of_a_call_that_goes_elsewhere() -> None:
    assert notes.elsewhere(
        "Appointments have a team of their own", "production support", "", "I am passing this on."
    ) == (
        "Not MHV Tier 3: Appointments have a team of their own.\n"
        "Sent to production support.\n"
        "Caller was told: I am passing this on."
    )


def test_note_of_a_hand_over() -> None:
    note = notes.handed_over(
        "I-000789",
        happens=[("Happens", "Reply is not sent"), ("Code", ""), ("Where", "VA.gov on a computer")],
        answers=[("What does the screen show?", "Not sure")],
        not_this=["Messages not available"],
        questions=["Does it fail again after signing out and in?"],
        told="A colleague will go on with this.",
    )
    assert note.split("\n") == [
        "To Tier 2: intake I-000789, known issues checked.",
        "Happens: Reply is not sent. Where: VA.gov on a computer.",
        "Known issues checked, not this: Messages not available.",
        "Answers: What does the screen show: Not sure.",
        "Open questions: Does it fail again after signing out and in?",
        "Caller was told: A colleague will go on with this.",
    ]


def test_a_privacy_note_holds_no_details() -> None:
    assert (
        notes.privacy("T3-2026-000126")
        == "Security/privacy report T3-2026-000126; no details here by design."
    )


def test_no_line_is_longer_than_80_columns() -> None:
    long = notes.Filed(
        **{name: getattr(FILED, name) for name in FILED.__slots__ if name != "text"}, text="word " * 180
    )
    assert max(map(len, notes.filed(long).split("\n"))) <= 80
