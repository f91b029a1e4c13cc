{{/* Labels by which the pods of a service are found: (dict "root" $ "name" NAME) */}}
{{- define "sedge.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: sedge
{{- end }}

{{- define "sedge.labels" -}}
{{ include "sedge.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "sedge.fullname" -}}
{{ printf "%s-%s" .root.Release.Name .name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "sedge.image" -}}
{{- $image := .root.Values.image -}}
{{- $repository := ternary (printf "sedge-%s" .name) (printf "%s/sedge-%s" $image.repository .name) (empty $image.repository) -}}
{{- with index $image.digests .name -}}
{{ printf "%s@%s" $repository . }}
{{- else -}}
{{ printf "%s:%s" $repository (default $.root.Chart.AppVersion $image.tag) }}
{{- end }}
{{- end }}

{{/* Whether the container tools of a stage run as Jobs: "true" or empty */}}
{{- define "sedge.runsJobs" -}}
{{- if and .root.Values.containerTools.enabled (has .name .root.Values.containerTools.stages) }}true{{ end }}
{{- end }}

{{- define "sedge.serviceAccount" -}}
{{ include "sedge.fullname" . }}
{{- end }}

{{/* What a container may do: nothing but compute */}}
{{- define "sedge.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "sedge.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* One service as a Deployment's pod: (dict "root" $ "name" NAME "options" VALUES "stage" BOOL) */}}
{{- define "sedge.pod" -}}
{{- $values := .root.Values }}
{{- $runsJobs := include "sedge.runsJobs" . }}
metadata:
  labels: {{- include "sedge.labels" . | nindent 4 }}
    app.kubernetes.io/component: {{ ternary "stage" "workflow" .stage }}
  {{- with .options.podAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "sedge.serviceAccount" . }}
  automountServiceAccountToken: {{ ternary true false (not (empty $runsJobs)) }}
  enableServiceLinks: false
  # A process ends within 30 s of SIGTERM by itself; what it does not hand back by then is another copy's.
  terminationGracePeriodSeconds: 35
  securityContext: {{- include "sedge.podSecurity" . | nindent 4 }}
  {{- with $values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .options.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .options.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .name }}
      image: {{ include "sedge.image" . }}
      imagePullPolicy: {{ $values.image.pullPolicy }}
      securityContext: {{- include "sedge.containerSecurity" . | nindent 8 }}
      ports:
        - { name: http, containerPort: 7350 }
      env:
        - name: POD_IP
          valueFrom: { fieldRef: { fieldPath: status.podIP } }
        - name: POD_NAME
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        - { name: SEDGE_HOST, value: 0.0.0.0 }
        - { name: SEDGE_PORT, value: '7350' }
        # Its own address, for the logs of its attempts; any copy answers for the stage.
        - { name: SEDGE_URL, value: 'http://$(POD_IP):7350' }
        - { name: SEDGE_SERVICE_URL, value: 'http://{{ include "sedge.fullname" . }}:7350' }
        - { name: SEDGE_LOG_LEVEL, value: {{ $values.logLevel }} }
        - { name: SEDGE_EVENTS, value: nats }
        - { name: SEDGE_NATS_URL_FILE, value: /etc/sedge/service/SEDGE_NATS_URL }
        - { name: SEDGE_STATE, value: postgres }
        - { name: SEDGE_DATABASE_URL_FILE, value: /etc/sedge/service/SEDGE_DATABASE_URL }
        - { name: SEDGE_ARTIFACTS, value: s3 }
        - { name: SEDGE_S3_URL, value: {{ $values.backends.s3.url | quote }} }
        - { name: SEDGE_S3_REGION, value: {{ $values.backends.s3.region | quote }} }
        - { name: SEDGE_S3_ACCESS_KEY_FILE, value: /etc/sedge/service/SEDGE_S3_ACCESS_KEY }
        - { name: SEDGE_S3_SECRET_KEY_FILE, value: /etc/sedge/service/SEDGE_S3_SECRET_KEY }
        - { name: SEDGE_ACCESS_KEYS, value: /etc/sedge/access/keys.json }
        - { name: SEDGE_TOKEN_FILE, value: /etc/sedge/service/token }
        {{- if $values.secrets.ca }}
        - { name: SEDGE_CA_FILE, value: /etc/sedge/ca/ca.pem }
        {{- end }}
        {{- $teams := list }}
        {{- range $stage, $team := $values.teams }}{{ $teams = append $teams (printf "%s=%s" $stage $team) }}{{ end }}
        {{- with $teams }}
        - { name: SEDGE_TEAMS, value: {{ join "," . | quote }} }
        {{- end }}
        {{- if .stage }}
        - { name: SEDGE_CORES, value: {{ .options.cores | quote }} }
        - { name: SEDGE_MEMORY_MB, value: {{ .options.memoryMb | quote }} }
        {{- end }}
        {{- if $runsJobs }}
        - name: POD_UID
          valueFrom: { fieldRef: { fieldPath: metadata.uid } }
        - name: SEDGE_KUBERNETES_NODE
          valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
        - { name: SEDGE_CONTAINERS, value: kubernetes }
        - { name: SEDGE_KUBERNETES_CLAIM, value: '{{ include "sedge.fullname" (dict "root" .root "name" "tool-work") }}:/var/lib/sedge' }
        - { name: SEDGE_KUBERNETES_POD, value: '$(POD_NAME)/$(POD_UID)' }
        {{- end }}
        # A folder of its own, since copies may share the volume.
        - { name: SEDGE_HOME, value: {{ if $runsJobs }}'/var/lib/sedge/$(POD_NAME)'{{ else }}/var/lib/sedge/home{{ end }} }
        - { name: TMPDIR, value: /tmp }
        {{- range $name, $value := .options.environment }}
        - { name: {{ $name }}, value: {{ $value | quote }} }
        {{- end }}
      # Migrations, and back ends that start too, take their time.
      startupProbe:
        httpGet: { path: /v1/health/live, port: http }
        periodSeconds: 5
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /v1/health/live, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /v1/health/ready, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
      resources:
        {{- if .stage }}
        requests: { cpu: {{ .options.cores | quote }}, memory: '{{ .options.memoryMb }}Mi' }
        limits: { memory: '{{ add .options.memoryMb 1024 }}Mi' }
        {{- else }}
        {{- toYaml .options.resources | nindent 8 }}
        {{- end }}
      volumeMounts:
        - { name: data, mountPath: /var/lib/sedge }
        - { name: tmp, mountPath: /tmp }
        - { name: service, mountPath: /etc/sedge/service, readOnly: true }
        - { name: access, mountPath: /etc/sedge/access, readOnly: true }
        {{- if $values.secrets.ca }}
        - { name: ca, mountPath: /etc/sedge/ca, readOnly: true }
        {{- end }}
  volumes:
    - name: data
      {{- if $runsJobs }}
      persistentVolumeClaim: { claimName: {{ include "sedge.fullname" (dict "root" .root "name" "tool-work") }} }
      {{- else if and (not .stage) .options.persistence.enabled }}
      persistentVolumeClaim: { claimName: {{ include "sedge.fullname" . }} }
      {{- else if .stage }}
      emptyDir: { sizeLimit: {{ .options.disk }} }
      {{- else }}
      emptyDir: {}
      {{- end }}
    - { name: tmp, emptyDir: {} }
    - name: service
      secret: { secretName: '{{ $values.secrets.prefix }}-{{ .name }}', defaultMode: 0440 }
    - name: access
      secret: { secretName: {{ $values.secrets.accessKeys }}, defaultMode: 0440, items: [{ key: keys.json, path: keys.json }] }
    {{- if $values.secrets.ca }}
    - name: ca
      secret: { secretName: {{ $values.secrets.ca }}, defaultMode: 0440, items: [{ key: ca.pem, path: ca.pem }] }
    {{- end }}
{{- end }}
