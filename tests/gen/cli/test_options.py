"""Parameters from `-p`, from files and from presets."""

import pytest

from systola.gen.cli.options import component_of, save, settings_of, values
from systola.gen.errors import UsageError


def test_settings_replace_those_of_the_preset(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text('generator = "systolic"\n[parameters]\nrows = 3\nproduct_register = false\n')
    assert values(["rows = 4"], file, "systolic") == {"rows": "4", "product_register": "false"}
    _, component = component_of("systolic", ["rows=4", "cols=2"], file)
    assert (component.described().p.rows, component.p.cols, component.p.product_register) == (4, 2, False)


def test_an_accelerator_has_presets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("systola", "core"):
        generator, component = component_of(name, ["banks=2"], type(tmp_path)("small"))
        assert generator.name == "systola"
        assert (component.described().p.size, component.p.banks) == (4, 2)


def test_a_file_precedes_the_preset_of_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small").write_text("[parameters]\nsize = 2\n")
    assert values(None, type(tmp_path)("small"), "systola") == {"size": "2"}


@pytest.mark.parametrize("generator", ["core", "systola"])
def test_a_file_may_name_the_accelerator_by_its_alias(tmp_path, generator):
    (tmp_path / "p.toml").write_text(f'generator = "{generator}"\n[parameters]\nsize = 8\n')
    assert values(None, tmp_path / "p.toml", "systola") == {"size": "8"}


def test_a_value_may_contain_an_equals_sign():
    assert settings_of(["map=a=b"]) == {"map": "a=b"}
    with pytest.raises(UsageError, match="-p map: a parameter is set as NAME=VALUE"):
        settings_of(["map"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rows = 3", "unknown key 'rows'; a preset has 'generator' and a [parameters] table."),
        ("[parameters", " is not TOML:"),
        ('generator = "broadcast"', " is a preset of broadcast, not of systolic."),
        ('generator = ["a"]', " is a preset of ['a'], not of systolic."),
        ("parameters = 3", "'parameters' must be a table."),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, text, sentence):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(UsageError) as error:
        values(None, tmp_path / "bad.toml", "systolic")
    assert str(error.value).startswith(str(tmp_path / "bad.toml"))
    assert sentence in str(error.value)


def test_an_unwritable_result_is_one_sentence(tmp_path):
    with pytest.raises(UsageError, match=r"cannot write .*: Is a directory"):
        save(tmp_path, {})
    save(None, {})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("synth pe --placer q", "--placer q: it must be heap or static."),
        ("sim pe --time-limit z", "--time-limit z: it must be a number of at least 1."),
        ("run gemm --latency 1", "--latency 1: it must be an integer from 2 to 1000."),
        ("gen pe --bad", "no such option: --bad; see `systola gen --help`."),
        ("nope", "no such command 'nope'; see `systola --help`."),
    ],
)
def test_a_rejected_line_is_one_sentence(refused, line, expected):
    assert refused(*line.split()) == expected


def test_a_group_without_a_command_prints_its_help(systola):
    run = systola("board")
    assert run.returncode == 2
    assert run.stderr.startswith("Usage: systola board [OPTIONS] COMMAND")
