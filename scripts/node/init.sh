#!/usr/bin/env bash
# init.sh DIR: PID 1 of a node's namespaces, started by node.sh with
# BIN (Kubernetes programs), CGROUP (a name), KUBECTL, PYTHON (programs), IMAGES (docker-archives to import).
# The bash that runs this is the parent of all daemons; when it dies, the kernel ends the rest.
set -euo pipefail
DIR=$1
HERE=$(cd "$(dirname "$0")" && pwd)
NODE=node
NODE_IP=198.51.100.10
POD_NETWORK=198.18.0.0/24
POD_GATEWAY=198.18.0.1
SERVICE_NETWORK=198.19.0.0/24
SERVICE_IP=198.19.0.1
API=https://$NODE_IP:6443
trap 'exit 0' TERM INT

now() { date +%s%3N; }
STARTED=$(now)
LAST=$STARTED
# step TEXT: what has been done, with the time it took.
step() {
    local end
    end=$(now)
    printf '  %-46s %6d ms  (at %5d ms)\n' "$1" $((end - LAST)) $((end - STARTED))
    LAST=$end
}
# until_ok SECONDS WHAT COMMAND...: polls.
until_ok() {
    local deadline=$(($(now) + $1 * 1000)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ "$(now)" -ge "$deadline" ]; then
            echo "not in time: $what"
            tail -n 8 "$DIR"/log/*.log | cut -c1-300
            exit 1
        fi
        sleep 0.1
    done
}
daemon() {
    local name=$1
    shift
    "$@" >"$DIR/log/$name.log" 2>&1 &
    echo $! >"$DIR/log/$name.pid"
}

set_up_network() {
    hostname "$NODE"
    ip link set lo up
    ip address add "$NODE_IP/32" dev lo
    echo 1 >/proc/sys/net/ipv4/ip_forward
    # The bridge of the pods, made here so that Service addresses have a route from the node itself.
    ip link add cni0 address 02:00:00:00:00:01 type bridge
    ip address add "$POD_GATEWAY/24" dev cni0
    ip link set cni0 up
    ip route add "$SERVICE_NETWORK" dev cni0
    # Where the kernel lacks what iptables' nft variant needs, the older one may work.
    mkdir -p "$DIR/bin"
    if ! iptables -w -t nat -n -L >/dev/null 2>&1; then
        local program
        for program in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
            ln -sf "$(command -v "${program/tables/tables-legacy}")" "$DIR/bin/$program"
        done
        iptables -w -t nat -n -L >/dev/null || { echo "iptables does not work with this kernel"; exit 1; }
    fi
}

# Copies of the node's own of the paths that kubelet, containerd and CNI plugins have built in.
set_up_folders() {
    local path
    for path in /var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers /run/containerd /run/netns; do
        [ -d "$path" ] || { mkdir -p "$path" && echo "$path" >>"$DIR/made-folders"; }
        mkdir -p "$DIR/fs$path"
        mount --bind "$DIR/fs$path" "$path"
    done
    # kubelet insists on these kernel settings, which are the whole machine's: it is shown files that have them already.
    local setting file
    mkdir -p "$DIR/sysctl"
    for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
        kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
        file=$DIR/sysctl/$(echo "${setting%=*}" | tr / .)
        echo "${setting#*=}" >"$file"
        mount --bind "$file" "/proc/sys/${setting%=*}"
    done
}

set_up_cgroups() {
    local hierarchy controller
    if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
        mkdir -p "/sys/fs/cgroup/$CGROUP"
        for hierarchy in /sys/fs/cgroup "/sys/fs/cgroup/$CGROUP"; do
            for controller in cpuset cpu io memory hugetlb pids; do
                # Missing ones are told by kubelet, which knows which it needs.
                echo "+$controller" 2>/dev/null >"$hierarchy/cgroup.subtree_control" || true
            done
        done
        return
    fi
    for hierarchy in /sys/fs/cgroup/*/; do
        [ "$hierarchy" != /sys/fs/cgroup/unified/ ] || continue
        mkdir -p "$hierarchy$CGROUP"
        if [ "$hierarchy" = /sys/fs/cgroup/cpuset/ ]; then
            cat "${hierarchy}cpuset.cpus" >"$hierarchy$CGROUP/cpuset.cpus"
            cat "${hierarchy}cpuset.mems" >"$hierarchy$CGROUP/cpuset.mems"
            echo 1 >"$hierarchy$CGROUP/cgroup.clone_children"
        fi
    done
}

