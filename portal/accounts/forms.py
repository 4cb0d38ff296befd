"""Shapes of the account forms."""

from __future__ import annotations

from wtforms import BooleanField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length

from portal.web.forms import ZONES, PortalForm

LONGEST = Length(max=256, message="Use at most 256 characters.")


class SignInForm(PortalForm):
    email = StringField("E-mail", [DataRequired("Enter your e-mail"), Length(max=256)])
    password = PasswordField("Password", [DataRequired("Enter your password"), LONGEST])


class PasswordForm(PortalForm):
    old_password = PasswordField("Current password", [DataRequired("Enter your current password"), LONGEST])
    new_password = PasswordField("New password", [DataRequired("Enter a new password"), LONGEST])
    again_password = PasswordField(
        "New password again",
        [EqualTo("new_password", "The two new passwords differ.")],
    )


class PreferencesForm(PortalForm):
    timezone = SelectField(
        "Time zone", choices=[SelectChoice(value, label) for value, label in ZONES.items()]
    )
    compact = BooleanField("Show the intake in the compact view")
    keys = BooleanField("Single-key shortcuts")
    mail = BooleanField("Mail from the portal")
