"""Lay what goes into an image's layers; runs in its builder stages. Standard library only.

    python3 -X no_debug_ranges image_layers.py dependencies LOCK ROOT PLACE
    python3 -X no_debug_ranges image_layers.py code SOURCES ROOT PLACE [--without NAME …]

Beside the lock are its wheels, and pip's. ROOT becomes the layer, PLACE is where in it they go.

The same input gives the same bytes, whoever builds and when: a layer that has not changed is pulled
by no venue again. So no file bears a time, nothing is there that a build writes by chance, and what
is compiled is believed by its place alone: nobody can write beside it there.
"""

import argparse
import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

THEN: Final = 315532800
"""1980-01-01: the time that all in a layer bears."""
LEFT_OUT: Final = (
    "bin",  # the commands of libraries
    "*.dist-info/sboms",
    "*.dist-info/RECORD",  # lists what is left out here
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "**/tests",
    "**/*.pyi",
    "**/*.[ch]",
    "**/*.pyx",
    "**/*.pxd",
    "multidict/_testcapi*",
    "babel/messages",  # makes catalogues of texts; ours are made
    "pygments/lexers/[!_]*",  # programming languages, which nothing here shows
)
"""Of the dependencies: what nothing of ours runs."""
NOT_IMPORTED: Final = frozenset(
    {"ensurepip", "idlelib", "lib2to3", "site-packages", "test", "turtledemo"}
)
"""Of Python's own library: what no program of ours imports."""
_BY_PLACE: Final = py_compile.PycInvalidationMode.UNCHECKED_HASH


def main() -> int:
    """Lay one layer; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("what", choices=("dependencies", "code"))
    parser.add_argument("source", type=Path)
    parser.add_argument("root", type=Path)
    parser.add_argument("place", type=Path)
    parser.add_argument("--without", nargs="+", default=[], help="names of what is laid elsewhere")
    given = parser.parse_args()
    folder = given.root / given.place
    folder.mkdir(parents=True)
    if given.what == "dependencies":
        _install(given.source, folder)
        _leave_out(folder)
        _compile(folder, given.root, optimize=0)
        _compile_pythons_own(given.root)
    else:
        elsewhere = shutil.ignore_patterns("__pycache__", *given.without)
        shutil.copytree(given.source, folder, ignore=elsewhere, dirs_exist_ok=True)
        # Of what Python may leave out our code has docstrings alone; its checks are no asserts.
        _compile(folder, given.root, optimize=2)
    _make_even(given.root)
    return 0


def _install(lock: Path, folder: Path) -> None:
    """Install the wheels that the lock names by their hashes; the index is not asked."""
    pip = next(lock.parent.glob("pip-*.whl")) / "pip"
    quiet = ("--quiet", "--disable-pip-version-check", "--root-user-action", "ignore")
    wheels = ("--no-index", "--find-links", str(lock.parent), "--only-binary", ":all:")
    exactly = ("--require-hashes", "--no-deps", "--no-cache-dir", "--no-compile")
    command = [sys.executable, str(pip), "install", *quiet, *wheels, *exactly]
    subprocess.run([*command, "--target", str(folder), "-r", str(lock)], check=True)


def _leave_out(folder: Path) -> None:
    for pattern in LEFT_OUT:
        for path in list(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _compile(folder: Path, root: Path, *, optimize: int) -> None:
    """Put what is compiled in its sources' place: both would be twice the bytes."""
    done = compileall.compile_dir(
        folder,
        maxlevels=99,
        quiet=1,
        legacy=True,
        optimize=optimize,
        stripdir=str(root),
        prependdir="/",
        invalidation_mode=_BY_PLACE,
    )
    if not done:
        raise SystemExit(f"{folder}: not all of it can be compiled")
    for source in folder.rglob("*.py"):
        source.unlink()


def _compile_pythons_own(root: Path) -> None:
    """Compile Python's library where a base comes without that, as python:slim does.

    It is read-only later, and would be compiled anew at every start.
    """
    library = Path(sysconfig.get_path("stdlib"))
    for source in sorted(library.rglob("*.py")):
        compiled = Path(cache_from_source(str(source)))
        if compiled.exists() or NOT_IMPORTED & set(source.relative_to(library).parts):
            continue
        target = root / compiled.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        py_compile.compile(
            str(source), cfile=str(target), dfile=str(source), invalidation_mode=_BY_PLACE
        )


def _make_even(root: Path) -> None:
    """Let no umask, checkout or wheel decide a mode, and no clock a time."""
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (THEN, THEN))


if __name__ == "__main__":
    raise SystemExit(main())
