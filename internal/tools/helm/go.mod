module github.com/tenantgate/tenantgate/internal/tools/helm

go 1.26.3

tool helm.sh/helm/v4/cmd/helm

require (
	helm.sh/helm/v4 v4.3.1
	k8s.io/api v0.37.2
	k8s.io/apimachinery v0.37.2
	sigs.k8s.io/yaml v1.6.0
)
