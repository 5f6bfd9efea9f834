"""Tests of the page tests: blocks, marks and comparisons; a page with a mistake is reported."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import test_pages
from blocks import agrees, blocks, commands, is_excerpt

PAGE = """\
# A page

<!-- not run: no board -->

    systola board flash icebreaker

<!-- slow -->

```console
systola sim pe
```

1. A list

   <!-- excerpt: hw/array/pe.py -->

       some text

```{code-cell} python
x = 1
```

    a -> b

<!-- slow -->
A paragraph ends a mark's scope.

```python
y = 2
```
"""


def test_blocks_have_kinds_and_marks():
    assert [(block.kind, block.marks) for block in blocks(PAGE)] == [
        ("commands", {"not run": "no board"}),
        ("commands", {"slow": ""}),
        ("text", {"excerpt": "hw/array/pe.py"}),
        ("python", {}),
        ("text", {}),
        ("python", {}),
    ]


def test_commands_have_outputs():
    assert commands("$ a b\nout\nmore\n$ c\n") == [("a b", "out\nmore"), ("c", None)]
    assert commands("a b  # comment\nc\n") == [("a b  # comment", None), ("c", None)]


def test_outputs_are_compared_except_for_space_and_dots():
    assert agrees("took ... s\n2  results", "took 1.5 s 2 results\n")
    assert not agrees("took ... s", "took 1.5 s, and more")
    assert not agrees("3 results", "2 results")


def test_excerpts_are_lines_in_order(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("if x:\n    a = 1\n    # why\n    b = 2\n")
    assert is_excerpt("a = 1\nb = 2", file)
    assert not is_excerpt("b = 2\na = 1", file)
    assert not is_excerpt("a = 3", file)


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ("```python\n1 / 0\n```\n", ZeroDivisionError),
        ("    $ systola list --no-such-option\n    all is well\n", AssertionError),
        ("    systola show no_such_generator\n", AssertionError),
        ("    make everything\n", AssertionError),
        ("<!-- except: systola list -->\n\n    systola list --no\n    systola show --no\n", AssertionError),
        ("<!-- excerpt: hw/array/pe.py -->\n\n    not in the file\n", AssertionError),
        ("```toml\na = \n```\n", ValueError),
        ("<!-- not run -->\n\n    make test\n", AssertionError),
    ],
)
def test_mistakes_of_pages_are_reported(page, error, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error):
        test_pages.execute("page.md", blocks(page))
