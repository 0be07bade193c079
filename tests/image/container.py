"""Builds deploy/Dockerfile and runs containers of the image without a container engine's daemon and without a registry.

buildah does both with chroot as its isolation, which needs no more than root. The base image's stand-in is a Debian
that debootstrap makes, with Debian's Python; it is kept in build/image for the next time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy/Dockerfile"
KEPT = ROOT / "build/image/debian.tar"
SUITE = "bookworm"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def missing() -> str | None:
    """Why no image can be built here; None when it can."""
    lacking = [name for name in ("buildah", "debootstrap") if shutil.which(name) is None]
    if lacking:
        return f"not installed: {', '.join(lacking)}"
    return "buildah's isolation by chroot needs root" if os.geteuid() else None


@dataclass(frozen=True)
class Store:
    """Images and containers, in a folder of their own."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        places = ["--root", str(self.folder / "root"), "--runroot", str(self.folder / "run")]
        return ["buildah", *places, *arguments]

    def do(self, *arguments: str) -> str:
        """Run buildah; RuntimeError with its last words when it fails."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            raise RuntimeError(f"buildah {arguments[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout.strip()

    def build(self) -> str:
        """The image of deploy/Dockerfile, on the base image's stand-in."""
        (base,) = set(re.findall(r"^FROM (\S+)", DOCKERFILE.read_text(), re.MULTILINE))
        scratch = self.do("from", "scratch")
        self.do("add", scratch, str(debian()), "/")
        # what stands between this machine and PyPI may have an authority of its own
        self.do("add", scratch, str(AUTHORITIES), str(AUTHORITIES))
        self.do("config", "--env", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", scratch)
        self.do("commit", "--rm", scratch, f"localhost/{base}")
        chroot = ("--isolation", "chroot", "--network", "host")
        self.do("bud", "--format", "docker", "--pull-never", *chroot, "-t", "kc", "-f", str(DOCKERFILE), ".")
        return "kc"

    def settings(self, image: str) -> dict[str, Any]:
        """What the image says of itself: ``User``, ``Cmd``, ``Healthcheck``, ..."""
        found: dict[str, Any] = json.loads(self.do("inspect", "--type", "image", image))["Docker"]["config"]
        return found

    def container(self, image: str, hosts: Sequence[str]) -> str:
        """A container that knows each of these hosts as this machine."""
        return self.do("from", "--pull-never", *(f"--add-host={host}:127.0.0.1" for host in hosts), image)

    def running(
        self, container: str, command: Sequence[str], environ: Mapping[str, str], volumes: Sequence[str]
    ) -> list[str]:
        """The command that runs a command in a container, as the image's user and in its working folder.

        ``environ``: variables beside the image's own.
        ``volumes``: folders of this machine and of the container, ``HERE:THERE:ro``.
        """
        given = [f"--env={name}={value}" for name, value in environ.items()]
        mounted = [f"--volume={volume}" for volume in volumes]
        return self.command(
            "run", "--isolation", "chroot", "--network", "host", *given, *mounted, container, "--", *command
        )


def debian() -> Path:
    """The file tree of a small Debian with Python, as a tar archive."""
    if not KEPT.exists():
        tree = KEPT.parent / "debian"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        packages = "--include=ca-certificates,python3,python3-venv"
        subprocess.run(
            ["debootstrap", "--variant=minbase", packages, SUITE, str(tree)], check=True, capture_output=True
        )
        (tree / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        made = KEPT.with_suffix(".part")
        subprocess.run(["tar", "-C", str(tree), "-cf", str(made), "."], check=True)
        made.rename(KEPT)
        shutil.rmtree(tree)
    return KEPT
