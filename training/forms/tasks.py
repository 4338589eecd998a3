"""Forms for tasks: adding one to a plan, and asking a colleague to confirm it."""

from __future__ import annotations

from typing import Any

from django import forms

from qmportal.lib.forms import ProseField, clean_formfield
from records.intake import HTTP
from teams.models import Membership, Role, User
from training.models import Meet, Plan, PlanItem, Task
from training.models.plans import OPENS_TOO_LATE


class TaskTextForm(forms.ModelForm):
    """The text of a to-do item or an introduction. Its kind can't change once people have it."""

    link = forms.URLField(max_length=500, required=False, assume_scheme="https", validators=[HTTP])

    class Meta:
        model = Task
        fields = ["title", "text", "link", "meet", "is_checked"]
        formfield_callback = clean_formfield
        labels = {"title": "To-do or introduction"}
        error_messages = {"title": {"required": "Say what is to do."}}
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"meet": "The page of the item names the people who hold the role then."}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance.meet:
            del self.fields["meet"]
            return
        nobody = [] if self.instance.pk else [("", "Nobody")]
        self.fields["meet"].choices = [*nobody, *Meet.choices]  # type: ignore[attr-defined]
        self.fields["meet"].required = not nobody


class TaskForm(TaskTextForm):
    """A new to-do item or introduction, with the days on which it opens and is due."""

    due_days = forms.IntegerField(label="Due after how many days?", min_value=1, max_value=730, initial=14)
    opens_after = forms.IntegerField(label="Opens after how many days?", min_value=0, max_value=729, initial=0)
    in_order = forms.BooleanField(label="Only when the items before it are done", required=False)

    field_order = ("title", "text", "link", "meet", "due_days", "opens_after", "in_order", "is_checked")

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.instance.plan = plan

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        opens, due = cleaned.get("opens_after"), cleaned.get("due_days")
        if opens is not None and due is not None and opens >= due:
            self.add_error("opens_after", OPENS_TOO_LATE)
        return cleaned

    def save_item(self) -> PlanItem:
        """Saves the task and puts it at the end of the plan."""
        task = self.save()
        days = {name: self.cleaned_data[name] for name in ("due_days", "opens_after", "in_order")}
        return task.plan.add_item(task.kind, str(task.pk), **days)


class AskForm(forms.Form):
    """Which colleague confirms it: engineers and managers of the learner's teams."""

    colleague = forms.ModelChoiceField(
        User.objects.none(),
        label="Who can confirm it?",
        empty_label="Choose a colleague",
        error_messages={"required": "Choose a colleague."},
    )

    def __init__(self, *args: Any, learner: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        theirs = Membership.objects.filter(user=learner, team__archived_at=None).values("team")
        able = Membership.objects.filter(team__in=theirs, role__in=(Role.ENGINEER, Role.MANAGER)).values("user")
        people = User.objects.filter(pk__in=able, is_active=True).exclude(pk=learner.pk).order_by("name", "email")
        self.fields["colleague"].queryset = people  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    """What is missing, in a few words."""

    text = ProseField(label="What is missing?", max_length=1_000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
