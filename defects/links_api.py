"""The links of a defect in the API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.shortcuts import get_object_or_404
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from defects.models import MOST_LINKS, Defect, DefectLink
from qmportal.lib.api import refuse_undeclared
from records.api import json_object, text_of
from teams.authentication import person
from teams.idempotency import once
from teams.permissions import can_report, require


class NewLink(serializers.Serializer[Any]):
    url = serializers.URLField(max_length=500, help_text="http or https.")
    title = serializers.CharField(max_length=120, required=False, help_text="Shown in place of the address.")


class LinkRow(NewLink):
    id = serializers.IntegerField()


def find_defect(request: Request, reference: str) -> Defect:
    refuse_undeclared(request, {"format"})
    rows = Defect.objects.visible_to(request.user).select_related("team")
    return get_object_or_404(rows, reference=reference.upper())


class DefectLinks(generics.GenericAPIView[Any]):
    """Links to trackers, pull requests and tickets. POST adds one."""

    queryset = Defect.objects.all()
    serializer_class = LinkRow
    filter_backends = ()
    pagination_class = None

    def get(self, request: Request, reference: str) -> Response:
        return Response([written(link) for link in find_defect(request, reference).links.all()])

    def post(self, request: Request, reference: str) -> Response:
        return once(request, lambda: self._add(request, reference))

    def _add(self, request: Request, reference: str) -> Response:
        defect, body = find_defect(request, reference), json_object(request)
        require(can_report(person(request), defect.team))
        problems = dict.fromkeys(body.keys() - {"url", "title"}, "This field cannot be set here. These can: url, title.")
        given: dict[str, str] = {}
        for name in ("url", "title"):
            try:
                given[name] = text_of(body.get(name) or "").strip()
            except DjangoValidationError as refused:
                problems[name] = refused.messages[0]
        if problems:
            raise ValidationError(problems)
        if defect.links.count() >= MOST_LINKS:
            raise ValidationError({"url": f"A defect can have {MOST_LINKS} links. Remove one first."})
        link = DefectLink(defect=defect, **given)
        link.full_clean()
        link.save()
        return Response(written(link), status=status.HTTP_201_CREATED)


class DefectLinkDetail(generics.GenericAPIView[Any]):
    """One link. DELETE removes it."""

    queryset = DefectLink.objects.all()
    serializer_class = LinkRow
    filter_backends = ()

    def get(self, request: Request, reference: str, id: int) -> Response:
        return Response(written(get_object_or_404(find_defect(request, reference).links, pk=id)))

    def delete(self, request: Request, reference: str, id: int) -> Response:
        defect = find_defect(request, reference)
        require(can_report(person(request), defect.team))
        get_object_or_404(defect.links, pk=id).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def written(link: DefectLink) -> dict[str, Any]:
    return {"id": link.pk, "url": link.url, "title": link.title}
