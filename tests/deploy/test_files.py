"""What ``deploy/`` says is so: names of settings, options, files and packages are looked up where they are made."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest
import yaml

from klal.cli.main import cli
from klal.services.checking.settings import KNOWN
from klal.store.configuration import Configuration
from tests.certificates import make_certificate
from tests.nginx import Nginx, find_nginx
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
PLACES = {"%i": "8001", "/var/backups/klal": "backups"}


def words_fit(words: list[str]) -> None:
    """Have the command line read a command as it is deployed, without doing it."""
    name, *options = [PLACES.get(word, word) for word in words]
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None, name
    command.make_context(name, options, parent=context)


def settings_in(path: Path) -> dict[str, str]:
    lines = [line.removeprefix("#") for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"#?[A-Z_]+=", line)]
    return dict(line.split("=", 1) for line in lines)


def pins_in(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", text, re.MULTILINE))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_there_is(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    program, *words = shlex.split(re.search(r"^ExecStart=(.+)$", text, re.MULTILINE)[1])  # type: ignore[index]
    assert program == "/opt/klal/bin/klal"
    words_fit(words)
    assert set(re.findall(r"\bKLAL_\w+", text)) <= set(KNOWN)


def test_systemd_takes_the_units_and_finds_them_guarded(tmp_path: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:
        pytest.skip("no systemd-analyze here")
    made = []
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text(encoding="utf-8").replace("/opt/klal/bin/klal", str(Path(sys.executable).with_name("klal")))
        made.append(tmp_path / path.name.replace("@", "@1"))
        made[-1].write_text(text, encoding="utf-8")
        if "@" in path.name:
            (tmp_path / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run([analyse, "verify", *map(str, made)], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=PATIENCE)
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("systemd-analyze needs more of a system than there is here")
    assert (done.returncode, done.stderr) == (0, "")
    for one in made:
        if one.suffix == ".service":
            words = [analyse, "security", "--offline=yes", "--no-pager", "--threshold=40", str(one)]
            assert subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE).returncode == 0, one.name


def test_the_settings_for_systemd_are_known_and_can_be_read(tmp_path: Path) -> None:
    given = settings_in(DEPLOY / "klal.env")
    assert set(given) <= set(KNOWN)
    found = Configuration.from_environment({**given, "KLAL_HOME": str(tmp_path), "KLAL_SECRET_KEY": "s" * 40})
    assert (found.https, found.log, found.log_level) == (True, "json", "info")
    assert found.sends_mail


def test_the_lock_of_an_installation_is_part_of_the_tested_one() -> None:
    tested = pins_in("develop.lock")
    for name in ("klal.lock", "build.lock"):
        pins = pins_in(name)
        assert pins
        assert pins.items() <= tested.items(), name
    wanted = re.findall(
        r'^  "([a-z0-9-]+)[^"]*",$', (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("]\n")[0], re.MULTILINE
    )
    assert set(wanted) <= set(pins_in("klal.lock"))


def test_the_image_is_made_of_what_there_is(tmp_path: Path) -> None:
    """There is no engine here: what its lines name exists, its server and its health check are commands, and its wheel can be built."""
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Containerfile").read_text(encoding="utf-8"))
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    known = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {kind for kind, _ in lines} <= known
    copied = [word for kind, rest in lines if kind == "COPY" and "--from" not in rest for word in rest.split()[:-1]]
    assert all((ROOT / word).exists() for word in copied)
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    assert {f"!{Path(word)}" for word in copied} <= set(ignored)
    (start,) = [rest for kind, rest in lines if kind == "CMD"]
    words_fit(yaml.safe_load(start))
    (health,) = [rest for kind, rest in lines if kind == "HEALTHCHECK"]
    compile(yaml.safe_load(health.split("CMD ")[1])[2], "health", "exec")
    assert [rest for kind, rest in lines if kind == "USER"] == ["10001:10001"]
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    (wheel,) = tmp_path.glob("klal-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "klal/domain/languages/he/check.toml" in names
    assert "klal/web/templates/klal/base.html" in names


def test_the_composition_is_of_known_settings_commands_and_files() -> None:
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text()))
    assert asked == set(settings_in(DEPLOY / "compose.env"))
    services = found["services"]
    for name in ("web1", "web2", "worker1", "worker2"):
        words_fit(services[name]["command"])
        assert set(services[name]["environment"]) <= set(KNOWN)
        assert services[name]["read_only"]
        assert services[name]["build"]["dockerfile"] == "deploy/Containerfile"
    assert found["networks"]["default"]["ipam"]["config"][0]["subnet"] == services["web1"]["environment"]["KLAL_PROXIES"]
    volumes = {mount.split(":")[0] for one in services.values() for mount in one.get("volumes", ()) if not mount.startswith(".")}
    assert volumes == set(found["volumes"])


def test_the_composition_fills_in_the_file_of_nginx(tmp_path: Path) -> None:
    """Its own sed, and nginx reads what comes out."""
    program = find_nginx()
    if program is None:
        pytest.skip("no nginx here: install the package nginx-light")
    script = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["proxy"]["command"][2].replace("$$", "$")
    shell = (
        script.split(" && ")[0].replace("/klal/nginx.conf", str(DEPLOY / "nginx.conf")).replace("/etc/nginx/conf.d/default.conf", "filled")
    )
    subprocess.run(
        ["sh", "-c", shell], check=True, cwd=tmp_path, env={"KLAL_NAME": "town.example.net", "PATH": "/usr/bin:/bin"}, timeout=PATIENCE
    )
    filled = (tmp_path / "filled").read_text(encoding="utf-8")
    assert "talk.example.org" not in filled
    assert (filled.count("server web1:8000 "), filled.count("server web2:8000 ")) == (3, 3)
    assert "access_log /dev/stdout klal;" in filled
    with Nginx(program, tmp_path / "nginx", (1, 2), make_certificate(tmp_path / "tls")) as nginx:  # the file itself is taken
        assert nginx.ask_plainly("/")[0] == 308
