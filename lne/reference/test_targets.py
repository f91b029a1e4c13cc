"""Programs for each target, run as that processor: here, or by emulation."""

import json

import pytest
from conftest import reference, relative_error
from models import every_kernel_net, keyword_net
from programs import Machine

FAST_KERNELS = {"vector.conv_first", "vector.conv_direct", "vector.conv_pointwise", "vector.conv_depthwise", "vector.conv_separable", "vector.conv_transpose", "vector.lrn", "vector.pool", "vector.fully_connected", "vector.gemm", "vector.matmul", "vector.normalization", "vector.softmax", "vector.transpose", "vector.transpose_to_back", "vector.transpose_from_back", "winograd.conv", "winograd.conv_transpose"}


# Another processor's programs are emulated where the emulator is there; those that this very processor lacks can't be had.
HERE = [target for target in ("x86-64-v4", "x86-64-v3", "generic") if not Machine(target).missing]


@pytest.fixture(params=[*HERE, "aarch64"])
def machine(request) -> Machine:
    machine = Machine(request.param)
    if machine.missing:
        pytest.skip(machine.missing)
    return machine


def test_every_kernel(bench, machine):
    model, sample, plan = every_kernel_net()
    program = machine.program(bench, model, "--plan", bench.plan(json.dumps(plan)))
    used = {layer["primitive"] for layer in json.loads((bench.folder / machine.target / "plan.json").read_text())["layers"]}
    assert used >= FAST_KERNELS
    assert relative_error(machine.output(bench, program, sample), reference(model, sample)) <= 1e-4
    proof = machine.run(program, "--self-test")
    assert proof.returncode == 0, proof.stdout


def test_keyword_net(bench, machine):
    model, sample = keyword_net("kws9")
    program = machine.program(bench, model)
    assert relative_error(machine.output(bench, program, sample), reference(model, sample)) <= 1e-4
    assert machine.run(program, "--self-test").returncode == 0


def test_tiles_fit_the_registers_of_the_target(bench):
    """Sixteen registers of eight floats hold less than what fits AVX-512. NEON needs two for eight floats, and one for the factors of each position."""
    model = bench.save(keyword_net("kws1")[0])

    def tiles(target):
        done = bench.call("generate", model, "-o", bench.folder / target, "--target", target)
        assert done.returncode == 0, done.stderr
        plan = json.loads((bench.folder / target / "plan.json").read_text())
        assert plan["target"] == target
        return [layer["variant"][-2:] if layer["primitive"].endswith("direct") else layer["variant"][2:4] for layer in plan["layers"] if layer["primitive"] in ("vector.conv_direct", "winograd.conv")]

    for target, registers, floats in [("x86-64-v4", 32, 16), ("x86-64-v3", 16, 8), ("aarch64", 32, 4)]:
        found = tiles(target)
        assert len(found) >= 4
        for vectors, positions in found:
            sums = -(-8 * vectors // floats)
            others = positions if target == "aarch64" else sums
            assert positions == 1 or sums * positions + others + 1 <= registers, (target, vectors, positions)
