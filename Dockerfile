# syntax=docker/dockerfile:1.7
# One image for every process: the monolith, any context's pod, the edge, the worker and the migrations differ by command and environment alone.

ARG NODE_IMAGE=node:24.21.0-slim@sha256:2fe369e969550cde8e867afc3fe370b260140cab4a23d467074295b42163d553

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY . .
RUN npm run build

FROM ${NODE_IMAGE} AS production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev
COPY --from=build /app/dist ./dist
COPY tools/contexts.json tools/pinned-node.mjs tools/
COPY tools/image tools/image
COPY README.md LICENSE ./
COPY docs docs
COPY libs libs
RUN find libs -type f ! -name README.md -delete && find libs -type d -empty -delete \
 && node tools/image/prune.mjs . \
 && chmod -R go-w,a+rX .

FROM ${NODE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Atoll" \
      org.opencontainers.image.description="A multi-tenant AI-assistant platform: one process, or split into pods by environment variables alone" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
# /data is the one place that is written: run it with a read-only root, a volume there and a tmpfs at /tmp.
RUN install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=production /app ./
ENV NODE_ENV=production \
    NODE_OPTIONS=--enable-source-maps \
    HOST=0.0.0.0 \
    PORT=3000 \
    ATOLL_METRICS_PORT=9464 \
    ATOLL_DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "tools/image/healthcheck.mjs"]
CMD ["node", "dist/apps/monolith/src/main.js"]
