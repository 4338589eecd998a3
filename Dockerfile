# Production image: no embedded servers, no Node, no compiler, no root.

FROM node:22.23.3-bookworm-slim@sha256:c3de60bf2f9dd0ac6370e6117950ff62d6e339527e7472301c9c78a017978392 AS assets
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.13.16-slim-trixie@sha256:bf44cdfcb76cd3b41e879bc058fc37ec5872002ccfde7fcb765e218cde0cd79c AS libraries
COPY requirements.lock .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements.lock

FROM python:3.13.16-slim-trixie@sha256:bf44cdfcb76cd3b41e879bc058fc37ec5872002ccfde7fcb765e218cde0cd79c
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    QMPORTAL_DATA_DIR=/data \
    QMPORTAL_STATIC_ROOT=/app/collected \
    WEB_BIND=0.0.0.0:8000
RUN useradd --system --uid 10001 --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin qmportal \
    && install --directory --owner=qmportal --group=qmportal --mode=0700 /data
WORKDIR /app
COPY --from=libraries /venv /venv
COPY . .
COPY --from=assets /build/node_modules node_modules
# The settings need values; nothing connects to them, and they are not kept in the image.
RUN python -c "from qmportal import assets; assets.copy()" \
    && rm -rf node_modules \
    && SECRET_KEY=build DATABASE_URL=postgres://build@127.0.0.1/build REDIS_URL=redis://127.0.0.1 \
       python manage.py collectstatic --no-input --verbosity=0
USER qmportal
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "qmportal.wsgi"]
