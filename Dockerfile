# The whole program is one file on a Node image without a shell:
#
#   npm ci && docker build -t rollproof:0.1.0 .
#
# BASE must have Node 22.19 or newer as /nodejs/bin/node, and CA certificates.
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="rollproof" \
      org.opencontainers.image.description="Proves that a Kubernetes rolling update drops nothing; when it does, names the pod event behind each dropped request and the setting to change." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY dist/cli.mjs LICENSE dist/THIRD_PARTY_LICENSES /app/
COPY scenarios /app/scenarios
# A folder that a volume can be mounted on, and that the program's user may write to.
COPY --chown=65532:65532 .dockerignore /reports/
WORKDIR /reports
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/nodejs/bin/node", "/app/cli.mjs"]
CMD ["--help"]
