"""The stages of the pipeline over the API."""

from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.models import Stage
from qmportal.lib.api import refuse_undeclared
from qmportal.lib.rows import RowSerializer


class StageRow(RowSerializer):
    slug = serializers.CharField()
    name = serializers.CharField()
    position = serializers.IntegerField()
    description = serializers.CharField()


class StageList(generics.ListAPIView[Stage]):
    """All stages in order; a defect found in the last one, `production`, counts as escaped."""

    queryset = StageRow.select(Stage.objects.order_by("position"))
    serializer_class = StageRow
    pagination_class = None
    filter_backends = ()

    def list(self, request: Request, *args: object, **kwargs: object) -> Response:
        refuse_undeclared(request, {"format"})
        return super().list(request, *args, **kwargs)
