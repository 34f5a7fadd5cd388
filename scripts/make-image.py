#!/usr/bin/env python3
"""Makes a container image without a registry, Docker or root: a docker-archive with one layer.

    make-image.py OUT.tar HOST/NAME:TAG [--rootfs DIR] [--add SRC[:DST]]... [--libs] [--env K=V]... [--user UID[:GID]]
                  [--workdir DIR] [--entrypoint PROGRAM ARGUMENT...]

The same input gives the same bytes: entries are sorted, times are 0, owners are root. `ctr images import OUT.tar` or
`node.sh load-image OUT.tar` takes it in.

--rootfs DIR   everything below DIR, as it is
--add SRC:DST  a file, or a folder with all below it
--libs         for every program and library added with --add, also the shared objects that ldd names
"""

import argparse
import hashlib
import io
import json
import os
import re
import stat
import subprocess
import sys
import tarfile


class Layer:
    """A tree of entries by path, written as a tar in the order of the paths."""

    def __init__(self):
        # path -> (TarInfo, source file or None)
        self.entries = {}

    def folder(self, path, mode=0o755):
        path = path.strip("/")
        if not path or path in self.entries:
            return
        self.folder(os.path.dirname(path))
        self._put(path, tarfile.DIRTYPE, mode)

    def link(self, path, target):
        self.folder(os.path.dirname(path))
        self._put(path, tarfile.SYMTYPE, 0o777, linkname=target)

    def file(self, path, source):
        # What leads to the file may be a link (/lib -> usr/lib): the file goes where the link points.
        path = self._resolve(os.path.dirname(path.strip("/"))) + "/" + os.path.basename(path)
        self.folder(os.path.dirname(path))
        status = os.stat(source)
        self._put(path, tarfile.REGTYPE, stat.S_IMODE(status.st_mode), size=status.st_size, source=source)

    def tree(self, source, destination):
        """A folder and all below it; links stay links."""
        for folder, folders, files in os.walk(source):
            folders.sort()
            inside = os.path.normpath(os.path.join(destination, os.path.relpath(folder, source)))
            if inside.strip("/.") :
                self.folder(inside, stat.S_IMODE(os.stat(folder).st_mode))
            for name in sorted(files + folders):
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    self.link(os.path.join(inside, name), os.readlink(path))
                elif os.path.isfile(path) and name in files:
                    self.file(os.path.join(inside, name), path)

    def libraries(self, program):
        """What the dynamic linker would load for a program, where it would look for it."""
        answer = subprocess.run(["ldd", program], capture_output=True, text=True)
        missing = re.findall(r"(\S+) => not found", answer.stdout)
        if missing:
            sys.exit(f"make-image.py: {program} needs {', '.join(missing)}, which this machine has not")
        for match in re.finditer(r"(?:=>\s+)?(/\S+)\s+\(0x", answer.stdout):
            self.file(match.group(1), os.path.realpath(match.group(1)))

    def write(self, out):
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for path in sorted(self.entries):
                info, source = self.entries[path]
                if source:
                    with open(source, "rb") as data:
                        archive.addfile(info, data)
                else:
                    archive.addfile(info)

    def _resolve(self, path):
        parts, done = [p for p in path.split("/") if p], ""
        while parts:
            done = os.path.join(done, parts.pop(0))
            entry = self.entries.get(done)
            if entry and entry[0].type == tarfile.SYMTYPE:
                target = os.path.normpath(os.path.join("/", os.path.dirname(done), entry[0].linkname)).strip("/")
                parts, done = [p for p in target.split("/") if p] + parts, ""
        return done

    def _put(self, path, kind, mode, size=0, linkname="", source=None):
        path = path.strip("/")
        info = tarfile.TarInfo(path)
        info.type, info.mode, info.size, info.linkname = kind, mode, size, linkname
        self.entries[path] = (info, source)


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("reference", metavar="HOST/NAME:TAG")
    parser.add_argument("--rootfs")
    parser.add_argument("--add", action="append", default=[], metavar="SRC[:DST]")
    parser.add_argument("--libs", action="store_true")
    parser.add_argument("--env", action="append", default=[], metavar="K=V")
    parser.add_argument("--user", default="")
    parser.add_argument("--workdir", default="")
    parser.add_argument("--entrypoint", nargs=argparse.REMAINDER, default=[])
    return parser.parse_args()


def build_layer(options):
    layer = Layer()
    if options.rootfs:
        layer.tree(options.rootfs, "/")
    for path in ("etc", "dev", "proc", "sys"):
        layer.folder(path)
    layer.folder("tmp", 0o1777)
    for item in options.add:
        source, _, destination = item.partition(":")
        destination = destination or source
        if os.path.isdir(source):
            layer.tree(source, destination)
            files = [os.path.join(f, n) for f, _, names in os.walk(source) for n in names]
        else:
            layer.file(destination, os.path.realpath(source))
            files = [source]
        if options.libs:
            for path in files:
                if os.path.isfile(path) and is_elf(path):
                    layer.libraries(path)
    return layer


def main():
    options = arguments()
    reference = options.reference
    if "/" not in reference or ":" not in reference:
        sys.exit(f"make-image.py: {reference} must be called HOST/NAME:TAG, such as tgs.local/{reference}:1")
    temporary = f"{options.out}.{os.getpid()}"
    with open(temporary + ".layer", "w+b") as out:
        try:
            build_layer(options).write(out)
            out.seek(0)
            digest = hashlib.sha256()
            while block := out.read(1 << 20):
                digest.update(block)
            size = out.tell()
            out.seek(0)
            config = {
                "Entrypoint": options.entrypoint or None,
                "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] + options.env,
                "User": options.user,
                "WorkingDir": options.workdir,
            }
            image = {
                "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine),
                "os": "linux",
                "config": config,
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest.hexdigest()]},
                "history": [{"created_by": "make-image.py"}],
            }
            image_bytes = json.dumps(image, sort_keys=True).encode()
            image_name = hashlib.sha256(image_bytes).hexdigest() + ".json"
            manifest = [{"Config": image_name, "RepoTags": [reference], "Layers": ["layer.tar"]}]
            with tarfile.open(temporary, "w", format=tarfile.GNU_FORMAT) as archive:
                for name, data in ((image_name, image_bytes), ("manifest.json", json.dumps(manifest).encode())):
                    info = tarfile.TarInfo(name)
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
                info = tarfile.TarInfo("layer.tar")
                info.size = size
                archive.addfile(info, out)
            os.replace(temporary, options.out)
        finally:
            os.unlink(temporary + ".layer")
            if os.path.exists(temporary):
                os.unlink(temporary)
    print(f"{reference}  {size / 1e6:.1f} MB  sha256:{digest.hexdigest()[:12]}")


if __name__ == "__main__":
    main()
