"""Discovery of plug-ins: a broken one is reported in one sentence, and never affects the others."""

import json
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from systola.gen import generators
from systola.gen.accelerators import registry
from systola.gen.accelerators.outer_product.accelerator import OuterProductAccelerator
from systola.gen.cli.app import app
from systola.gen.errors import UsageError
from systola.hw import plugins
from systola.hw.mac.bitbrick import BitBrick

OWN = {
    name: EntryPoint(name, f"systola.gen.accelerators.{name}.accelerator:ACCELERATOR", registry.GROUP)
    for name in ("outer_product", "systola")
}


class Point(SimpleNamespace):
    """An entry point whose `load` returns an object, or raises an exception."""

    dist = SimpleNamespace(name="foreign")
    value = "foreign.module:OBJECT"

    def load(self):
        if isinstance(self.gives, BaseException):
            raise self.gives
        return self.gives


def clear():
    plugins.load.cache_clear()
    generators.built_in.cache_clear()


@pytest.fixture
def install(monkeypatch):
    """A function that installs foreign entry points in addition to those of this package, in any group."""

    def put(*points: tuple[str, str, object]):
        def entry_points(*, group):
            own = list(OWN.values()) if group == registry.GROUP else []
            return [Point(name=name, gives=gives) for at, name, gives in points if at == group] + own

        monkeypatch.setattr(plugins, "entry_points", entry_points)
        clear()

    yield put
    monkeypatch.undo()
    clear()


class Variant(OuterProductAccelerator):
    """An accelerator of another package."""

    name = "variant"
    title = "a variant with [brackets]"


def variant(**attributes):
    return type("Changed", (Variant,), attributes)()


GOOD, BRICK = Variant(), generators.Generator("brick", BitBrick)


def test_foreign_plugins_are_added_to_the_built_in_ones(install):
    install((registry.GROUP, "variant", GOOD), (generators.GROUP, "brick", BRICK))
    assert set(registry.accelerators()) == {*OWN, "variant"}
    assert registry.find("variant") is GOOD
    assert generators.find("brick") is BRICK
    assert generators.find("variant").component is Variant.component
    assert generators.broken() == {}


@pytest.mark.parametrize(
    ("gives", "reason"),
    [
        (ImportError("no module named 'torch'\nmore"), "cannot be loaded: ImportError: no module named 'torch'."),
        (AttributeError(), "cannot be loaded: AttributeError: no message."),
        (SystemExit("bye"), "cannot be loaded: SystemExit: bye."),
        (Variant, "is not an instance of systola.gen.accelerators.base.Accelerator."),
        (variant(name="other"), "has name='other', which must be that of the entry point."),
        (variant(component=BitBrick), f"has component={BitBrick!r}, which must be a subclass of hw.accelerator.shell."),
        (variant(component=None), "has component=None, which must be a subclass of hw.accelerator.shell.Shell."),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_a_broken_accelerator_is_a_sentence(install, gives, reason):
    name = getattr(gives, "name", None)
    name = "variant" if name == "variant" else "bad"
    install((registry.GROUP, name, gives), (registry.GROUP, "worse", gives))
    for find in (registry.find, generators.find):
        with pytest.raises(UsageError) as error:
            find(name)
        sentence = str(error.value)
        assert sentence.startswith(f"plug-in '{name}' of package foreign (foreign.module:OBJECT) {reason}")
        assert "\n" not in sentence
    assert {*OWN} <= set(registry.accelerators())
    assert "systolic" in generators.generators()


def test_a_broken_plugin_never_hides_the_generator_of_its_name(install):
    install(
        (generators.GROUP, "systolic", RuntimeError("no")),
        (registry.GROUP, "systola", RuntimeError("no")),
        (registry.GROUP, "outer_product", variant(name="outer_product")),
    )
    assert generators.find("systolic").component.__name__ == "Systolic"
    assert registry.find("core").title == registry.find("systola").title
    assert len(generators.broken()) == 3


def test_a_foreign_generator_never_replaces_one_of_this_package(install):
    install((generators.GROUP, "systolic", generators.Generator("systolic", BitBrick)))
    assert generators.find("systolic").component.__name__ == "Systolic"
    assert generators.broken()["systolic"] == "plug-in 'systolic' has the name of another generator."


def test_the_built_in_accelerator_precedes_a_foreign_one_of_the_same_name(install, monkeypatch):
    install((registry.GROUP, "systola", variant(name="systola")))
    monkeypatch.setattr(plugins, "_package", lambda point: getattr(point.dist, "name", "systola"))
    clear()
    assert type(registry.find("systola")).__name__ == "SystolaAccelerator"
    assert registry.plugins().broken["systola"].endswith("has the name of another plug-in.")


def test_the_list_shows_all_working_plugins_and_a_sentence_for_each_other(install, tmp_path):
    install(
        (registry.GROUP, "bad", ImportError("it [bold]fails[/]")),
        (registry.GROUP, "variant", GOOD),
        (generators.GROUP, "brick", BRICK),
        (generators.GROUP, "moved", generators.Generator("moved", BitBrick, heading="elsewhere")),
    )
    run = CliRunner().invoke(app, ["list", "--json", str(tmp_path / "list.json")])
    assert run.exit_code == 0
    assert set(json.loads((tmp_path / "list.json").read_text())) == set(generators.generators())
    for name in ("variant", "brick", "moved", "systolic"):
        assert f"  {name} " in run.stdout
    assert "(foreign.module:OBJECT) cannot be loaded: ImportError: it [bold]fails[/]." in run.output


def test_unreadable_claims_do_not_affect_the_others(install):
    def claims(self):
        raise RuntimeError("no file")

    install((registry.GROUP, "variant", variant(claims=claims)))
    run = CliRunner().invoke(app, ["papers", "--only", "nosuch"])
    assert "the claims of variant cannot be read: no file." in run.output
    assert isinstance(run.exception, UsageError)