# certificate NAME SUBJECT [EXTENSION...]: NAME.crt and NAME.key, signed by ca.key when there is one.
certificate() {
    local name=$1 subject=$2 arguments=() extension
    shift 2
    [ ! -f ca.crt ] || arguments+=(-CA ca.crt -CAkey ca.key)
    for extension in "$@"; do arguments+=(-addext "$extension"); done
    openssl req -x509 -config openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj "$subject" -keyout "$name.key" -out "$name.crt" "${arguments[@]}" 2>openssl.log || { cat openssl.log; exit 1; }
}

set_up_keys() {
    umask 077
    mkdir -p "$DIR/pki"
    cd "$DIR/pki"
    printf '[req]\ndistinguished_name=dn\n[dn]\n' >openssl.cnf
    certificate ca /CN=node-ca basicConstraints=critical,CA:TRUE
    local san="DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
    certificate apiserver /CN=kube-apiserver extendedKeyUsage=serverAuth \
        "subjectAltName=$san,DNS:localhost,IP:127.0.0.1,IP:$NODE_IP,IP:$SERVICE_IP"
    certificate apiserver-kubelet "/O=system:masters/CN=kube-apiserver-kubelet-client" extendedKeyUsage=clientAuth
    certificate kubelet "/CN=$NODE" extendedKeyUsage=serverAuth "subjectAltName=DNS:$NODE,IP:$NODE_IP"
    openssl ecparam -name prime256v1 -genkey -noout -out sa.key
    cd "$DIR"
    local name user groups token
    : >tokens.csv
    while read -r name user groups; do
        token=$(openssl rand -hex 16)
        echo "$token,$user,$name,\"$groups\"" >>tokens.csv
        cat >"$name.kubeconfig" <<END
{"apiVersion":"v1","kind":"Config","current-context":"node",
"clusters":[{"name":"node","cluster":{"server":"$API","certificate-authority":"$DIR/pki/ca.crt"}}],
"users":[{"name":"$name","user":{"token":"$token"}}],"contexts":[{"name":"node","context":{"cluster":"node","user":"$name"}}]}
END
    done <<END
admin admin system:masters
kubelet system:node:$NODE system:nodes
kcm system:kube-controller-manager
scheduler system:kube-scheduler
proxy system:kube-proxy
dns system:serviceaccount:kube-system:kube-dns
END
    umask 022
}

start_containerd() {
    # Overlay file systems cannot stand on overlay ones (as in a container): copies then.
    local snapshotter=overlayfs
    mkdir -p "$DIR/overlay/lower" "$DIR/overlay/upper" "$DIR/overlay/work" "$DIR/overlay/merged"
    if mount -t overlay overlay -o "lowerdir=$DIR/overlay/lower,upperdir=$DIR/overlay/upper,workdir=$DIR/overlay/work" \
        "$DIR/overlay/merged" 2>/dev/null; then
        umount "$DIR/overlay/merged"
    else
        snapshotter=native
    fi
    rm -rf "$DIR/overlay"
    mkdir -p "$DIR/cni"
    cat >"$DIR/cni/10-pods.conflist" <<END
{"cniVersion":"0.4.0","name":"pods","plugins":[
 {"type":"bridge","bridge":"cni0","isGateway":true,"hairpinMode":true,"ipMasq":false,
  "ipam":{"type":"host-local","ranges":[[{"subnet":"$POD_NETWORK"}]],"routes":[{"dst":"0.0.0.0/0"}]}},
 {"type":"portmap","capabilities":{"portMappings":true}}]}
END
    cat >"$DIR/containerd.toml" <<END
version = 2
root = "$DIR/containerd/root"
state = "$DIR/containerd/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$DIR/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "tgs.local/pause:1"
  # Where this process may not lower its own score, asking for a lower one fails the container.
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$DIR/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
END
    daemon containerd containerd -c "$DIR/containerd.toml"
}

start_etcd() {
    daemon etcd etcd --data-dir "$DIR/etcd" --unsafe-no-fsync --log-level warn \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster default=http://127.0.0.1:2380
}

start_api_server() {
    daemon apiserver "$BIN/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 \
        --bind-address=0.0.0.0 --advertise-address=$NODE_IP --cert-dir="$DIR/pki" \
        --tls-cert-file="$DIR/pki/apiserver.crt" --tls-private-key-file="$DIR/pki/apiserver.key" \
        --client-ca-file="$DIR/pki/ca.crt" --token-auth-file="$DIR/tokens.csv" \
        --kubelet-client-certificate="$DIR/pki/apiserver-kubelet.crt" \
        --kubelet-client-key="$DIR/pki/apiserver-kubelet.key" --kubelet-certificate-authority="$DIR/pki/ca.crt" \
        --kubelet-preferred-address-types=InternalIP --service-account-issuer=https://kubernetes.default.svc \
        --service-account-key-file="$DIR/pki/sa.key" --service-account-signing-key-file="$DIR/pki/sa.key" \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
        --service-cluster-ip-range=$SERVICE_NETWORK --allow-privileged=true
}

