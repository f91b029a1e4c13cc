"""Generated programs of every kernel and of unlike networks, and one of an application, under the sanitizers: on each target that this processor runs."""

import json

import pytest
from architectures import NETS
from models import audio_metadata, every_kernel_net, keyword_net
from programs import Machine, build_checked, check_network, run_checked

TARGETS = [target for target in ("x86-64-v4", "x86-64-v3", "generic", "native") if not Machine(target).missing]
UNLIKE = ["shufflenet_v2", "ssd_head", "inception_v3", "transformer", "lstm_spotter", "quantized"]


@pytest.mark.parametrize("target", TARGETS)
def test_every_kernel(bench, target):
    model, sample, plan = every_kernel_net()
    check_network(bench, model, sample, "--target", target, "--plan", bench.plan(json.dumps(plan)))


@pytest.mark.parametrize("target", ["native", "generic"])
@pytest.mark.parametrize("name", UNLIKE)
def test_unlike_networks(bench, name, target):
    check_network(bench, *NETS[name](), "--target", target)


def test_a_keyword_spotter_with_its_front_end(bench):
    check_network(bench, *keyword_net("kws9", audio=audio_metadata()))


@pytest.mark.parametrize("target", ["native", "generic"])
def test_an_application(bench, chain, target):
    program = build_checked(chain.generate("checked", "--target", target))
    run_checked(program, "--self-test")
    assert len(run_checked(program, "--json", *chain.paths).splitlines()) == len(chain.paths)
    # A recording is read as far as it goes; one that ends within its header is none.
    whole = chain.paths[0].read_bytes()
    unreadable = {"header.wav": whole[:40], "broken.wav": b"RIFF\xff\xff\xff\xffWAVEfmt ", "none.wav": None}
    readable = {"three_samples.wav": whole[:50], "whole.wav": whole}
    files = unreadable | readable
    for name, content in files.items():
        if content is not None:
            (bench.folder / name).write_bytes(content)
    answers = run_checked(program, "--json", *(bench.folder / name for name in files), code=3)
    assert ["error" in json.loads(line) for line in answers.splitlines()] == [name in unreadable for name in files]
