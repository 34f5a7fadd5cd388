{{/*
What the operator may do, by what it is for. scripts/test-install.sh runs it with these rights alone, and looks into the API
server's audit log for a call that was refused, and for a right that was never used.
*/}}

{{/* The bots, and what is made for them in their namespaces. An owner reference that blocks its owner's deletion needs the
right to update the owner's finalizers, where a cluster asks for that. */}}
{{- define "tgs.rules.bots" -}}
- apiGroups: [telegram-serverless.io]
  resources: [telegrambots]
  verbs: [get, list, watch, patch]
- apiGroups: [telegram-serverless.io]
  resources: [telegrambots/status]
  verbs: [patch]
- apiGroups: [telegram-serverless.io]
  resources: [telegrambots/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [patch]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [keda.sh]
  resources: [scaledobjects, triggerauthentications]
  verbs: [list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* Tokens in the bots' namespaces, credentials of Kafka in the gateways'. */}}
{{- define "tgs.rules.secrets.read" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch]
{{- end -}}

{{/* Each bot's own Secret, its binding in the gateway's namespace. */}}
{{- define "tgs.rules.secrets.write" -}}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create, patch, delete]
{{- end -}}

{{/* The gateways, and what is made for them. */}}
{{- define "tgs.rules.gateways.read" -}}
- apiGroups: [telegram-serverless.io]
  resources: [telegramgateways]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies, ingresses]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch]
{{- end -}}

{{/* Who makes a Role must have what it grants: a gateway reads Secrets, and shares out by Leases the bots that it polls. */}}
{{- define "tgs.rules.gateways.write" -}}
- apiGroups: [telegram-serverless.io]
  resources: [telegramgateways/status]
  verbs: [patch]
- apiGroups: [telegram-serverless.io]
  resources: [telegramgateways/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [services, serviceaccounts]
  verbs: [create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies, ingresses]
  verbs: [create, patch, delete]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [create, patch, delete]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, list, watch, create, update, delete]
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/*
A role with a binding for the operator's account. Takes a dictionary: root; part, what the role is for; rules, the names of
templates; namespace, when it is a Role.
*/}}
{{- define "tgs.role" -}}
{{- $name := printf "%s-%s" (include "tgs.operator.fullname" .root) .part -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ if .namespace }}Role{{ else }}ClusterRole{{ end }}
metadata:
  name: {{ $name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "tgs.operator.labels" .root | nindent 4 }}
rules:
  {{- $root := .root }}
  {{- range .rules }}
  {{- include . $root | nindent 2 }}
  {{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ if .namespace }}RoleBinding{{ else }}ClusterRoleBinding{{ end }}
metadata:
  name: {{ $name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "tgs.operator.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ if .namespace }}Role{{ else }}ClusterRole{{ end }}
  name: {{ $name }}
{{ include "tgs.subjects" .root }}
{{- end -}}
