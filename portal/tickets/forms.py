"""Shapes of the forms on a ticket's page."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length
from wtforms.widgets import HiddenInput

from portal.knowledge.catalogue import Team
from portal.web.forms import PortalForm


class MoveForm(PortalForm):
    """`version`: of the ticket as the person saw it."""

    version = IntegerField("Version", [InputRequired("Open the ticket again.")], widget=HiddenInput())


class RouteForm(MoveForm):
    team = SelectField("Team", validate_choice=False)
    reason = TextAreaField(
        "Why this team?",
        [
            DataRequired("Say why, in 10 to 300 characters"),
            Length(10, 300, "Say why, in 10 to 300 characters"),
        ],
    )

    def offer(self, teams: Iterable[Team]) -> None:
        self.team.choices = [SelectChoice("", "Select"), *(SelectChoice(t.id, t.name) for t in teams)]


class ReferenceForm(PortalForm):
    external_ref = StringField(
        "Record number", [DataRequired("Enter the number of the record"), Length(max=200)]
    )


class BackForm(PortalForm):
    """`number`: what was looked up, to come back to its card."""

    number = HiddenField()
