"""Canonical JSON as RFC 8785 has it."""

import pytest

from train_pytorch.canonical import canonical_json


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-12.5, "-12.5"),
        (0.1, "0.1"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (1e-7, "1e-7"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (333333333.33333329, "333333333.3333333"),
        (
            {"ö": 1, "a": [True, None, "é\n"], "\U0001f600": 2, "\ufb33": 3},
            '{"a":[true,null,"é\\n"],"ö":1,"\U0001f600":2,"\ufb33":3}',
        ),
    ],
)
def test_values_are_written_as_ecmascript_writes_them(value: object, text: str) -> None:
    assert canonical_json(value) == text


def test_values_without_a_json_form_are_refused() -> None:
    with pytest.raises(ValueError, match="no JSON form"):
        canonical_json(float("nan"))
