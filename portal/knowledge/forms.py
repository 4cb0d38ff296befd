"""Shape of the forms for a reader's word on an article and for a picture in it; their rules stand in the service."""

from __future__ import annotations

from wtforms import BooleanField, FileField, RadioField, SelectField, TextAreaField
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


class PictureForm(PortalForm):
    """Its fields stand in the editor's form."""

    file = FileField("Picture")
    alt = TextAreaField("What it shows")
    no_person = BooleanField("Nothing in this picture names a person or shows a record")
