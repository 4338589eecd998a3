"""Forms of a bug bankruptcy."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from defects.models import Bankruptcy, BankruptcyRow
from defects.models.bankruptcy import usual_words
from qmportal.lib.forms import ProseField, WholeNumberField
from records.models import Severity

USUAL_DAYS = 90
MOST_DAYS = 3650
MOST_WORDS = 100
LONGEST_WORD = 40
NOTHING = 0


class PreviewForm(forms.Form):
    """What a bankruptcy takes, and what keeps a defect back."""

    days = WholeNumberField(
        label="Close open defects that are older than (days)",
        min_value=1,
        max_value=MOST_DAYS,
        initial=USUAL_DAYS,
        error_messages=dict.fromkeys(("required", "min_value", "max_value", "invalid"), f"Enter 1 to {MOST_DAYS:,} days."),
    )
    rank = forms.TypedChoiceField(label="Keep back by severity", coerce=int)

    def __init__(self, *args: Any, last: Bankruptcy | None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        severities = list(Severity.objects.all())
        ranks = [
            (each.rank, f"{each.name} and worse" if number else str(each.name)) for number, each in enumerate(severities)
        ]
        self.fields["rank"].choices = [(NOTHING, "None"), *ranks]  # type: ignore[attr-defined]
        self.initial["rank"] = last.rank if last else severities[min(1, len(severities) - 1)].rank
        if last:
            self.initial["days"] = last.days
        words = last.words if last else usual_words()
        for kind, label in BankruptcyRow.Why.choices:
            if kind != BankruptcyRow.Why.SEVERITY:
                self.fields[kind] = ProseField(
                    label=f"Words for {label.lower()}",
                    required=False,
                    widget=forms.Textarea(attrs={"rows": 3}),
                    initial=", ".join(words.get(kind, ())),
                    help_text="Separated by commas. A word also finds longer ones that begin with it.",
                )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["words"] = {kind: self._words(kind) for kind in usual_words()}
        return cleaned

    def _words(self, kind: str) -> list[str]:
        text = self.cleaned_data.pop(kind, "")
        words = list(dict.fromkeys(" ".join(each.split()) for each in re.split(r"[,;\n]", text) if each.split()))
        if len(words) > MOST_WORDS:
            self.add_error(kind, ValidationError(f"Use at most {MOST_WORDS} words."))
        if long := next((word for word in words if len(word) > LONGEST_WORD), ""):
            self.add_error(kind, ValidationError(f"“{long[:LONGEST_WORD]}…” has more than {LONGEST_WORD} characters."))
        return words


class CloseForm(forms.Form):
    note = ProseField(
        label="Note to the reporters",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        initial="We won't get to these. If one still hurts, reopen it with one click.",
        help_text="It also becomes the reason on each defect.",
        error_messages={"required": "Tell the reporters why."},
    )
