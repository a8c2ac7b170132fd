// Package helm pins the Helm command line and checks the chart and the image of Tenantgate with it.
//
// It owns no product code: it renders the chart with each file of values in helm/tenantgate/ci, decodes what comes out
// against the Kubernetes API, and holds the invariants that a server would not check. `make chart` runs it.
package helm
