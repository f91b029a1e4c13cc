"""Exploring a target over a link: the agent, built for it, measures; here as a process of its own, and as an Arm processor by emulation."""

import json
import os
import subprocess

import pytest
from conftest import reference, relative_error
from models import ModelBuilder
from programs import Machine, build

def small_net():
    builder = ModelBuilder((1, 1, 14, 12), 8)
    x = builder.add("Relu", [builder.conv("input", 1, 16, (3, 3), bias=True)])
    x = builder.conv(x, 16, 12, (3, 3), bias=True)
    return builder.model([builder.add("Softmax", [builder.add("Flatten", [builder.add("GlobalAveragePool", [x])])])]), builder.sample()


EXPLORATION = ["--budget", 5, "--rounds", 2, "--episodes", 200, "--exploring", 100, "--variants", 1]


def explored(bench, model, target, agent):
    bench.environment = {**os.environ, "SEDGE_HOME": str(bench.folder / "home")}
    done = bench.call("explore", bench.save(model), "--target", target, "--agent", agent, "-o", bench.folder / "plan.json", *EXPLORATION)
    assert done.returncode == 0, done.stderr
    return json.loads((bench.folder / "plan.json").read_text())


def agent_for(bench, target):
    path = bench.folder / f"agent-{target}"
    done = bench.call("agent", "--target", target, "-o", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize("target", ["native", "aarch64"])
def test_the_plan_of_a_target_runs_there(bench, target):
    machine = Machine(target)
    if machine.missing:
        pytest.skip(machine.missing)
    model, sample = small_net()
    agent = agent_for(bench, target)
    # Static programs need no libraries of the other processor.
    words = [*machine.emulator, str(agent), *(["--run-by", machine.emulator[0]] if machine.emulator else [])]
    plan = explored(bench, model, target, " ".join(words))
    assert plan.get("target", "native") == target
    done = bench.call("generate", bench.save(model), "-o", bench.folder / "app", "--plan", bench.folder / "plan.json")
    assert done.returncode == 0, done.stderr
    program = build(bench.folder / "app", *(option.replace("=toolchains", f"={bench.folder}/app/toolchains") for option in machine.options))
    assert relative_error(machine.output(bench, program, sample), reference(model, sample)) <= 1e-4


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("no-such-program", "does not answer"),
        ("cat", "broken answer"),
        # It hears the question out: one that ended before it would not have answered.
        ("head -c 9 /dev/zero; cat > /dev/null", "broken answer"),
        ("sh -c 'sleep 0.1; exit 3'", "does not answer"),
    ],
)
def test_a_link_that_is_none_is_refused(bench, link, words):
    done = bench.call("explore", bench.save(small_net()[0]), "--agent", link)
    assert done.returncode == 1
    assert words in done.stderr and "LNE_AGENT" in done.stderr


def test_a_target_without_an_agent_is_refused(bench):
    target = "aarch64" if os.uname().machine != "aarch64" else "x86-64-v3"
    done = bench.call("explore", bench.save(small_net()[0]), "--target", target)
    assert done.returncode == 1 and "give it an agent" in done.stderr


def test_the_agent_survives_what_is_no_question(bench):
    """Broken lengths, unknown kinds, steps outside the memory: an answer or an end, never a crash."""
    agent = agent_for(bench, "native")
    number = lambda value: value.to_bytes(8, "little", signed=True)
    message = lambda kind, content=b"": bytes([kind]) + number(len(content)) + content
    hello = message(1, number(1))
    for question in [
        b"",
        b"\x01\xff",
        bytes([1]) + number(-1),
        bytes([1]) + number(1 << 40),
        message(99),
        message(2, number(1 << 50)),
        message(2, number(4) + b"none" + number(1) + number(1) + b"f"),
        message(3, number(16) + number(16) + number(0) + number(1) + number(7) + number(0) * 3 + number(0)),
        message(3, number(-5) * 2 + number(0) * 2),
        message(4, number(3) + number(2) + number(0) * 2),
        message(5, number(5) + b"../up" + number(1) + b"x"),
        message(6, number(4) + b"none" + number(0)),
    ]:
        done = subprocess.run([agent], input=hello + question + hello, capture_output=True, timeout=60)
        assert done.returncode == 0, question
        assert done.stdout.startswith(bytes([7])), question
    assert not (bench.folder.parent / "up").exists()