start_controllers() {
    daemon kcm "$BIN/kube-controller-manager" --kubeconfig="$DIR/kcm.kubeconfig" --bind-address=127.0.0.1 \
        --use-service-account-credentials=true --service-account-private-key-file="$DIR/pki/sa.key" \
        --root-ca-file="$DIR/pki/ca.crt" --leader-elect=false
    daemon scheduler "$BIN/kube-scheduler" --kubeconfig="$DIR/scheduler.kubeconfig" --bind-address=127.0.0.1 \
        --leader-elect=false
    # On the bridge's address, which every pod reaches without help of kube-proxy.
    daemon dns "$PYTHON" "$HERE/dns.py" --listen "$POD_GATEWAY" --kubeconfig "$DIR/dns.kubeconfig"
}

start_kubelet() {
    : >"$DIR/resolv.conf"
    cat >"$DIR/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 0.0.0.0
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $DIR/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $DIR/pki/kubelet.crt
tlsPrivateKeyFile: $DIR/pki/kubelet.key
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
cgroupsPerQOS: true
enforceNodeAllocatable: [pods]
failSwapOn: false
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
maxOpenFiles: $(ulimit -Hn)
oomScoreAdj: 0
clusterDNS: [$POD_GATEWAY]
clusterDomain: cluster.local
resolvConf: $DIR/resolv.conf
volumePluginDir: $DIR/volume-plugins
syncFrequency: 5s
# The node is Ready when the first report says so; the second one comes after this time.
nodeStatusUpdateFrequency: 1s
nodeStatusReportFrequency: 5m
rotateCertificates: false
END
    daemon kubelet "$BIN/kubelet" --config="$DIR/kubelet.yaml" --kubeconfig="$DIR/kubelet.kubeconfig" \
        --hostname-override=$NODE --node-ip=$NODE_IP --root-dir=/var/lib/kubelet --container-runtime=remote \
        --container-runtime-endpoint=unix:///run/containerd/containerd.sock \
        --pod-infra-container-image=tgs.local/pause:1 --v=1
}

start_proxy() {
    cat >"$DIR/proxy.yaml" <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $DIR/proxy.kubeconfig}
mode: iptables
hostnameOverride: $NODE
clusterCIDR: $POD_NETWORK
# A pod that calls another pod of this bridge by a Service needs the answer to come back through the node, with or
# without the kernel's br_netfilter.
iptables: {masqueradeAll: true, minSyncPeriod: 0s, syncPeriod: 30s}
oomScoreAdj: 0
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
END
    daemon proxy "$BIN/kube-proxy" --config="$DIR/proxy.yaml" --v=1
}

import_images() {
    local image
    for image in $IMAGES; do ctr -n k8s.io images import "$image" >/dev/null; done
}

node_is_ready() {
    local status
    status=$("$KUBECTL" --kubeconfig="$DIR/admin.kubeconfig" get node "$NODE" \
        -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')
    [ "$status" = True ]
}

has_default_account() { "$KUBECTL" --kubeconfig="$DIR/admin.kubeconfig" -n default get serviceaccount default; }

api_is_ready() {
    curl -sf --noproxy '*' --cacert "$DIR/pki/ca.crt" -H "Authorization: Bearer $TOKEN" "$API/readyz"
}

cd "$DIR"
export PATH=$DIR/bin:$PATH
set_up_network
set_up_folders
set_up_cgroups
step "network, folders, cgroups"
start_containerd
set_up_keys
TOKEN=$(head -n 1 tokens.csv | cut -d, -f1)
step "keys and certificates"
start_etcd
start_api_server
until_ok 60 "containerd answers" ctr version
import_images
step "containerd, $(echo "$IMAGES" | wc -w) images"
until_ok 120 "the API server is ready" api_is_ready
step "etcd, API server"
start_controllers
start_kubelet
start_proxy
until_ok 120 "the node is Ready" node_is_ready
until_ok 60 "the default ServiceAccount is there" has_default_account
step "controllers, kubelet, proxy, DNS"
touch "$DIR/ready"
# Children of children that lost their parent come to PID 1; bash reaps them while it waits.
while :; do
    sleep 3600 &
    wait $! || true
done
