"""Claims of the project: complete, well described, measured; the whole table is slow."""

import json
import re

import pytest
from typer.main import get_command

from systola.gen.cli.app import app
from systola.gen.generators import find
from systola.gen.papers import registry
from systola.gen.papers.claim import Claim, UnknownPaper, papers

CLAIMS = registry.claims()


def constant(value: float, **changes) -> Claim:
    values = {"paper": "third_party", "text": "A claim.", "published": 1, "unit": "x", "band": (1, 1)}
    return Claim(**values | {"measure": lambda: value, "command": "systola list"} | changes)


def test_every_paper_has_claims_of_its_own():
    assert set(papers(CLAIMS)) >= {
        *("bitfusion", "ant", "olive", "sparsity_2_4", "scale_sim", "lecture", "scratchpad_theory", "axi_cdma"),
        *("booksim", "floonoc", "collectives"),
    }
    assert len(CLAIMS) >= 15
    assert len({(claim.paper, claim.text) for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.paper}: {claim.text}")
def test_a_claim_states_the_reason_of_its_band_and_a_command_that_exists(claim):
    assert claim.text.endswith(".")
    assert claim.reason.endswith(".")
    assert callable(claim.measure)
    program, command, *rest = claim.command.split()
    assert program == "systola"
    if command == "papers":
        assert rest == ["--only", claim.paper]
        return
    assert command in get_command(app).commands
    if command in ("sim", "gen", "show"):
        parameters = find(rest[0]).component.Parameters
        parameters.parse(dict(re.findall(r"-p (\w+)=(\S+)", claim.command)))


def test_foreign_claims_join_their_paper_or_follow():
    own = constant(1, paper="ant", text="From an accelerator.")
    more = registry.claims([own, constant(1)])
    assert len(more) == len(CLAIMS) + 2
    assert papers(more) == [*papers(CLAIMS), "third_party"]
    assert [claim for claim in more if claim.paper == "ant"][-1] is own


def test_one_failure_does_not_affect_the_others():
    def fail():
        raise RuntimeError("broken")

    seen = []
    claims = [constant(1), constant(1, measure=fail, text="Broken."), constant(2, text="Outside.")]
    results = registry.run(["third_party"], lambda *step: seen.append(step), more=claims)
    assert [result.within for result in results] == [True, False, False]
    assert [result.error for result in results] == ["", "RuntimeError: broken", ""]
    assert seen == [(number, 3, claim) for number, claim in enumerate(claims, 1)]
    assert json.loads(json.dumps(registry.as_data(results)))[2]["within"] is False


def test_slow_claims_are_measured_on_request():
    claims = [constant(1), constant(1, slow=True, text="Slow.")]
    assert len(registry.run(["third_party"], more=claims)) == 1
    assert len(registry.run(["third_party"], more=claims, slow=True)) == 2


def test_an_unknown_paper_measures_nothing():
    with pytest.raises(UnknownPaper, match="paper nosuch is not known: known papers are bitfusion, ant,"):
        registry.run(["nosuch"], lambda *step: pytest.fail("measured"))


@pytest.mark.parametrize("text", ["Unsigned flint of 4 bits", "Outliers in pairs with int4", "Compressed weights of 8"])
def test_by_enumeration(text):
    (claim,) = [claim for claim in CLAIMS if claim.text.startswith(text)]
    assert claim.check().within


def test_by_synthesis():
    (claim,) = [claim for claim in CLAIMS if claim.text.startswith("Sixteen serial BitBricks")]
    result = claim.check()
    assert not result.error
    assert result.within


def test_by_simulation():
    results = [claim.check() for claim in CLAIMS if claim.text.startswith("2:4 weights")]
    assert [result.error for result in results] == ["", ""]
    assert all(result.within for result in results)
    assert results[0].measured != results[1].measured


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_claim_is_measured_and_within_its_band():
    results = registry.run(slow=True)
    assert not [(result.claim.text, result.error) for result in results if result.error]
    assert not [(result.claim.text, result.measured, result.claim.band) for result in results if not result.within]
