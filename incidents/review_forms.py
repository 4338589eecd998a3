"""Forms of reviews: their sections, causes and comments."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from incidents.models import Cause, Review
from incidents.models.review import NOT_A_MEMBER, SECTIONS, STEPS
from qmportal.lib.forms import KeyField, LineField, ProseField, WholeNumberField, clean_formfield
from qmportal.lib.versions import Conflict, Difference, sent_again
from records.bulk import KEEP, ReasonForm
from records.filters import RecordDayField
from teams.models import User


class ReviewForm(forms.ModelForm):
    reviewer = KeyField(
        User.objects.filter(is_active=True),
        to_field_name="email",
        fold=str.lower,
        required=False,
        help_text="Email of the person who reads it before it is published.",
        error_messages={"invalid_choice": NOT_A_MEMBER},
    )
    due_on = RecordDayField(label="Due", error_messages={"required": "Enter the day on which it is due."})
    version = WholeNumberField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    class Meta:
        model = Review
        fields = (*SECTIONS, "reviewer", "due_on")
        formfield_callback = clean_formfield
        widgets = dict.fromkeys(SECTIONS, forms.Textarea(attrs={"rows": 6}))
        help_texts = {
            "summary": "What users saw, and what was done about it. Markdown works.",
            "impact": "Who was affected, how much and for how long.",
            "went_well": "What helped, so that you keep it.",
            "went_wrong": "What made it harder or slower.",
            "lessons": "What you would tell another team.",
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.read = self.instance.version
        self.initial.update(version=self.read, reviewer=self.instance.reviewer)

    def clean_reviewer(self) -> User | None:
        person: User | None = self.cleaned_data["reviewer"]
        self.instance.refuse_reviewer(person)
        return person

    def clean(self) -> dict[str, Any]:
        self.instance.version = self.cleaned_data.get("version", self.read)
        return self.cleaned_data

    def conflict(self, current: Review) -> Conflict:
        """What someone else has saved in the meantime. Sending the form again overwrites it."""
        self.data = sent_again(self.data, version=current.version)
        pairs = [(str(self[name].label), getattr(current, name), self.cleaned_data[name]) for name in SECTIONS]
        differing = [Difference(*pair) for pair in pairs if pair[1].split() != pair[2].split()]
        return Conflict("review", at=current.updated_at, differences=differing)


class ReviewsForm(ReasonForm):
    """New values for all chosen reviews."""

    names = ("reviewer", "due_on")

    move = forms.ChoiceField(
        label="Status",
        required=False,
        choices=[("", KEEP), *((step.name, step.label) for step in STEPS)],
        help_text="Reviews that can't do it are skipped.",
    )
    reviewer = LineField(
        required=False, max_length=254, help_text="Email of the person who reads them before they are published."
    )
    due_on = RecordDayField(label="Due", required=False)

    field_order = ("move", "reviewer", "due_on", "reason")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "A comment on each review has it."


class CauseForm(forms.Form):
    text = LineField(max_length=300, label="Cause", error_messages={"required": "Say what caused it."})
    group = forms.ChoiceField(choices=Cause.Group.choices, label="Kind of cause")
    parent = forms.ModelChoiceField(
        Cause.objects.none(), required=False, label="Explains", empty_label="The incident itself"
    )

    def __init__(self, *args: Any, review: Review, tree: list[Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.review, self.size = review, len(tree)
        field: Any = self.fields["parent"]
        field.queryset = review.causes.all()
        field.choices = [("", field.empty_label), *((one.cause.pk, f"{one.number} {one.cause.text}") for one in tree)]
        if tree:  # the next why usually follows from the last answer
            self.initial["parent"] = max(one.cause.pk for one in tree)

    def clean(self) -> dict[str, Any]:
        if self.size >= Cause.MOST:
            raise ValidationError(f"A review has at most {Cause.MOST} causes.")
        return self.cleaned_data


class CommentForm(forms.Form):
    text = ProseField(
        max_length=5_000,
        label="Comment",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter a comment."},
    )
