#!/usr/bin/env bash
# build-control-plane.sh [--refresh]: kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy and kubelet
# 1.20.2, built from Debian 12's own source package with Debian's Go, into
# ${TGS_CACHE_DIR:-~/.cache/telegram-serverless}/kubernetes-1.20.2/bin. 5 minutes on two cores; nothing when done before.
#
# --refresh asks the package archive whether Debian has a newer revision, and builds that then.
# Takes no root, once golang-1.19-go and dpkg-dev are there. The machine's own apt settings and lists stay as they are.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"

# Counts the changes below to Debian's source: a higher number makes earlier builds invalid.
#   1: container garbage collection every 5 s
#   2: reflect2 1.0.2 instead of the vendored 1.0.1
PATCH_LEVEL=2
PROGRAMS=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
STAMP=$KUBERNETES/.stamp
WORK=$KUBERNETES/work

# stamp_is_valid [VERSION]: whether what is there was built at this patch level (from this source version).
stamp_is_valid() {
    local program wanted="kubernetes ${1:-*} patch level $PATCH_LEVEL"
    for program in "${PROGRAMS[@]}"; do [ -x "$KUBERNETES/bin/$program" ] || return 1; done
    # shellcheck disable=SC2053 # a pattern: any version will do when none is named
    [ -f "$STAMP" ] && [[ $(cat "$STAMP") == $wanted ]]
}

# An apt of our own: the machine's Debian archives as source archives, lists in the work folder.
APT=()
prepare_apt() {
    local codename parts=$WORK/apt/parts
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    [ "$codename" = bookworm ] || fail "the control plane is built from the source package of Debian 12 (bookworm)," \
        "this is '${codename:-no Debian}': set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl."
    rm -rf "$WORK/apt"
    mkdir -p "$WORK/apt/lists/partial" "$parts"
    local file
    for file in /etc/apt/sources.list.d/*.sources; do
        [ -f "$file" ] || continue
        awk -v RS= -v ORS='\n\n' -v suite="$codename" '
            $0 ~ "(^|\n)Suites:[^\n]* " suite "([ \n-]|$)" && /(^|\n)Components:[^\n]* main/ {
                gsub(/(^|\n)Types:[^\n]*/, "\nTypes: deb-src"); sub(/^\n/, ""); print
            }' "$file"
    done >"$parts/debian.sources"
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
        sed -nE "s/^deb(-src)? +((\[[^]]*\] +)?[^ ]+ +$codename(-(updates|security))? .*main.*)/deb-src \2/p" \
            >"$parts/debian.list"
    [ -s "$parts/debian.sources" ] || [ -s "$parts/debian.list" ] ||
        fail "no Debian archive for $codename in /etc/apt/sources.list*: its source packages are needed"
    APT=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$parts" -o "Dir::State::lists=$WORK/apt/lists"
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Acquire::Languages=none -o Acquire::Retries=3)
    [ "$(id -u)" != 0 ] || APT+=(-o APT::Sandbox::User=root)
    apt-get "${APT[@]}" update -qq ||
        fail "the source lists cannot be had (deb-src) from the archives in /etc/apt/sources.list*;" \
            "check the network, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl"
}

source_version() {
    apt-cache "${APT[@]}" showsrc --only-source kubernetes 2>/dev/null | sed -n 's/^Version: //p' | sort -V | tail -n 1
}

