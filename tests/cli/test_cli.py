"""The command line as a user runs it: its own process, standard output and error apart, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from klal.io import ExportFormat, read_conversation, write_conversation
from klal.services.demonstration import demonstration
from tests.waiting import PATIENCE

KLAL = Path(sys.executable).with_name("klal")


def run(*arguments: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if name not in {"LANG", "LC_ALL", "LC_MESSAGES", "KLAL_DEBUG"}}
    return subprocess.run(
        [str(KLAL), *map(str, arguments)],
        cwd=cwd,
        env={**plain, "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def conversation_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("conversation") / "demo.parquet"
    write_conversation(demonstration(), path, format=ExportFormat.PARQUET)
    return path


def test_analysing_prints_a_summary_and_nothing_on_standard_error(conversation_file, tmp_path):
    done = run("analyse", conversation_file, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "260 participants" in done.stdout
    assert "three" in done.stdout
    assert (tmp_path / "klal-report" / "report.html").exists()
    assert str(Path("klal-report") / "report.html") in done.stdout


def test_the_summary_for_programs_is_one_document(conversation_file, tmp_path):
    done = run("analyse", conversation_file, "--json", "--seed", 4, "--out", "there", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert document["provenance"]["seed"] == 4
    assert document["files"][0] == str(Path("there") / "report.html")


def test_hebrew_by_option_and_by_terminal(conversation_file, tmp_path):
    for arguments, environment in ((("--language", "he"), {}), ((), {"LANG": "he_IL.UTF-8"})):
        done = run("analyse", conversation_file, *arguments, cwd=tmp_path, **environment)
        assert "קבוצות דעה" in done.stdout
        assert 'lang="he"' in (tmp_path / "klal-report" / "report.html").read_text(encoding="utf-8")


def test_polis_groups_and_ranks(conversation_file, tmp_path):
    (tmp_path / "ranks.csv").write_text("participant,age\n1,old\n2,young\n", encoding="utf-8")
    done = run("analyse", conversation_file, "--grouping", "polis", "--ranks", "ranks.csv", cwd=tmp_path)
    assert done.returncode == 0
    document = json.loads((tmp_path / "klal-report" / "analysis.json").read_text(encoding="utf-8"))
    assert document["provenance"]["settings"]["grouping"]["method"] == "polis"
    assert document["ranks"][0]["feature"] == "age"


def test_columns_can_be_named(tmp_path):
    lines = "".join(f"{k % 30},{k // 30},{1 if (k % 30 < 15) == (k // 30 < 5) else -1}\n" for k in range(300))
    (tmp_path / "answers.csv").write_text("who,item,answer\n" + lines, encoding="utf-8")
    assert run("analyse", "answers.csv", cwd=tmp_path).returncode == 2
    done = run("analyse", "answers.csv", "--columns", "participant=who,statement=item,vote=answer", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "30 participants" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("analyse", "nope"), "klal: nope: there is no such file or folder."),
        (("analyse", "bad.csv"), "klal: bad.csv, line 3: found the vote 7"),
        (("analyse", "bad.csv", "--language", "xx"), "klal: --language: found xx, needed en / he"),
        (("analyse", "bad.csv", "--columns", "nonsense"), "klal: --columns: found nonsense"),
        (("analyse", "bad.csv", "--columns", "vote="), "klal: --columns: found vote="),
        (("simulate", "--groups", "2"), "klal: --groups: found 2"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(tmp_path, arguments, sentence):
    (tmp_path / "bad.csv").write_text("participant,statement,vote\n1,1,1\n1,2,7\n", encoding="utf-8")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["bad.csv"]


def test_errors_speak_the_readers_language(tmp_path):
    done = run("analyse", "nope", cwd=tmp_path, KLAL_LANGUAGE="he")
    assert done.returncode == 2
    assert "אין" in done.stderr


def test_a_wrong_option_is_bad_input_too(tmp_path):
    done = run("analyse", "x", "--grouping", "nonsense", cwd=tmp_path)
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert run("nonsense", cwd=tmp_path).returncode == 2
    assert run("analyse", "x", "--seed", "-1", cwd=tmp_path).returncode == 2


def test_converting_there_and_back_brings_the_same_votes(conversation_file, tmp_path):
    done = run("convert", conversation_file, "--format", "polis-1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "demo-polis-1" in done.stdout
    assert run("convert", "demo-polis-1", "--format", "parquet", cwd=tmp_path).returncode == 0
    again = read_conversation(tmp_path / "demo-polis-1.parquet")
    first = read_conversation(conversation_file)
    assert again.log.to_matrix().digest() == first.log.to_matrix().digest()
    assert [one.text for one in again.statements] == [one.text for one in first.statements]


def test_the_input_is_never_written_over(tmp_path):
    write_conversation(demonstration(), tmp_path / "mine.parquet", format=ExportFormat.PARQUET)
    before = (tmp_path / "mine.parquet").read_bytes()
    done = run("convert", "mine.parquet", "--format", "parquet", cwd=tmp_path)
    assert done.returncode == 2
    assert "--out" in done.stderr
    assert (tmp_path / "mine.parquet").read_bytes() == before


def test_statements_keep_their_room_on_a_narrow_terminal(conversation_file, tmp_path):
    done = run("analyse", conversation_file, cwd=tmp_path, COLUMNS="80")
    assert "every child" in " ".join(done.stdout.lower().replace("│", " ").split())


def test_a_demonstration_in_every_language(tmp_path):
    done = run("demo", "--out", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for code in ("en", "he"):
        page = (tmp_path / "demo" / code / "report.html").read_text(encoding="utf-8")
        assert f'lang="{code}"' in page
        assert str(Path("demo") / code / "report.html") in done.stdout
    assert run("demo", "--out", "demo", cwd=tmp_path).returncode == 0


def test_a_simulated_conversation_can_be_analysed(tmp_path):
    assert run("simulate", "--participants", 80, "--statements", 20, "--votes", 12, "--out", "s.parquet", cwd=tmp_path).returncode == 0
    assert run("analyse", "s.parquet", cwd=tmp_path).returncode == 0


def test_help_and_version_answer(tmp_path):
    for name in ("analyse", "convert", "demo", "export", "import", "open", "simulate"):
        done = run(name, "--help", cwd=tmp_path)
        assert done.returncode == 0
        assert "Usage" in done.stdout
        assert name in run("--help", cwd=tmp_path).stdout
    assert "0.1.0" in run("--version", cwd=tmp_path).stdout
