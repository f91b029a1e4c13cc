"""Applications of several modules: the chain in this process, the generated program and ONNX Runtime agree, and what does not fit is refused."""

import json

import numpy as np
import pytest
import soundfile
from chains import CHAIN, wake_net
from models import CLASSES, audio_metadata, keyword_net
from programs import build, run
from speech import RATE_HZ
from test_generated_programs import digests


def test_two_networks_agree_with_the_interpreter_bit_for_bit_and_with_onnx_runtime(bench, chain):
    program = build(chain.generate("app"))
    proof = run(program, "--self-test")
    assert proof.returncode == 0 and "4 vectors, equal bit for bit" in proof.stdout, proof.stdout
    woken = 0
    for clip, path, heard, word in zip(chain.clips, chain.paths, chain.heard, chain.words):
        np.save(bench.folder / "sound.npy", clip)
        assert run(program, "run", bench.folder / "sound.npy", bench.folder / "built.npz").returncode == 0
        done = bench.call("run", "--application", chain.file, path, bench.folder / "here.npz")
        assert done.returncode == 0, done.stderr
        built, here = np.load(bench.folder / "built.npz"), np.load(bench.folder / "here.npz")
        assert set(built) == set(here) == {"heard", "word", "best"}
        assert all(built[name].tobytes() == here[name].tobytes() for name in built)
        assert np.abs(here["heard"] - heard).max() <= 1e-4
        if heard[0] < chain.bound:
            assert np.isnan(here["word"]).all() and np.isnan(here["best"]).all()
            continue
        woken += 1
        assert np.abs(here["word"] - word).max() <= 1e-4
        assert list(here["best"][:, 0]) == list(np.argsort(-here["word"], kind="stable")[:3])
    assert 0 < woken < len(chain.clips)
    lines = [json.loads(line) for line in run(program, "--json", *chain.paths).stdout.splitlines()]
    for line, heard, word in zip(lines, chain.heard, chain.words):
        is_awake = heard[0] >= chain.bound
        assert line["label"] == (CLASSES[word.argmax()] if is_awake else ["speech", "other"][heard.argmax()])
        assert (line["outputs"]["word"] is None) == (not is_awake)


def test_modules_share_memory_and_are_timed_apart(bench, chain):
    program = build(chain.generate("app"))
    footprint = json.loads(run(program, "--info").stdout)["footprint"]
    assert footprint["arenaLowerBoundBytes"] <= footprint["arenaBytes"] < footprint["apartBytes"]
    times = json.loads(run(program, "bench", "--runs", "20").stdout)
    assert [module["module"] for module in times["modules"]] == ["mfcc", "features", "wake", "heard", "awake", "command", "word", "best"]
    assert {layer["module"] for layer in times["layers"]} == {module["module"] for module in times["modules"]}
    assert all(module["medianUs"] > 0 for module in times["modules"])


def test_two_generations_are_byte_equal_and_a_changed_weight_shows(bench, chain):
    first, second = chain.generate("first"), chain.generate("second")
    assert digests(first) == digests(second)
    weights = np.frombuffer((first / "src" / "weights.bin").read_bytes(), np.float32).copy()
    weights[-5:] *= 1.01
    (first / "src" / "weights.bin").write_bytes(weights.tobytes())
    proof = run(build(first), "--self-test")
    assert proof.returncode == 1 and "first at layer" in proof.stdout


