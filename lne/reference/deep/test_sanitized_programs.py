"""Generated programs under the sanitizers whose checked kernels take minutes to compile."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from conftest import bench, lne  # noqa: E402, F401 (fixtures)
from models import audio_metadata, keyword_net  # noqa: E402
from programs import run_sanitized  # noqa: E402


def test_a_keyword_spotter_with_its_front_end(bench):  # noqa: F811
    run_sanitized(bench, *keyword_net("kws9", audio=audio_metadata()))
