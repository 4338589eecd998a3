"""Connections to other systems, for admins: learning record stores and learning platforms."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.pages import form_page, render_page
from teams.permissions import is_admin, require
from teams.requests import SignedInRequest
from training.forms.connections import PlatformForm, StoreForm
from training.models import Platform, RecordStore, ToolKey
from training.views.lti import site_address

ADMINS_ONLY = "Only organisation admins can connect other systems."
# What a learning platform asks for when the portal is registered there.
PLATFORM_ADDRESSES = {
    "Tool URL and redirection URI": "lti_launch",
    "Initiate login URL": "lti_begin",
    "Public keyset (JWKS)": "lti_jwks",
    "Content selection URL": "lti_choose",
}


@require_safe
def connections(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    now = timezone.now()
    stores = [{"row": each, "standstill": each.standstill(now)} for each in RecordStore.objects.with_counts()]
    context = {
        "stores": stores,
        "platforms": Platform.objects.with_counts(),
        "has_key": ToolKey.objects.published().exists(),
        "addresses": [{"label": label, "value": site_address(name)} for label, name in PLATFORM_ADDRESSES.items()],
    }
    return render_page(request, "training/connections/connections.html", context)


# ---- Learning record stores ----------------------------------------------------------------------------------------------


@form_page
def store_create(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    return _store_form(request, RecordStore(state=RecordStore.State.DONE))


@form_page
def store(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    return _store_form(request, get_object_or_404(RecordStore, pk=pk))


@transaction.atomic
def _store_form(request: SignedInRequest, found: RecordStore) -> HttpResponse:
    form = StoreForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_valid():
        form.save().queue(timezone.now())
        messages.success(request, f"Saved: {found}.")
        return redirect("training:connections")
    context = {"form": form, "store": found if found.pk else None}
    return render_page(request, "training/connections/store.html", context, status=422 if form.is_bound else 200)


@require_POST
def store_send(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tries again at once, also after a failure or while a retry waits."""
    require(is_admin(request.user), ADMINS_ONLY)
    get_object_or_404(RecordStore, pk=pk).queue(timezone.now(), at_once=True)
    messages.success(request, "A worker sends the statements now. Reload the page in a moment.")
    return redirect("training:connections")


@require_POST
def store_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    found = get_object_or_404(RecordStore, pk=pk)
    found.delete()
    messages.success(request, f"Disconnected: {found}. Statements that were waiting are not sent.")
    return redirect("training:connections")


# ---- Learning platforms --------------------------------------------------------------------------------------------------


@form_page
def platform_create(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    return _platform_form(request, Platform())


@form_page
def platform(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    return _platform_form(request, get_object_or_404(Platform, pk=pk))


def _platform_form(request: SignedInRequest, found: Platform) -> HttpResponse:
    form = PlatformForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_valid():
        messages.success(request, f"Saved: {form.save()}.")
        return redirect("training:connections")
    context = {"form": form, "platform": found if found.pk else None}
    return render_page(request, "training/connections/platform.html", context, status=422 if form.is_bound else 200)


@require_POST
def platform_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    found = get_object_or_404(Platform, pk=pk)
    found.delete()
    messages.success(request, f"Disconnected: {found}.")
    return redirect("training:connections")
