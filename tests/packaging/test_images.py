"""The images' files keep their rules, and the same sources give the same bytes; without Docker."""

import json
import marshal
import os
import re
import shutil
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ROOT / "tools/image_layers.py"
DOCKERFILES = ("Dockerfile.kiosk", "Dockerfile.fleet")
_PYC_HEADER = 16
LABELS = ("title", "vendor", "licenses", "version", "revision", "created", "source")


def steps(name: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, each with its words, lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word
    ]


def words_of(name: str, *instructions: str) -> list[str]:
    return [rest for word, rest in steps(name) if word in instructions]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_every_stage_is_of_the_one_base_that_is_said(name: str) -> None:
    first, *_ = steps(name)
    assert first == ("ARG", "BASE=python:3.11-slim-bookworm")
    stages = words_of(name, "FROM")
    assert stages == ["${BASE} AS dependencies", "${BASE} AS code", "${BASE}"]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_nothing_that_runs_needs_a_shell(name: str) -> None:
    checks = [rest.partition("CMD ")[2] for rest in words_of(name, "HEALTHCHECK")]
    commands = [*words_of(name, "RUN", "ENTRYPOINT", "CMD"), *checks]
    assert len(commands) >= 5
    for command in commands:
        assert all(isinstance(word, str) for word in json.loads(command))


@pytest.mark.parametrize("name", DOCKERFILES)
def test_it_runs_as_a_user_with_a_number_and_nothing_is_done_after_as_root(name: str) -> None:
    [user] = words_of(name, "USER")
    assert re.fullmatch(r"[1-9]\d{4}:[1-9]\d{4}", user)
    order = [word for word, _ in steps(name)]
    assert not {"RUN", "COPY", "ADD"} & set(order[order.index("USER") :])
    # ADD unpacks and fetches.
    assert "ADD" not in order


@pytest.mark.parametrize("name", DOCKERFILES)
def test_what_changes_seldom_comes_first_and_no_stage_is_copied_whole(name: str) -> None:
    copied = [rest for rest in words_of(name, "COPY") if rest.startswith("--from=")]
    assert copied[0] == "--from=dependencies /out/ /"
    assert len(copied) >= 2
    assert all(re.fullmatch(r"--from=code /out/(\w+/)? /", one) for one in copied[1:])


@pytest.mark.parametrize("name", DOCKERFILES)
def test_it_bears_its_labels_last(name: str) -> None:
    word, labels = steps(name)[-1]
    assert word == "LABEL"
    for label in LABELS:
        assert f"org.opencontainers.image.{label}=" in labels
    given = {rest.partition("=")[0] for rest in words_of(name, "ARG")}
    assert given == {"BASE", "VERSION", "REVISION", "CREATED", "SOURCE"}


def test_a_build_is_given_what_its_file_copies_and_nothing_by_accident() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    lines = [line for line in ignored if line and not line.startswith("#")]
    assert lines[0] == "**"
    let_in = {line[1:].split("/")[0] for line in lines if line.startswith("!")}
    copied = {
        word.split("/")[0]
        for name in DOCKERFILES
        for rest in words_of(name, "COPY")
        if not rest.startswith("--from")
        for word in rest.split()[:-1]
    }
    assert let_in == copied


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    shutil.copytree(ROOT / "kiosk_texts", folder / "kiosk_texts")
    return folder


def laid(sources: Path, root: Path, *more: str) -> dict[str, tuple[int, int, bytes | None]]:
    """Lay a layer of code; return each path's mode, time and bytes."""
    command = [sys.executable, "-X", "no_debug_ranges", str(LAYERS)]
    command += ["code", str(sources), str(root), "opt/place", *more]
    subprocess.run(command, check=True)
    found = {}
    for path in [root, *root.rglob("*")]:
        status = path.stat()
        content = path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(root))] = (status.st_mode, int(status.st_mtime), content)
    return found


def test_the_same_sources_give_the_same_layer_whatever_their_times_and_modes(
    sources: Path, tmp_path: Path
) -> None:
    first = laid(sources, tmp_path / "one")
    for path in sources.rglob("*.py"):
        os.utime(path, (1, 1))
        path.chmod(0o600)
    assert laid(sources, tmp_path / "other") == first
    assert {time for _, time, _ in first.values()} == {315532800}
    assert {mode & 0o777 for mode, _, _ in first.values()} == {0o755, 0o644}


def test_a_layer_of_code_has_what_runs_and_no_sources(sources: Path, tmp_path: Path) -> None:
    names = laid(sources, tmp_path / "root").keys()
    assert "opt/place/kiosk_texts/translating.pyc" in names
    assert "opt/place/kiosk_texts/locale/de/LC_MESSAGES/kiosk.mo" in names
    assert not [name for name in names if name.endswith((".py", "__pycache__"))]
    compiled = tmp_path / "root/opt/place/kiosk_texts/translating.pyc"
    code = marshal.loads(compiled.read_bytes()[_PYC_HEADER:])  # noqa: S302  made here
    # Tracebacks tell the image's paths, and what was left out.
    assert code.co_filename == "/opt/place/kiosk_texts/translating.py"
    assert "__doc__" not in code.co_names
    columns = {column for *_, column, _ in code.co_positions()}
    assert columns == {None}


def test_what_is_laid_elsewhere_is_left_out(sources: Path, tmp_path: Path) -> None:
    names = laid(sources, tmp_path / "root", "--without", "locale").keys()
    assert "opt/place/kiosk_texts/translating.pyc" in names
    assert not [name for name in names if "locale" in name]


def test_code_that_is_none_makes_no_layer(sources: Path, tmp_path: Path) -> None:
    (sources / "kiosk_texts/slip.py").write_text("def (\n")
    with pytest.raises(subprocess.CalledProcessError):
        laid(sources, tmp_path / "root")


def test_pythons_own_library_is_compiled_where_a_base_has_it_uncompiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "lib/python3"
    (library / "test").mkdir(parents=True)
    for name in ("plain.py", "done.py", "test/support.py"):
        (library / name).write_text("x = 1\n")
    module = _module()
    done = Path(module.cache_from_source(str(library / "done.py")))
    done.parent.mkdir()
    done.touch()
    monkeypatch.setattr(module.sysconfig, "get_path", lambda _: str(library))
    root = tmp_path / "root"
    module._compile_pythons_own(root)
    made = [path for path in root.rglob("*") if path.is_file()]
    plain = module.cache_from_source(str(library / "plain.py"))
    assert made == [root / Path(plain).relative_to("/")]


def _module() -> ModuleType:
    spec = spec_from_file_location("image_layers", LAYERS)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
