from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.generics import CreateAPIView, ListAPIView

from tests.bench.floor.models import Item


@login_required
def one(request: HttpRequest) -> HttpResponse:
    """Session, user and one query: the floor with auth."""
    return HttpResponse(Item.objects.get(pk=1).name)


@login_required
def items(request: HttpRequest) -> HttpResponse:
    """A bare list of 50 in a template."""
    return render(request, "floor_items.html", {"items": Item.objects.order_by("-found_at", "-id")[:50]})


class ItemSerializer(serializers.ModelSerializer):
    class Meta:
        model = Item
        fields = "__all__"


class ItemList(ListAPIView):
    """100 rows by a plain ModelSerializer."""

    serializer_class = ItemSerializer

    def get_queryset(self):
        return Item.objects.order_by("-found_at", "-id")[:100]


class ItemCreate(CreateAPIView):
    """One row by the same serializer, for whom a token names."""

    authentication_classes = (TokenAuthentication,)
    serializer_class = ItemSerializer
    queryset = Item.objects.all()


urlpatterns = [
    path("", one),
    path("items/", items),
    path("api/items/", ItemList.as_view()),
    path("api/items/new/", ItemCreate.as_view()),
    path("healthz", lambda request: HttpResponse("ok")),
]
