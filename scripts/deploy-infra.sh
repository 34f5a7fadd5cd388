#!/usr/bin/env bash
# deploy-infra.sh: a Kafka and a Redis for development (deploy/infra) into the cluster of the kubeconfig's current context, or
# of INFRA_CONTEXT; waits until both are ready and says how they are reached. Their images come from Docker Hub.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
KUBECTL=("$CACHE/python/bin/kubectl")
[ -z "${INFRA_CONTEXT:-}" ] || KUBECTL+=(--context "$INFRA_CONTEXT")

"${KUBECTL[@]}" apply -k "$PROJECT/deploy/infra"
"${KUBECTL[@]}" -n tgs-infra rollout status statefulset/kafka --timeout=300s
"${KUBECTL[@]}" -n tgs-infra rollout status deployment/redis --timeout=300s
say "for development only: one copy of everything, no passwords"
say "kafka: kafka.tgs-infra.svc.cluster.local:9092 (replicationFactor: 1)"
say "redis: redis://redis.tgs-infra.svc.cluster.local:6379/0"
say "remove them, data included: kubectl delete namespace tgs-infra"
