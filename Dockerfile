FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 EDOF_VAR=/srv/var
WORKDIR /srv/app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
RUN useradd --system edof && mkdir -p /srv/var/donnees \
    && SECRET_KEY=$(python -c "import secrets; print(secrets.token_urlsafe(48))") python manage.py collectstatic --noinput && chown -R edof /srv/var
USER edof
EXPOSE 8000
