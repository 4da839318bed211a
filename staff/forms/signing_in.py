"""The forms at the door."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, UsernameField
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Signing in by e-mail, in whatever case it is typed: also to the count of wrong passwords."""

    username = UsernameField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"}),
    )

    def clean_username(self) -> Any:
        return self.cleaned_data["username"].strip().lower()


class ForgottenForm(PasswordResetForm):
    """Asking for a link, with the word for the address that signing in uses."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "email"}),
    )
