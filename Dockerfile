# The whole program in two files on a Node image without a shell; needs nothing but Docker:
#
#   docker build -t rollproof:0.1.0 .
#
# BUILD_BASE must have npm, a shell and Node 22.19 or newer; BASE the same Node as /nodejs/bin/node, and CA certificates.
ARG BUILD_BASE=node:24-bookworm-slim
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILD_BASE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Without install scripts: the build needs none of them, and nothing of this stage but dist/ is kept.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY esbuild.config.mjs tsconfig.json ./
COPY src src
RUN node esbuild.config.mjs

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="rollproof" \
      org.opencontainers.image.description="Proves that a Kubernetes rolling update drops nothing; when it does, names the pod event behind each dropped request and the setting to change." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# lab-app.mjs is what the pods of `--lab` start with, in a fifth of the time that the whole program takes.
COPY --from=build /build/dist/cli.mjs /build/dist/lab-app.mjs /build/dist/THIRD_PARTY_LICENSES /app/
COPY LICENSE /app/
COPY scenarios /app/scenarios
# A folder that a volume can be mounted on, and that the program's user may write to.
COPY --chown=65532:65532 .dockerignore /reports/
WORKDIR /reports
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/nodejs/bin/node", "/app/cli.mjs"]
CMD ["--help"]
