{{/* The chart's name in labels. */}}
{{- define "tgs.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The beginning of all names: short enough for what follows it. */}}
{{- define "tgs.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "tgs.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "tgs.operator.fullname" -}}
{{- printf "%s-operator" (include "tgs.fullname" .) -}}
{{- end -}}

{{/* Labels of every object. */}}
{{- define "tgs.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "tgs.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: telegram-serverless
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What the operator's pods are known by; never changes, because a Deployment's selector cannot. */}}
{{- define "tgs.operator.selector" -}}
app.kubernetes.io/name: {{ include "tgs.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "tgs.operator.labels" -}}
{{ include "tgs.labels" . }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "tgs.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "tgs.operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "tgs.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "tgs.leaseNamespace" -}}
{{- default .Release.Namespace .Values.leaderElection.namespace -}}
{{- end -}}

{{/* Where the operator cares for it. */}}
{{- define "tgs.gatewayNamespace" -}}
{{- default .Release.Namespace .Values.operator.watchNamespace -}}
{{- end -}}

{{/* The operator's account as the subject of a binding. */}}
{{- define "tgs.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "tgs.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end -}}
