# Four small images: `docker build --target auth-service .`, or `task-service`, `gateway` (with the web page), and
# `deployment` (for the one-shot containers of docker-compose.yml). Requires BuildKit, which is Docker's default.
#
# Each is built for the platform of the build machine: linux/amd64 or linux/arm64. For both, build on a machine of each,
# as .github/workflows/release.yml does: an emulated build takes hours.

# --- The services' binaries ---

FROM rust:1.95.0-slim-trixie AS rust
WORKDIR /source
# As in .cargo/config.toml.
ENV AWS_LC_SYS_NO_JITTER_ENTROPY=1
# cargo-chef builds the dependencies separately, so that they are cached as their own layer.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    cargo install --locked --version 0.1.78 cargo-chef
# Static binaries, and the same bytes wherever they are built.
COPY --chmod=0755 deployment/release-config.sh /usr/local/bin/release-config.sh
RUN release-config.sh /source >>/usr/local/cargo/config.toml

FROM rust AS recipe
COPY . .
RUN cargo chef prepare --recipe-path /recipe.json

FROM rust AS dependencies
# Releases use `release`. `image` omits its link-time optimization, which takes minutes at every change.
ARG PROFILE=image
COPY --from=recipe /recipe.json /recipe.json
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    cargo chef cook --profile "$PROFILE" --locked --recipe-path /recipe.json --package auth-service --package task-service
COPY Cargo.toml Cargo.lock ./
COPY shared-claims shared-claims
COPY service-kit service-kit

# One stage per service, so that a change of one does not rebuild the other.
FROM dependencies AS build-auth-service
COPY migrations/auth migrations/auth
COPY eksblowfish eksblowfish
COPY auth-service auth-service
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    cargo build --profile "$PROFILE" --locked --package auth-service \
    && install -D --target-directory=/programs target/*-linux-*/"$PROFILE"/auth-service

FROM dependencies AS build-task-service
COPY migrations/tasks migrations/tasks
COPY task-service task-service
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    cargo build --profile "$PROFILE" --locked --package task-service \
    && install -D --target-directory=/programs target/*-linux-*/"$PROFILE"/task-service

# Distroless "static" adds 2 MB: the certificates of public CAs (for TLS to PostgreSQL and mail servers), time zones,
# and no executables. Its tags name the version of Debian; each receives every security update. Migrations, the OpenAPI
# document and its viewer are part of the binaries.
FROM gcr.io/distroless/static-debian13:nonroot AS auth-service
LABEL org.opencontainers.image.title="Latchkey auth-service" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build-auth-service /programs/auth-service /usr/local/bin/auth-service
ENV BIND=0.0.0.0:8081 LOG_FORMAT=json
EXPOSE 8081
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/auth-service"]
CMD ["serve"]

FROM gcr.io/distroless/static-debian13:nonroot AS task-service
LABEL org.opencontainers.image.title="Latchkey task-service" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build-task-service /programs/task-service /usr/local/bin/task-service
ENV BIND=0.0.0.0:8082 LOG_FORMAT=json
EXPOSE 8082
USER 10002:10002
ENTRYPOINT ["/usr/local/bin/task-service"]
CMD ["serve"]

# --- The gateway, with the web page ---

# The web page consists of files: Node.js builds it but does not serve it. A checkout without `web/` gives a gateway
# without a page; the pattern `web*` allows that, because a plain name must exist. It copies the contents of the
# directory.
FROM node:20.20.2-trixie-slim AS page
WORKDIR /source
ENV NEXT_TELEMETRY_DISABLED=1
COPY gateway/policy.mjs web* ./
# In a checkout created with umask 077 only root can read the files; the gateway runs as another user.
RUN --mount=type=cache,target=/root/.npm,sharing=locked \
    mkdir -p /page/files \
    && if [ -e package.json ]; then \
        npm ci --ignore-scripts --no-audit --no-fund \
        && npm run build \
        && node policy.mjs out/csp.json >/page/policy.caddy \
        && rm out/csp.json \
        && cp -R out/. /page/files; \
    fi \
    && chmod -R a+rX /page

FROM caddy:2.11.4-alpine AS gateway
LABEL org.opencontainers.image.title="Latchkey gateway" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --chmod=0644 gateway/Caddyfile /etc/caddy/Caddyfile
COPY --from=page /page /srv/page
# A new volume takes its owner from here.
RUN mkdir -p /data/caddy && chown 1000:1000 /data/caddy
EXPOSE 8080
USER 1000:1000

# --- One-shot containers: the secrets, the databases and their roles ---

# Based on the server's image: where that is present this one takes no space, and the client has the server's version.
FROM postgres:17.10-trixie AS deployment
LABEL org.opencontainers.image.title="Latchkey deployment" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --chmod=0755 deployment/secrets.sh deployment/databases.sh /deployment/
COPY --chmod=0644 migrations/databases.sql /deployment/databases.sql
ENV DATABASES_SQL=/deployment/databases.sql
ENTRYPOINT ["/bin/sh"]
