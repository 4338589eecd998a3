"""The API of a team's response: its roles and templates, and who holds the roles in an incident."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import LEAD, MOST_ROLES, Incident, IncidentTemplate, ResponsePlan, roles_of, shown_roles
from incidents.response_forms import MANAGERS_ONLY, PlanForm, RolesForm, TemplateForm
from pipeline.models import Service
from qmportal.lib.api import Conflict, refuse_undeclared
from qmportal.lib.versions import Stale
from records.api import ids_by_slug, json_object, text_of
from teams.authentication import person
from teams.idempotency import once
from teams.models import Team, User
from teams.permissions import can_manage, can_report, require

CHANGED = "Somebody changed this incident in the meantime, so nothing was saved. Send the request again."


class TeamRoles(serializers.Serializer[Any]):
    roles = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=MOST_ROLES, help_text="Besides the lead."
    )


class RoleHolders(serializers.Serializer[Any]):
    roles = serializers.DictField(
        child=serializers.EmailField(allow_null=True),
        help_text="The email of the person by role; null: nobody. PATCH changes the roles that you send.",
    )


class TemplateRow(serializers.Serializer[Any]):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=60)
    title = serializers.CharField(required=False, max_length=200, help_text="Title of the incident, or a pattern.")
    severity = serializers.CharField(required=False, allow_null=True, help_text="Its key; null: not sure yet.")
    kind = serializers.ChoiceField(Incident.Kind.choices, required=False)
    services = serializers.ListField(child=serializers.CharField(), required=False, help_text="Slugs.")
    summary = serializers.CharField(required=False, max_length=20_000, help_text="First notes, in Markdown.")
    roles = serializers.DictField(
        child=serializers.EmailField(), required=False, help_text="The email of the person by role, also of the lead."
    )


class TemplateChange(TemplateRow):
    name = serializers.CharField(max_length=60, required=False)


WRITTEN = tuple(name for name in TemplateRow._declared_fields if name != "id")
TEXTS = ("name", "title", "severity", "kind", "summary")


class ResponseViews(generics.GenericAPIView[Any]):
    """Base: no filters, no pages."""

    filter_backends = ()
    pagination_class = None

    def team(self, request: Request, slug: str) -> Team:
        """A team whose records the caller can see. Only its managers can write."""
        refuse_undeclared(request, {"format"})
        team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
        require(request.method in ("GET", "HEAD", "OPTIONS") or can_manage(person(request), team), MANAGERS_ONLY)
        return team


class TeamRoleList(ResponseViews):
    """The roles of a team's incidents, besides the lead. PATCH replaces them."""

    serializer_class = TeamRoles

    def get(self, request: Request, slug: str) -> Response:
        return Response({"roles": roles_of(self.team(request, slug))})

    def patch(self, request: Request, slug: str) -> Response:
        team = self.team(request, slug)
        body = only(json_object(request), "roles")
        roles = read("roles", lambda: [text_of(each) for each in list_of(body.get("roles"))])
        stored = ResponsePlan.objects.filter(team=team).first() or ResponsePlan(team=team)
        form = PlanForm({"roles": "\n".join(roles)}, instance=stored)
        if not form.is_valid():
            raise DjangoValidationError(form.errors.as_data())
        form.save()
        return Response({"roles": stored.roles})


class IncidentRoles(ResponseViews):
    """Who leads an incident and who has its other roles."""

    serializer_class = RoleHolders

    def find(self, request: Request, reference: str) -> Incident:
        refuse_undeclared(request, {"format"})
        rows = Incident.objects.visible_to(request.user).select_related("team", "lead")
        return get_object_or_404(rows, reference=reference.upper())

    def get(self, request: Request, reference: str) -> Response:
        return self.answer(self.find(request, reference))

    def patch(self, request: Request, reference: str) -> Response:
        incident = self.find(request, reference)
        require(can_report(person(request), incident.team))
        body = only(json_object(request), "roles")
        known = [role for role, _ in shown_roles(incident)]
        given = read("roles", lambda: emails_of(body.get("roles"), known))
        held = {role: who.email if who else "" for role, who in shown_roles(incident)}
        _, *others = held
        data = {"lead": (held | given)[LEAD]}
        data |= {f"role_{number}": (held | given)[role] for number, role in enumerate(others)}
        form = RolesForm(data, incident=incident)
        if not form.is_valid():
            raise DjangoValidationError({"roles": [error for errors in form.errors.as_data().values() for error in errors]})
        try:
            form.store(by=person(request), at=timezone.now())
        except Stale:
            raise Conflict(CHANGED) from None
        return self.answer(incident)

    def answer(self, incident: Incident) -> Response:
        return Response({"roles": {role: who and who.email for role, who in shown_roles(incident)}})


