"""Shape of the form with which a reader says something of an article; its rules stand in the service."""

from __future__ import annotations

from wtforms import BooleanField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from portal.knowledge.flags import KIND_WORDS
from portal.web.forms import PortalForm


class FlagForm(PortalForm):
    kind = RadioField(
        "What is the matter?", choices=[SelectChoice(str(k), words) for k, words in KIND_WORDS.items()]
    )
    place = SelectField("Which part?")
    words = TextAreaField("In your words")
    nobody_meant = BooleanField("What looks like a name is nobody’s")
