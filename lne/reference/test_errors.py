"""Rounding by Winograd's transforms: told per layer, and bounded by the plan."""

import json

import numpy as np
import pytest
from conftest import reference, relative_error
from models import ModelBuilder


def deep_net():
    """Many channels on a small map: transforms of any size pay."""
    builder = ModelBuilder((1, 96, 26, 26), 3)
    layers = [builder.conv("input", 96, 96, (3, 3)), "", ""]
    layers[1] = builder.conv(builder.add("Relu", [layers[0]]), 96, 96, (3, 3))
    layers[2] = builder.conv(builder.add("Relu", [layers[1]]), 96, 64, (5, 5))
    return builder.model([layers[2]]), builder.sample(), layers


def report(bench, model, *options):
    done = bench.call("report", bench.save(model), "--runs", 1, *options)
    assert done.returncode == 0, done.stderr
    return {layer["layer"]: layer for layer in json.loads(done.stdout)["layers"]}


def test_the_error_of_a_layer_is_what_it_differs_by(bench):
    """One layer alone, against ONNX Runtime: the report's figure is of other data, but of the same size."""
    builder = ModelBuilder((1, 64, 24, 24), 4)
    layer = builder.conv("input", 64, 64, (3, 3))
    model, sample = builder.model([layer]), np.random.default_rng(1).uniform(-1, 1, (1, 64, 24, 24)).astype(np.float32)
    variants = next(entry["variants"] for entry in report(bench, model)[layer]["candidates"] if entry["primitive"] == "winograd.conv")
    errors = {}
    for size in (2, 4, 6):
        variant = next((variant for variant in variants if variant[0] == variant[1] == size), None)
        if variant is None:
            continue
        plan = bench.plan(json.dumps({"layers": [{"layer": layer, "primitive": "winograd.conv", "variant": variant}]}))
        told = report(bench, model, "--plan", plan)[layer]["error"]
        seen = relative_error(bench.run(model, sample, "--plan", plan), reference(model, sample))
        assert seen / 4 <= told <= seen * 4
        errors[size] = told
    assert len(errors) >= 2
    assert list(errors.values()) == sorted(errors.values()), "larger tiles round more"


@pytest.mark.parametrize("bound", [1e-7, 2e-5, 1e-4])
def test_a_bound_is_kept_by_every_layer(bench, bound):
    model, sample, layers = deep_net()
    found = report(bench, model, "--max-error", bound)
    for layer in layers:
        is_winograd = found[layer]["primitive"] == "winograd.conv"
        assert ("error" in found[layer]) == is_winograd
        assert not is_winograd or found[layer]["error"] <= bound
    kinds = {found[layer]["primitive"] for layer in layers}
    assert ("winograd.conv" in kinds) == (bound > 1e-6)
    assert relative_error(bench.run(model, sample, "--max-error", bound), reference(model, sample)) <= 1e-4


@pytest.mark.parametrize(("depth", "largest"), [(4, 6), (45, 4)])
def test_deep_networks_take_smaller_tiles(bench, depth, largest):
    builder = ModelBuilder((1, 64, 48, 48), 6)
    x = "input"
    for _ in range(depth):
        x = builder.add("Relu", [builder.conv(x, 64, 64, (3, 3))])
    done = bench.call("optimize", bench.save(builder.model([x])))
    assert done.returncode == 0, done.stderr
    tiles = {max(layer["variant"][:2]) for layer in json.loads(done.stdout)["layers"] if layer["primitive"] == "winograd.conv"}
    assert tiles == {largest}
