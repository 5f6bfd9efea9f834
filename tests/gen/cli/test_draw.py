"""`systola draw`: its output file, and mistakes."""


def test_draw(systola, tmp_path):
    run = systola("draw", "systolic", "-p", "rows=2", "-p", "cols=2", "--depth", "1", "-o", "[b]a.svg")
    assert (run.returncode, run.stdout) == (0, "[b]a.svg\n"), run.stderr
    assert "systolic" in (tmp_path / "[b]a.svg").read_text(encoding="utf-8")


def test_mistakes_write_nothing(refused):
    assert refused("draw", "sistolic", "-o", "a.svg") == "unknown generator 'sistolic': did you mean 'systolic'?"
    assert refused("draw", "uart", "-o", "a.png") == "-o a.png: the name of the file must end in .svg."
    assert refused("draw", "uart", "-o", "no/a.svg").startswith("-o no/a.svg: the file cannot be written: ")
    assert refused("draw", "systolic", "-p", "rows=0", "-o", "a.svg").startswith("rows=0: rows must be")
    assert refused("draw", "uart", "-o", "a.svg", "--depth", "0") == "--depth 0: it must be an integer from 1 to 16."
    assert refused("draw", "uart", "-o", "a.svg", "--depth", "x") == "--depth x: it must be an integer from 1 to 16."
    assert refused("draw", "uart") == "-o FILE is missing (SVG file to write)."
    assert refused("draw", "-o", "a.svg") == "NAME is missing (generator: see `systola list`)."
