"""The allauth pages that the portal uses, and our own for email addresses, because allauth accepts unconfirmed ones.

Other allauth pages (sign-up, codes by email) do not exist here.
"""

from django.urls import path, re_path

from qmportal.lib.late import LateModule

views = LateModule("allauth.account.views")
ours = LateModule("teams.views")

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("email/", ours.address, name="account_email"),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", ours.address_confirm, name="account_confirm_email"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
]
