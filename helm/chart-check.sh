#!/usr/bin/env bash
# Checks the chart and the Dockerfile: lint, every file of values in tenantgate/ci against the Kubernetes API and the
# binary's own settings, and values that must be refused. `make chart` calls it. The first run builds helm.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's|^.*helm\.sh/helm/v4 \(v[^ ]*\).*|\1|p' internal/tools/helm/go.mod)
export HELM="$PWD/.bin/helm-$version" TENANTGATE="$PWD/.bin/tenantgate-chart"

if [ ! -x "$HELM" ]; then
    nice make ".bin/helm-$version"
fi
CGO_ENABLED=0 go build -o "$TENANTGATE" ./cmd/tenantgate

for values in helm/tenantgate/ci/*-values.yaml; do
    "$HELM" lint --strict --quiet helm/tenantgate --values "$values"
done
nice go -C internal/tools/helm test -count=1 ./...
