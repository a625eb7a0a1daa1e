# One build, one small image a service: `docker build --target auth-service .` or `--target task-service`; and the gateway
# with the web page: `--target gateway`.
# Needs BuildKit, which is Docker's default.

FROM rust:1.95.0-slim-trixie AS build
WORKDIR /source
COPY . .
# The caches belong to the machine that builds and are no part of an image. What is built is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/source/target,sharing=locked \
    cargo build --release --locked --package auth-service --package task-service \
    && install -D --target-directory=/programs target/release/auth-service target/release/task-service

# Distroless "cc" has what a Rust binary needs and nothing else: glibc (the same Debian's as in the build), libgcc,
# the certificates of public authorities, for TLS to PostgreSQL. No shell, no package manager, nothing to log in to. Its
# tags are Debian's version and no finer ones; each has every security update of it. Migrations, OpenAPI document and
# viewer are part of the binaries.
FROM gcr.io/distroless/cc-debian13:nonroot AS auth-service
LABEL org.opencontainers.image.title="Latchkey auth-service" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /programs/auth-service /usr/local/bin/auth-service
ENV BIND=0.0.0.0:8081 LOG_FORMAT=json
EXPOSE 8081
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/auth-service"]
CMD ["serve"]

FROM gcr.io/distroless/cc-debian13:nonroot AS task-service
LABEL org.opencontainers.image.title="Latchkey task-service" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=build /programs/task-service /usr/local/bin/task-service
ENV BIND=0.0.0.0:8082 LOG_FORMAT=json
EXPOSE 8082
USER 10002:10002
ENTRYPOINT ["/usr/local/bin/task-service"]
CMD ["serve"]

# The web page is files alone: Node builds it and has no part in serving it. A checkout without `web/` gives a gateway
# without a page; the pattern is for that, since a name must exist. It copies what is in the directory.
FROM node:20.20.2-trixie-slim AS page
WORKDIR /source
ENV NEXT_TELEMETRY_DISABLED=1
COPY gateway/policy.mjs web* ./
RUN --mount=type=cache,target=/root/.npm,sharing=locked \
    mkdir -p /page/files \
    && if [ -e package.json ]; then \
        npm ci --ignore-scripts --no-audit --no-fund \
        && npm run build \
        && node policy.mjs out/csp.json >/page/policy.caddy \
        && rm out/csp.json \
        && cp -R out/. /page/files; \
    fi

FROM caddy:2.11.4-alpine AS gateway
LABEL org.opencontainers.image.title="Latchkey gateway" org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY gateway/Caddyfile /etc/caddy/Caddyfile
COPY --from=page /page /srv/page
EXPOSE 8080
USER 1000:1000
