"""The form to revoke a certificate."""

from __future__ import annotations

from typing import Any

from django import forms

from qmportal.lib.forms import clean_formfield
from training.models import Certificate


class RevokeForm(forms.ModelForm):
    """The reason for revoking a certificate."""

    class Meta:
        model = Certificate
        fields = ["revoke_reason"]
        formfield_callback = clean_formfield
        labels = {"revoke_reason": "Reason for revoking it"}
        error_messages = {"revoke_reason": {"required": "Give a reason."}}
        help_texts = {"revoke_reason": "Shown to the holder and to anyone who verifies the certificate."}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["revoke_reason"].required = True
