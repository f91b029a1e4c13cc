"""Generated programs: built by CMake alone, equal to the interpreter bit for bit, equal to ONNX Runtime within the bound, byte-equal twice."""

import hashlib
import json
import subprocess

import numpy as np
import pytest
from conftest import reference, relative_error
from models import CLASSES, ModelBuilder, audio_metadata, keyword_net, residual_net
from programs import build, check_network, generate, run


def digests(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("net", ["kws9", "residual"])
def test_program_equals_interpreter_bit_for_bit(bench, net):
    model, sample = keyword_net("kws9") if net == "kws9" else residual_net()
    interpreted = bench.run(model, sample)
    program = build(generate(bench, model, "app"))
    done = run(program, "run", bench.folder / "input.npy", bench.folder / "built.npy")
    assert done.returncode == 0, done.stderr
    assert np.load(bench.folder / "built.npy").tobytes() == interpreted.tobytes()
    assert relative_error(interpreted, reference(model, sample)) <= 1e-4
    proof = run(program, "--self-test")
    assert proof.returncode == 0 and "equal bit for bit" in proof.stdout


def test_sanitizers_find_nothing(bench):
    check_network(bench, *residual_net())


def test_several_inputs_in_one_array(bench):
    model, sample = keyword_net("kws9")
    program = build(generate(bench, model, "app"))
    samples = np.concatenate([sample, -sample, sample * 0.5])
    np.save(bench.folder / "three.npy", samples)
    assert run(program, "run", bench.folder / "three.npy", bench.folder / "answers.npy").returncode == 0
    answers = np.load(bench.folder / "answers.npy")
    assert answers.shape == (3, 12)
    for answer, one in zip(answers, samples):
        assert relative_error(answer[None], reference(model, one[None])) <= 1e-4
    np.save(bench.folder / "odd.npy", samples.ravel()[:-7])
    refused = run(program, "run", bench.folder / "odd.npy", bench.folder / "none.npy")
    assert refused.returncode == 1 and "odd.npy" in refused.stderr


def test_a_static_program_takes_little_more_memory_than_its_network(bench):
    model, sample = keyword_net("kws9")
    folder = generate(bench, model, "static")
    program = build(folder, "-DAPP_STATIC=ON")
    np.save(bench.folder / "input.npy", sample)
    done = run(program, "run", bench.folder / "input.npy", bench.folder / "built.npy", "--runs", 5)
    footprint = json.loads(bench.call("import", bench.folder / "model.onnx").stdout)
    assert 0 < json.loads(done.stdout)["rss_mb"] * 1024 * 1024 <= 1.5e6 + footprint["weightsBytes"] + footprint["arenaBytes"]


INSTANCES = """
#include <stdio.h>
#include <stdlib.h>
#include "app.h"

static void show(const char* path) {
  char line[512];
  FILE* file = fopen(path, "r");
  while (fgets(line, sizeof line, file)) fputs(line, stdout);
  fclose(file);
}

/* Runs as many instances as the first word says, and prints what /proc tells of the memory then: of all, and of each mapping. */
int main(int argc, char** argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  float* input = calloc(app_input_elements(0), sizeof(float));
  float* output = calloc(app_output_elements(0), sizeof(float));
  for (int i = 0; i < count; ++i) {
    app_instance* instance = app_create();
    if (instance == NULL) return 1;
    app_run(instance, (const float* const*)&input, &output);
  }
  show("/proc/self/status");
  show("/proc/self/smaps");
  printf("instance: %zu\\n", app_instance_bytes());
  return 0;
}
"""


def test_instances_share_the_weights(bench):
    """Eight instances take seven arenas more than one, and the weights stay what is mapped from the file."""
    builder = ModelBuilder((1, 2048), 5)
    hidden = builder.add("Relu", [builder.add("Gemm", ["input", builder.normal(1024, 2048, scale=0.02)], transB=1)])
    model = builder.model([builder.add("Gemm", [hidden, builder.normal(16, 1024, scale=0.03)], transB=1)])
    folder = generate(bench, model, "app")
    build(folder)
    (bench.folder / "instances.c").write_text(INSTANCES)
    program = bench.folder / "instances"
    subprocess.run(["cc", "-O1", "-I", folder / "include", bench.folder / "instances.c", folder / "build" / "libapp.a", "-o", program, "-lstdc++", "-lm"], check=True)

    def memory(count):
        """Kilobytes, and the bytes of an instance; of files the program's own alone, for which pages of libraries are there is the kernel's business."""
        found = {"own": 0}
        mapped = ""
        for name, value in (line.split(":", 1) for line in run(program, count).stdout.splitlines() if ":" in line):
            if name in ("RssAnon", "instance"):
                found[name] = int(value.split()[0])
            elif name == "Rss" and mapped.endswith(str(program)):
                found["own"] += int(value.split()[0])
            elif "-" in name and " " in name:
                mapped = value.strip()
        return found

    one, eight = memory(1), memory(8)
    weights = (folder / "src" / "weights.bin").stat().st_size
    assert weights > 8_000_000
    assert one["RssAnon"] * 1024 < weights / 4 and one["own"] * 1024 > weights
    assert (eight["RssAnon"] - one["RssAnon"]) * 1024 <= 7 * one["instance"] + 65536
    assert abs(eight["own"] - one["own"]) * 1024 < 65536


def test_two_generations_are_byte_equal(bench):
    model, _ = keyword_net("kws9", audio=audio_metadata())
    first, second = digests(generate(bench, model, "first")), digests(generate(bench, model, "second"))
    assert first == second and len(first) > 10


def test_holds_only_the_headers_of_its_own_kernels(bench):
    plan = bench.plan('{"layers": [{"layer": "*", "forbidden": ["winograd"]}]}')
    with_winograd, without = (generate(bench, keyword_net("kws9")[0], name, *options) / "src" for name, options in (("with", ()), ("without", ("--plan", plan))))
    assert (with_winograd / "winograd.hpp").exists() and (with_winograd / "direct.hpp").exists()
    assert not (without / "winograd.hpp").exists() and (without / "direct.hpp").exists()
    for folder in (with_winograd, without):
        assert not (folder / "depthwise.hpp").exists()
        kernels = "".join(path.read_text() for path in folder.glob("kernels_*.cpp"))
        assert ("winograd" in kernels) == (folder / "winograd.hpp").exists()


def test_plain_target_stays_within_its_bound(bench):
    """Portable C++ without fused multiply-add: not the same bits, but within the stated bound."""
    model, sample = keyword_net("kws9")
    program = build(generate(bench, model, "plain", "--target", "generic"))
    proof = run(program, "--self-test")
    assert proof.returncode == 0, proof.stdout
    bench.run(model, sample)
    assert run(program, "run", bench.folder / "input.npy", bench.folder / "plain.npy").returncode == 0
    assert relative_error(np.load(bench.folder / "plain.npy"), reference(model, sample)) <= 1e-4


def test_builds_without_an_assembler(bench):
    model, _ = keyword_net("kws9", audio=audio_metadata())
    program = build(generate(bench, model, "arrays"), "-DAPP_NO_ASSEMBLER=ON")
    assert run(program, "--self-test").returncode == 0


def test_a_changed_weight_fails_the_self_test(bench):
    folder = generate(bench, keyword_net("kws9")[0], "spoiled")
    weights = folder / "src" / "weights.bin"
    values = np.frombuffer(weights.read_bytes(), np.float32).copy()
    values[np.argmax(np.abs(values))] *= 1.01
    weights.write_bytes(values.tobytes())
    proof = run(build(folder), "--self-test")
    assert proof.returncode == 1
    assert "first at layer" in proof.stdout


def test_links_nothing_beyond_the_c_and_cpp_libraries(bench):
    program = build(generate(bench, keyword_net("kws9", audio=audio_metadata())[0], "app"))
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    names = {line.split()[0].rsplit("/", 1)[-1].split(".")[0] for line in listed.splitlines()}
    assert names <= {"linux-vdso", "libstdc++", "libm", "libgcc_s", "libc", "ld-linux-x86-64", "ld-linux-aarch64"}
    assert json.loads(run(program, "--info").stdout)["links"] == []


def write_wav(path, samples, rate=16000):
    import soundfile

    soundfile.write(path, samples, rate, subtype="PCM_16")


def test_recognizes_recordings_as_the_reference_does(bench):
    """From the WAV: features by librosa, network by ONNX Runtime, within 1e-3."""
    import librosa

    metadata = audio_metadata()
    model, _ = keyword_net("kws9", audio=metadata)
    program = build(generate(bench, model, "app"))
    random = np.random.default_rng(5)
    time = np.arange(16000) / 16000
    clip = 0.3 * np.sin(2 * np.pi * (300 + 900 * time) * time) + 0.05 * random.standard_normal(16000)
    write_wav(bench.folder / "clip.wav", clip)
    (bench.folder / "broken.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt ")
    done = run(program, "--json", bench.folder / "clip.wav", bench.folder / "broken.wav", bench.folder / "none.wav")
    assert done.returncode == 3
    good, broken, missing = map(json.loads, done.stdout.splitlines())
    assert "error" in broken and "error" in missing

    pcm = np.round(np.clip(clip, -1, 32767 / 32768) * 32768).astype(np.int16)
    mfcc = librosa.feature.mfcc(y=pcm.astype(np.float32) / 32768, sr=16000, n_mfcc=40, n_mels=40, n_fft=2048, hop_length=512, center=True, pad_mode="constant", htk=False, norm="ortho")
    normalization = metadata["preprocessing"]["normalization"]
    features = (mfcc - np.array(normalization["mean"])[:, None]) / np.array(normalization["std"])[:, None]
    logits = reference(model, features[None, None].astype(np.float32))[0].astype(np.float64)
    scores = np.exp(logits - logits.max())
    scores /= scores.sum()
    assert set(good["scores"]) == set(CLASSES)
    assert abs(sum(good["scores"].values()) - 1) < 1e-6
    assert np.abs(np.array([good["scores"][name] for name in CLASSES]) - scores).max() <= 1e-3
    assert good["label"] == CLASSES[int(scores.argmax())]
