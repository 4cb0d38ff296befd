from __future__ import annotations

import pytest

from portal.knowledge.reading import grade, syllables, too_hard

# As CMUdict and Merriam-Webster divide them.
DICTIONARY = """
a 1 able 2 account 2 again 2 allergy 3 already 3 anyone 3 appointment 3 area 3 attachment 3 available 4 being 2
beyond 2 boxes 2 browser 2 business 2 care 1 careful 2 caregiver 3 carried 2 changed 1 changes 2 client 2 clinic 2
clothes 1 code 1 computer 3 coordinator 5 create 2 creature 2 date 1 deleted 3 diagnosis 4 didn't 2 different 3
doctor 2 doesn't 2 don't 1 earlier 3 eligibility 6 emergency 4 employee 3 enrollment 3 everyone 3 example 3
experience 4 eye 1 facility 4 files 1 fixed 1 going 2 health 1 idea 3 identity 4 image 2 immediately 5 individual 5
information 4 initial 3 language 2 later 2 locked 1 management 3 medical 3 medicine 3 medication 4 medium 3
message 2 messages 3 million 2 missing 2 names 1 needed 2 number 2 opinion 3 organism 4 password 2 patient 2
people 2 period 3 pharmacy 3 phone 1 pictures 2 please 1 prescription 3 previous 3 privacy 3 problem 2 processed 2
provider 3 question 2 radiology 5 react 2 reading 2 real 1 record 2 refill 2 region 2 release 2 renewal 3 report 2
review 2 safely 2 safety 2 science 2 screen 1 secure 2 security 4 see 1 serious 3 service 2 situation 4 social 2
society 4 someone 2 something 2 sometimes 2 special 2 statement 2 station 2 status 2 surgeon 2 system 2 table 2
tablet 2 the 1 their 1 therefore 2 times 1 tomorrow 3 tried 1 trying 2 unavailable 5 usual 3 vaccine 2 verified 3
version 2 veteran 3 video 3 view 1 visit 2 voluntary 4 wasn't 2 website 2 while 1 without 2 worried 2 written 2
you're 1
""".split()  # noqa: SIM905 (a table is easier to read)
PAIRS = [(word, int(count)) for word, count in zip(DICTIONARY[::2], DICTIONARY[1::2], strict=True)]


def test_syllables_are_those_of_the_dictionary() -> None:
    wrong = [(word, count, syllables(word)) for word, count in PAIRS if syllables(word) != count]
    assert len(wrong) <= len(PAIRS) // 20, wrong


@pytest.mark.parametrize(
    ("word", "count"),
    [("VA", 2), ("VA.gov", 3), ("Login.gov", 3), ("911", 1), ("877-327-0022", 1), ("ID", 2), ("idea’s", 3)],
)
def test_letters_are_spelled_and_numbers_are_one(word: str, count: int) -> None:
    assert syllables(word) == count


@pytest.mark.parametrize(
    ("text", "words", "spoken"),
    [
        # Both sentences and their counts are printed with the test: reading ease 116 and 69.
        ("The cat sat on the mat.", 6, 6),
        ("This sentence, taken as a reading passage unto itself, is being used to prove a point.", 16, 23),
    ],
)
def test_a_grade_is_that_of_the_published_formula(text: str, words: int, spoken: int) -> None:
    assert grade(text) == pytest.approx(0.39 * words + 11.8 * spoken / words - 15.59)


def test_ends_of_sentences_are_not_points_in_words() -> None:
    assert grade("It is open till 8 a.m. each day.") == pytest.approx(0.39 * 8 + 11.8 * 10 / 8 - 15.59)
    assert grade("Go now. Come back!") == pytest.approx(0.39 * 2 + 11.8 - 15.59)


def test_a_hard_text_is_told_its_grade_and_a_plain_one_nothing() -> None:
    hard = (
        "Notification preferences are administered independently by participating facilities, consequently "
        "modifications to communication settings necessitate additional verification procedures and supporting documentation."
    )
    assert (too_hard(hard) or "").startswith("reads like school grade ")
    assert "at most 8" in (too_hard(hard) or "")
    plain = "Your care team can see your list. Please call them and ask for your team. They can change it for you today."
    assert too_hard(plain) is None


def test_a_short_text_is_judged_by_its_sentences_alone() -> None:
    assert too_hard("Administrative verification procedures necessitate documentation.") is None
    assert too_hard("") is None
