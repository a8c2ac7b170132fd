{{/* What the server and the migration have in common, so that both see one configuration. */}}

{{- define "tenantgate.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "tenantgate.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "tenantgate.env" -}}
- name: TENANTGATE_PUBLIC_URL
  value: {{ .Values.publicUrl | quote }}
{{- range splitList " " (include "tenantgate.secretKeys" .) }}
- name: TENANTGATE_{{ . | upper | replace "-" "_" }}_FILE
  value: /run/secrets/tenantgate/{{ . }}
{{- end }}
- name: TENANTGATE_LISTEN
  value: "0.0.0.0:8080"
- name: TENANTGATE_ADMIN_LISTEN
  value: {{ ternary "0.0.0.0:8081" "off" .Values.admin.enabled | quote }}
- name: TENANTGATE_METRICS_LISTEN
  value: {{ ternary "0.0.0.0:9090" "off" .Values.metrics.enabled | quote }}
{{- with .Values.trustedProxies }}
- name: TENANTGATE_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.failureLimit }}
- name: TENANTGATE_FAILURE_LIMIT
  value: {{ . | quote }}
{{- end }}
{{- with .Values.admin.limit }}
- name: TENANTGATE_ADMIN_LIMIT
  value: {{ . | quote }}
{{- end }}
{{- with .Values.mail.from }}
- name: TENANTGATE_MAIL_FROM
  value: {{ . | quote }}
{{- end }}
{{- with .Values.turnstileUrl }}
- name: TENANTGATE_TURNSTILE_URL
  value: {{ . | quote }}
{{- end }}
{{- if .Values.allowPrivateTargets }}
- name: TENANTGATE_ALLOW_PRIVATE_TARGETS
  value: "true"
{{- end }}
- name: TENANTGATE_LOG_LEVEL
  value: {{ .Values.log.level | quote }}
- name: TENANTGATE_LOG_FORMAT
  value: {{ .Values.log.format | quote }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tenantgate.volumeMounts" -}}
- name: secrets
  mountPath: /run/secrets/tenantgate
  readOnly: true
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tenantgate.volumes" -}}
- name: secrets
  secret:
    secretName: {{ .Values.existingSecret | quote }}
    defaultMode: 0440
    items:
      {{- range splitList " " (include "tenantgate.secretKeys" .) }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
