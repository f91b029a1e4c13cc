"""Whole networks against ONNX Runtime, by every plan that matters."""

import json

import pytest
from architectures import NETS as ARCHITECTURES
from conftest import reference, relative_error
from models import ModelBuilder, keyword_net, residual_net

CORE_ONLY = '{"layers": [{"layer": "*", "forbidden": ["vector", "winograd"]}]}'
NETS = {
    "kws-cnn": lambda: keyword_net("kws-cnn"),
    "kws1": lambda: keyword_net("kws1"),
    "kws9": lambda: keyword_net("kws9", seed=7),
    "ds-kws1": lambda: keyword_net("kws1", separable=True),
    "ds-kws-cnn": lambda: keyword_net("kws-cnn", separable=True),
    "residual": residual_net,
}


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("plan", ["default", "core"])
def test_equal_to_onnxruntime(bench, name, plan):
    model, sample = NETS[name]()
    options = ["--plan", bench.plan(CORE_ONLY)] if plan == "core" else []
    assert relative_error(bench.run(model, sample, *options), reference(model, sample)) <= 1e-4


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architectures(bench, name):
    """By the reference kernels within their bound, and as it is planned by itself within that of Winograd."""
    model, sample = ARCHITECTURES[name]()
    wanted = reference(model, sample)
    assert relative_error(bench.run(model, sample, "--plan", bench.plan(CORE_ONLY)), wanted) <= 2e-5
    assert relative_error(bench.run(model, sample), wanted) <= 1e-4


@pytest.mark.parametrize("axis", [0, 1])
def test_joined_maps_of_one_position(bench, axis):
    """Channels that fill no vector, joined: the parts must not lie on each other."""
    builder = ModelBuilder((1, 5, 6, 6), 9)
    means = [builder.add("GlobalAveragePool", [builder.conv("input", 5, 4, (3, 3))]) for _ in range(2)]
    model, sample = builder.model([builder.add("Concat", means, axis=axis)]), builder.sample()
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 1e-4


@pytest.mark.parametrize("name", NETS)
def test_arena_is_near_its_lower_bound(bench, name):
    done = bench.call("import", bench.save(NETS[name]()[0]))
    footprint = json.loads(done.stdout)
    assert 0 < footprint["arenaLowerBoundBytes"] <= footprint["arenaBytes"] <= 1.05 * footprint["arenaLowerBoundBytes"]


def test_every_variant_of_every_primitive(bench):
    """Each choice that a plan can name computes the same network."""
    model, sample = keyword_net("kws9", seed=3)
    wanted = reference(model, sample)
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0).stdout)
    tried = 0
    for layer in report["layers"]:
        for candidate in layer["candidates"]:
            for variant in candidate["variants"]:
                plan = {"layers": [{"layer": layer["layer"], "primitive": candidate["primitive"], "variant": variant}]}
                got = bench.run(model, sample, "--plan", bench.plan(json.dumps(plan)))
                assert relative_error(got, wanted) <= 1e-4, plan
                tried += 1
    assert tried > len(report["layers"])


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ("{", "LNE_PLAN_BROKEN"),
        ('{"layers": [{"layer": "none such"}]}', "LNE_PLAN_LAYER"),
        ('{"layers": [{"layer": "conv_0", "primitive": "vector.none"}]}', "LNE_PLAN_PRIMITIVE"),
        ('{"layers": [{"layer": "conv_0", "primitive": "vector.pool"}]}', "LNE_PLAN_PRIMITIVE"),
        ('{"layers": [{"layer": "conv_0", "primitive": "vector.conv_direct", "variant": [64, 64]}]}', "LNE_PLAN_VARIANT"),
        ('{"layers": [{"layer": "conv_0", "primitive": "vector.conv_depthwise"}]}', "LNE_PLAN_REFUSED"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(bench, plan, code):
    done = bench.call("import", bench.save(keyword_net("kws9")[0]), "--plan", bench.plan(plan))
    assert done.returncode == 1
    assert f"[{code}]" in done.stderr