class TemplateList(ResponseViews):
    """A team's templates for reporting incidents. POST adds one."""

    serializer_class = TemplateRow

    def get(self, request: Request, slug: str) -> Response:
        templates = list(self.team(request, slug).incident_templates.select_related("severity"))
        return Response(written(templates, person(request)))

    def post(self, request: Request, slug: str) -> Response:
        team = self.team(request, slug)
        return once(request, lambda: Response(store(request, IncidentTemplate(team=team)), status.HTTP_201_CREATED))


class TemplateDetail(ResponseViews):
    """One template. PATCH changes the fields that you send."""

    serializer_class = TemplateRow

    def find(self, request: Request, slug: str, id: int) -> IncidentTemplate:
        templates = self.team(request, slug).incident_templates.select_related("severity", "team")
        return get_object_or_404(templates, pk=id)

    def get(self, request: Request, slug: str, id: int) -> Response:
        return Response(written([self.find(request, slug, id)], person(request))[0])

    def patch(self, request: Request, slug: str, id: int) -> Response:
        return Response(store(request, self.find(request, slug, id)))

    def delete(self, request: Request, slug: str, id: int) -> Response:
        self.find(request, slug, id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def written(templates: list[IncidentTemplate], user: User) -> list[dict[str, Any]]:
    people = User.objects.in_bulk({pk for template in templates for pk in template.roles.values()})
    catalogue = Service.objects.catalogue(user.versions)
    return [
        {
            "id": template.pk,
            "name": template.name,
            "title": template.title,
            "severity": template.severity and template.severity.key,
            "kind": template.kind,
            "services": [service.slug for service in catalogue.among(template.services)],
            "summary": template.summary,
            "roles": {role: people[pk].email for role, pk in template.roles.items() if pk in people},
        }
        for template in templates
    ]


def store(request: Request, template: IncidentTemplate) -> dict[str, Any]:
    """Saves a template as the page's form would: the fields of the body, and the others as they are."""
    user, body = person(request), only(json_object(request), *WRITTEN)
    roles = [LEAD, *roles_of(template.team)]
    (stored,) = written([template], user)
    texts = {name: read(name, partial(text_of, body[name])) for name in TEXTS if body.get(name) is not None}
    texts |= {name: "" for name in TEXTS if name in body and body[name] is None}
    services, holders = stored["services"], {role: who for role, who in stored["roles"].items() if role in roles}
    if "services" in body:
        column: Any = IncidentTemplate._meta.get_field("services")
        read("services", lambda: ids_by_slug(column, body["services"], user))
        services = body["services"] or []
    if "roles" in body:
        holders = read("roles", lambda: emails_of(body["roles"], roles))
    data = {name: stored[name] or "" for name in TEXTS} | texts | {"services": services}
    data |= {f"role_{number}": holders.get(role, "") for number, role in enumerate(roles)}
    form = TemplateForm(data, instance=template, team=template.team, user=user)
    if not form.is_valid():
        errors = form.errors.as_data().items()
        problems = {"roles" if name.startswith("role_") else name: list(found) for name, found in errors}
        raise DjangoValidationError(problems)
    return written([form.save()], user)[0]


# --- Reading bodies ---


def only(body: dict[str, Any], *known: str) -> dict[str, Any]:
    if strange := body.keys() - set(known):
        raise ValidationError(dict.fromkeys(strange, f"This field cannot be set here. These can: {', '.join(known)}."))
    return body


def read(name: str, value: Callable[[], Any]) -> Any:
    """The value, with an error of its field if its type is wrong."""
    try:
        return value()
    except DjangoValidationError as refused:
        raise ValidationError({name: refused.messages}) from None


def list_of(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise DjangoValidationError("Enter a list of texts.")
    return value


def emails_of(value: Any, known: Iterable[str]) -> dict[str, str]:
    """Emails by role; empty for nobody."""
    if not isinstance(value, dict):
        raise DjangoValidationError("Enter an object with an email for each role.")
    if strange := next((role for role in value if role not in known), None):
        raise DjangoValidationError(f"There is no role “{text_of(strange)[:40]}”. The roles: {', '.join(known)}.")
    return {role: text_of("" if email is None else email).strip().lower() for role, email in value.items()}
