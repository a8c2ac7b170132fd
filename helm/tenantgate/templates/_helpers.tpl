{{/* The chart's name, as a label. */}}
{{- define "tenantgate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The stem of all names of objects, short enough for what is put behind it. */}}
{{- define "tenantgate.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- else if contains (include "tenantgate.name" .) .Release.Name }}
{{- .Release.Name | trunc 48 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "tenantgate.name" .) | trunc 48 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels of everything. A component is added where there is one. */}}
{{- define "tenantgate.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "tenantgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: tenantgate
{{- end }}

{{/* What tells the pods that serve from all others, the migration's too. Never changes: Deployments refuse that. */}}
{{- define "tenantgate.selector" -}}
app.kubernetes.io/name: {{ include "tenantgate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "tenantgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "tenantgate.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "tenantgate.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag }}
{{- if .Values.image.digest }}
{{- printf "%s:%s@%s" .Values.image.repository $tag .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository $tag }}
{{- end }}
{{- end }}

{{/* Refuses what the schema cannot, all of it together. */}}
{{- define "tenantgate.check" -}}
{{- $wrong := list }}
{{- if not .Values.publicUrl }}
{{- $wrong = append $wrong "publicUrl is required: set the URL that clients use, such as https://auth.example.com" }}
{{- end }}
{{- if not .Values.existingSecret }}
{{- $wrong = append $wrong (printf "existingSecret is required: name a Secret with the keys %s" (include "tenantgate.secretKeys" . | splitList " " | join ", ")) }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) }}
{{- $wrong = append $wrong "metrics.serviceMonitor.enabled needs metrics.enabled" }}
{{- end }}
{{- if and .Values.ingress.enabled (get (urlParse .Values.publicUrl) "path") }}
{{- $wrong = append $wrong "ingress.enabled needs a publicUrl without a path: paths begin at / here, and this Ingress cuts nothing off" }}
{{- end }}
{{- with $wrong }}
{{- fail (printf "\n- %s\n" (join "\n- " .)) }}
{{- end }}
{{- end }}

{{/* The keys of the Secret that are in use, joined by blanks. */}}
{{- define "tenantgate.secretKeys" -}}
database-url master-keys
{{- if .Values.redis.enabled }} redis-url{{ end }}
{{- if .Values.mail.from }} smtp-url{{ end }}
{{- end }}
