from portal.intake.guard import held_texts, mark_of


def test_a_social_security_number_holds_the_text_and_offers_it_masked() -> None:
    held = held_texts({"text": "His number is 123-45-6789 and it fails"}, ())["text"]
    assert held.certain
    assert held.masked == "His number is [number] and it fails"
    assert held.messages == (
        '"123-4…" looks like a Social Security number: take it out, or use the masked text.',
    )
    assert held.places == ("ssn@14-25",)


def test_a_possible_name_warns_once() -> None:
    texts = {"text": "Mrs. Smith cannot send"}
    held = held_texts(texts, ())["text"]
    assert not held.certain
    assert held_texts(texts, (), [held.mark]) == {}


def test_a_number_is_never_passed_by_a_mark() -> None:
    text = "His number is 123-45-6789"
    assert "text" in held_texts({"text": text}, (), [mark_of(text)])


def test_published_numbers_pass() -> None:
    assert held_texts({"text": "Call 877-327-0022"}, ["877-327-0022"]) == {}
