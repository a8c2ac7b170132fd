# The image is the binary, the certificate authorities, and an empty folder for SQLite.
#
#   docker build --build-arg VERSION="$(git describe --tags --always)" --build-arg REVISION="$(git rev-parse HEAD)" \
#     -t tenantgate .

FROM --platform=$BUILDPLATFORM node:20 AS console
WORKDIR /src/web/console
COPY web/console/package.json web/console/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY graph/schema /src/graph/schema
COPY web/console ./
RUN npm run --silent build

FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=console /src/web/console/dist web/console/dist
ARG VERSION=unknown
ARG TARGETOS
ARG TARGETARCH
RUN --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -tags nomsgpack -ldflags "-s -w -X main.version=$VERSION" -o /root/image/tenantgate ./cmd/tenantgate
RUN install -D -m 0644 /etc/ssl/certs/ca-certificates.crt /root/image/etc/ssl/certs/ca-certificates.crt \
    && install -d -m 0700 -o 65532 -g 65532 /root/image/data

FROM scratch
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Tenantgate" \
      org.opencontainers.image.description="Multi-tenant authentication as a service" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/tenantgate/tenantgate" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
COPY --from=build /root/image/etc /etc
COPY --from=build /root/image/tenantgate /tenantgate
# For SQLite, with a volume of its own: all else may be read-only. SQLite's own temporary files find no other folder.
COPY --from=build --chown=65532:65532 /root/image/data /data
WORKDIR /data
# Loopback would be reachable from nowhere. The admin and metrics listeners stay there until they are set.
ENV TENANTGATE_DATA_DIR=/data TENANTGATE_LISTEN=0.0.0.0:8080
EXPOSE 8080 8081 9090
USER 65532:65532
ENTRYPOINT ["/tenantgate"]
CMD ["serve"]
