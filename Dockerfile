# The wheels are installed apart: the image that runs has neither pip's cache nor what only an installation needs.
FROM python:3.13.16-slim-trixie@sha256:70729b46c69b4f1e97c4822c1af3df53a1476cf5ddc6c087c0c10bc3a5678c2f AS construction
RUN python -m venv /srv/venv
COPY requirements/image.txt /tmp/image.txt
# No compiler is needed, nor wanted: a package without a wheel is an error, but for one, in plain Python.
RUN /srv/venv/bin/pip install --no-cache-dir --only-binary :all: --no-binary jours-feries-france --require-hashes -r /tmp/image.txt

FROM python:3.13.16-slim-trixie@sha256:70729b46c69b4f1e97c4822c1af3df53a1476cf5ddc6c087c0c10bc3a5678c2f
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 EDOF_VAR=/srv/var STATIQUES=/srv/statiques PATH=/srv/venv/bin:$PATH
WORKDIR /srv/app
COPY --from=construction /srv/venv /srv/venv
COPY . .
# The files of the pages are part of the image, the data are not. The number of the account is that of the volumes.
RUN useradd --system --uid 999 edof && mkdir -p /srv/var/donnees /srv/sauvegardes \
    && SECRET_KEY=$(python -c "import secrets; print(secrets.token_urlsafe(48))") python manage.py collectstatic --noinput \
    && python -m compileall -q /srv/app && chown -R edof /srv/var /srv/sauvegardes
USER 999
EXPOSE 8000