unpack() {
    local version=$1
    mkdir -p "$WORK/src"
    cd "$WORK/src"
    apt-get "${APT[@]}" source -qq --download-only "kubernetes=$version" ||
        fail "the source package kubernetes $version cannot be had"
    rm -rf "$WORK/gopath"
    mkdir -p "$WORK/gopath/src/k8s.io"
    # apt-get has checked the files against the signed list already.
    dpkg-source --no-check -x ./*.dsc "$WORK/gopath/src/k8s.io/kubernetes" >/dev/null
    say "unpacked kubernetes $version"
}

patch_source() {
    # 1.20.2 keeps a deleted pod's API object until its sandbox is removed, which a race can leave to the container
    # collection once a minute (seen: 45 to 78 s after the last container's end).
    sed -i 's/ContainerGCPeriod = time.Minute$/ContainerGCPeriod = 5 * time.Second/' pkg/kubelet/kubelet.go
    grep -q 'ContainerGCPeriod = 5 \* time.Second$' pkg/kubelet/kubelet.go ||
        fail "pkg/kubelet/kubelet.go is not as expected: the patch must be made anew"
    # The vendored reflect2 1.0.1 calls the runtime's map iterator as Go had it before 1.18; with a newer Go every JSON
    # map that is written corrupts memory, and the API server panics sooner or later. Debian has the mended 1.0.2.
    (
        cd "$WORK/src"
        # From Debian's binary archives: this package is architecture-independent Go source.
        apt-get -qq download golang-github-modern-go-reflect2-dev 2>/dev/null ||
            { as_root apt-get -qq -o DPkg::Lock::Timeout=600 update && apt-get -qq download golang-github-modern-go-reflect2-dev; } ||
            fail "the Debian package golang-github-modern-go-reflect2-dev cannot be had"
        dpkg-deb -x golang-github-modern-go-reflect2-dev_*.deb reflect2
    )
    local vendored=vendor/github.com/modern-go/reflect2
    rm -rf "$vendored"
    cp -r "$WORK/src/reflect2/usr/share/gocode/src/github.com/modern-go/reflect2" "$vendored"
    rm -f "$vendored"/*_test.go
    grep -q 'func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer, it \*hiter)' "$vendored/go_above_118.go" ||
        fail "reflect2 is not the mended one: $vendored"
}

# pkg/generated/openapi is not in the source package: made as upstream's Makefile makes it.
generate_openapi() {
    local directories
    go build -o "$WORK/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
    # vendor/k8s.io/* are links into staging/src/k8s.io/*: the packages are named by their import paths.
    directories=$({
        grep -rl --include=*.go '+k8s:openapi-gen=' pkg cmd plugin | xargs -n1 dirname | sed 's,^,k8s.io/kubernetes/,'
        (cd staging/src && grep -rl --include=*.go '+k8s:openapi-gen=' k8s.io) |
            grep -v -e code-generator -e sample- -e /testdata/ | xargs -n1 dirname | sed 's,^,k8s.io/kubernetes/vendor/,'
    } | LC_ALL=C sort -u | paste -sd,)
    "$WORK/openapi-gen" --logtostderr -i "$directories" -p k8s.io/kubernetes/pkg/generated/openapi \
        -O zz_generated.openapi -h vendor/k8s.io/code-generator/hack/boilerplate.go.txt -r "$WORK/violations" \
        2>"$WORK/openapi-gen.log" || { tail -n 20 "$WORK/openapi-gen.log" >&2; fail "openapi-gen failed"; }
    say "generated the OpenAPI definitions"
}

compile() {
    local flags="-s -w" variable package total count pid
    # /version is answered with client-go's copy, --version with component-base's; each may be known by either path.
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        for variable in "$package" "k8s.io/kubernetes/vendor/$package"; do
            flags+=" -X $variable.gitVersion=v1.20.2 -X $variable.gitMajor=1 -X $variable.gitMinor=20"
            flags+=" -X $variable.gitTreeState=clean"
        done
    done
    local tags='providerless dockerless nokmem'
    local commands=("${PROGRAMS[@]/#/./cmd/}")
    total=$(go list -tags "$tags" -deps "${commands[@]}" | wc -l)
    mkdir -p "$WORK/bin"
    go build -v -tags "$tags" -ldflags "$flags" -o "$WORK/bin/" "${commands[@]}" >"$WORK/build.log" 2>&1 &
    pid=$!
    local ticks=0
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        ticks=$((ticks + 1))
        if [ $((ticks % 15)) = 0 ]; then
            count=$(wc -l <"$WORK/build.log")
            say "compiling: $count of at most $total packages"
        fi
    done
    wait "$pid" || { tail -n 30 "$WORK/build.log" >&2; fail "go build failed"; }
}

main() {
    local refresh=false version
    case ${1:-} in
    --refresh) refresh=true ;;
    '') ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
    esac
    if ! $refresh && stamp_is_valid; then
        say "control plane: $(cat "$STAMP"), in $KUBERNETES/bin"
        return
    fi
    mkdir -p "$KUBERNETES"
    exec 9>"$KUBERNETES/.lock"
    if ! flock -n 9; then
        say "another build is under way ($KUBERNETES/.lock): waiting for it"
        flock 9
    fi
    if ! $refresh && stamp_is_valid; then
        say "control plane: $(cat "$STAMP"), in $KUBERNETES/bin"
        return
    fi
    install_packages golang-1.19-go dpkg-dev xz-utils ca-certificates
    local free
    free=$(df --output=avail -m "$KUBERNETES" | tail -n 1)
    [ "$free" -ge 4000 ] || fail "$KUBERNETES has $free MB of free space; the build takes up to 4000"
    say "building the control plane (about 5 minutes on two cores)"
    mkdir -p "$WORK"
    prepare_apt
    version=$(source_version)
    [ -n "$version" ] || fail "the archives in /etc/apt/sources.list* have no source package kubernetes"
    if $refresh && stamp_is_valid "$version"; then
        say "control plane: already $version"
        return
    fi
    [[ $version == *1.20.2* ]] || fail "Debian's kubernetes is $version now; this script knows 1.20.2"
    unpack "$version"
    cd "$WORK/gopath/src/k8s.io/kubernetes"
    export GO111MODULE=off GOPATH=$WORK/gopath CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local GOCACHE=$WORK/gocache
    export PATH=/usr/lib/go-1.19/bin:$PATH
    unset GOROOT
    patch_source
    generate_openapi
    compile
    # One rename each: programs that run now go on, those started later are the new ones.
    mkdir -p "$KUBERNETES/bin"
    rm -f "$STAMP"
    mv -f "$WORK"/bin/* "$KUBERNETES/bin/"
    echo "kubernetes $version patch level $PATCH_LEVEL" >"$STAMP"
    cd /
    chmod -R u+w "$WORK"
    rm -rf "$WORK"
    say "control plane: $(cat "$STAMP"), in $KUBERNETES/bin"
}

main "$@"
