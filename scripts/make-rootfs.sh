#!/usr/bin/env bash
# make-rootfs.sh DIR PACKAGE...: the files of Debian packages and of all they depend on, unpacked into DIR: a root file
# system for an image, made in seconds and without root, because no package's scripts are run.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib/common.sh"
TARGET=${1:?a folder is missing}
shift
TEMPORARY=$(mktemp -d)
trap 'rm -rf "$TEMPORARY"' EXIT
mkdir -p "$TEMPORARY/archives/partial" "$TEMPORARY/root"
: >"$TEMPORARY/status"
# apt believes that nothing is installed, so it wants everything.
OPTIONS=(-o "Dir::State::status=$TEMPORARY/status" -o "Dir::Cache::archives=$TEMPORARY/archives" -o Debug::NoLocking=1
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o "APT::Get::Download-Only=true" -o Acquire::Retries=3)
[ "$(id -u)" != 0 ] || OPTIONS+=(-o APT::Sandbox::User=root)
if ! apt-get "${OPTIONS[@]}" install -y -qq --no-install-recommends "$@" >"$TEMPORARY/log" 2>&1; then
    # The machine's lists may be older than the archive.
    as_root apt-get -o DPkg::Lock::Timeout=600 update -qq >>"$TEMPORARY/log" 2>&1 || true
    apt-get "${OPTIONS[@]}" install -y -qq --no-install-recommends "$@" >"$TEMPORARY/log" 2>&1 ||
        { tail -n 20 "$TEMPORARY/log" >&2; fail "the Debian packages cannot be had: $*"; }
fi
# Debian's merged /usr, which base-files would make when it is installed.
for folder in bin sbin lib lib64; do
    mkdir -p "$TEMPORARY/root/usr/$folder"
    ln -s "usr/$folder" "$TEMPORARY/root/$folder"
done
for package in "$TEMPORARY"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$TEMPORARY/root" --keep-directory-symlink --no-same-owner
done
# Nothing that a running program needs.
rm -rf "$TEMPORARY"/root/usr/share/{doc,man,info,locale,lintian,bug} "$TEMPORARY"/root/var/cache/apt
# What the packages' scripts would have made.
printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n' \
    >"$TEMPORARY/root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$TEMPORARY/root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$TEMPORARY/root/etc/nsswitch.conf"
rm -rf "$TARGET"
mkdir -p "$(dirname "$TARGET")"
chmod 755 "$TEMPORARY/root"
mv "$TEMPORARY/root" "$TARGET"
