"""Django's admin site. Most workers never serve it, so it is loaded with its first request."""

from django.contrib import admin

admin.autodiscover()
admin.site.site_header = admin.site.site_title = "qmportal admin site"

urlpatterns = admin.site.get_urls()