def test_scores_are_smoothed_over_the_windows_of_a_stream(bench, chain):
    chain.file = chain.write(CHAIN.split("  - { id: awake")[0] + "  - { id: steady, use: smooth, in: heard, with: { windows: 3 } }\noutputs: [heard, steady]\n")
    program = build(chain.generate("stream"))
    assert run(program, "--self-test").returncode == 0
    soundfile.write(bench.folder / "long.wav", np.concatenate(chain.clips[:3]), RATE_HZ, subtype="PCM_16")
    lines = [json.loads(line) for line in run(program, "--json", "--hop", 250, bench.folder / "long.wav").stdout.splitlines()]
    assert [line["atMs"] for line in lines] == [1000 + 250 * i for i in range(9)]
    heard = np.array([line["outputs"]["heard"]["scores"]["speech"] for line in lines])
    steady = np.array([line["outputs"]["steady"]["scores"]["speech"] for line in lines])
    wanted = [heard[max(0, i - 2) : i + 1].mean() for i in range(len(heard))]
    assert np.abs(steady - wanted).max() < 1e-6 and np.abs(steady - heard).max() > 1e-4
    again = [json.loads(line) for line in run(program, "--json", "--hop", 250, bench.folder / "long.wav", bench.folder / "long.wav").stdout.splitlines()]
    assert again[9:] == lines, "a recording starts with nothing remembered"


MISTAKES = [
    ("{ id: heard, use: softmax, in: wake }", "{ id: heard, use: smooth, in: wake }", [":8:", "'heard' (smooth) takes scores", "'wake' (network) gives a tensor [1, 2]", "put a softmax module"]),
    ("in: heard, with: { class: speech", "in: sound, with: { class: speech", [":9:", "'awake' (threshold) takes scores", "'sound' (wav) gives sound of 16000 samples at 16000 Hz"]),
    ("when: awake", "when: heard", [":10:", "`when` takes a condition", "'heard' (softmax) gives scores of 2 classes"]),
    ("class: speech", "class: speach", [":9:", "no class 'speach'", "did you mean 'speech'?"]),
    ("use: softmax, in: command", "use: sotfmax, in: command", [":11:", "no module 'sotfmax'", "did you mean 'softmax'?"]),
    ("in: features, when", "in: feature, when", [":10:", "takes 'feature'", "did you mean 'features'?"]),
    ("in: sound, with", "in: heard, with", [":5:", "which comes after it"]),
    ("in: features, with: { model: wake", "in: mfcc, with: { model: wake", [":7:", "features of other parameters", "put a normalize module"]),
    ("with: { model: command.onnx }", "with: { model: command.onnx, plam: x }", [":10:", "no key 'plam'", "did you mean 'plan'?"]),
    ("with: { model: command.onnx }", "with: { model: none.onnx }", [":10:", "none.onnx can't be read"]),
    ("outputs: [", "  - { id: wake, use: softmax, in: command }\noutputs: [", [":13:", "same id"]),
    ("outputs: [heard, word, best]", "outputs: [heard, words]", [":13:", "did you mean 'word'?"]),
    ("count: 3", "count: 13", [":12:", "from 1 to 12"]),
    ("use: wav, with: { from: wake.onnx }", "use: array, with: { shape: [1, 40, 31] }", [":5:", "takes sound", "gives a tensor [1, 40, 31]"]),
    ("application: wake-and-command", "application: [", [":3:8:", "the bracket opens in line 2"]),
    ("  - { id: mfcc", "  - &a { id: mfcc", [":5:", "is not supported"]),
]


@pytest.mark.parametrize(("good", "bad", "said"), MISTAKES, ids=[bad[:40] for _, bad, _ in MISTAKES])
def test_what_does_not_fit_is_refused_by_name_and_place(bench, good, bad, said):
    bench.save(wake_net(), "wake.onnx"), bench.save(keyword_net("kws9", audio=audio_metadata())[0], "command.onnx")
    assert CHAIN.count(good) >= 1
    (bench.folder / "application.yml").write_text(CHAIN.replace(good, bad, 1))
    done = bench.call("generate", "--application", bench.folder / "application.yml", "-o", bench.folder / "none")
    assert done.returncode == 1 and not (bench.folder / "none").exists()
    for words in said:
        assert words in done.stderr, done.stderr
    assert done.stderr.count("\n") == 1, "one mistake is told once:\n" + done.stderr
