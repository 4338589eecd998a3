"""What gunicorn serves. DJANGO_SETTINGS_MODULE is set by the benchmark."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
