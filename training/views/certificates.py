"""Certificates: the public verification page, the badge, and revoking one."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from qmportal.lib.days import local_day
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.sealing import Unsealable
from teams.permissions import can_train, require
from teams.requests import SignedInRequest
from training.certificates import open_badge, signed_badge
from training.forms.certificates import RevokeForm
from training.lti import Refused
from training.models import Certificate, ToolKey


@login_not_required
@require_safe
def verify(request: HttpRequest, uuid: UUID) -> HttpResponse:
    certificate = get_object_or_404(Certificate.objects.with_scenario(), uuid=uuid)
    context = {
        "certificate": certificate,
        "version": certificate.attempt.version,
        "status": certificate.status(local_day(timezone.now())),
        "address": settings.SITE_URL + certificate.get_absolute_url(),
        "is_signed": ToolKey.objects.published().exists(),
        "is_mine": request.user == certificate.user,
        "may_revoke": not certificate.revoked_at and can_train(request.user, certificate.user),
    }
    return render_page(request, "training/certificate.html", context)


@login_not_required
@require_safe
def badge(request: HttpRequest, uuid: UUID) -> HttpResponse:
    certificate = get_object_or_404(Certificate.objects.with_scenario(), uuid=uuid)
    if certificate.revoked_at:
        return JsonResponse({"detail": f"This certificate was revoked: {certificate.revoke_reason}"}, status=410)
    return JsonResponse(open_badge(certificate, settings.SITE_URL), content_type="application/ld+json")


@login_not_required
@require_safe
def signed(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The badge with a signature, for wallets. Not found while the portal has no key."""
    certificate = get_object_or_404(Certificate.objects.with_scenario(), uuid=uuid)
    if certificate.revoked_at:
        return JsonResponse({"detail": f"This certificate was revoked: {certificate.revoke_reason}"}, status=410)
    try:
        signer = ToolKey.objects.signer()
    except (Refused, Unsealable):
        raise Http404 from None
    key_url = settings.SITE_URL + reverse("badge_key", args=[signer.kid])
    token = signed_badge(certificate, settings.SITE_URL, signer, key_url)
    headers = {"Content-Disposition": 'attachment; filename="badge.jwt"'}
    return HttpResponse(token, content_type="application/vc+jwt", headers=headers)


@login_not_required
@require_safe
def key(request: HttpRequest, kid: str) -> HttpResponse:
    """A public key, also after it was retired, because badges signed with it stay valid."""
    return JsonResponse(get_object_or_404(ToolKey, kid=kid).public_key, content_type="application/jwk+json")


@form_page
def revoke(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    certificate = get_object_or_404(Certificate.objects.with_scenario(), uuid=uuid)
    require(can_train(request.user, certificate.user), "Only managers of the holder's team can revoke a certificate.")
    if certificate.revoked_at:
        return redirect(certificate)
    form = RevokeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        certificate.revoke(form.cleaned_data["revoke_reason"], request.user, timezone.now())
        messages.success(request, "The certificate was revoked and its holder was notified.")
        return redirect(certificate)
    context = {"certificate": certificate, "form": form}
    return render_page(request, "training/certificate_revoke.html", context, status=422 if form.is_bound else 200)
