"""What the values of an example are called."""

from narrows.files import write_json
from narrows.named_values import value_of
from narrows.packing import CARD
from narrows.spec import Spec


def test_columns_of_a_set_that_names_them_have_these_names(tmp_path):
    spec = Spec((2,), (), "table")
    write_json(tmp_path / CARD, {"facts": {"features": ["size", "weight"]}})
    assert [value_of(spec, tmp_path)(place).name for place in (1, 0)] == ["weight", "size"]
    write_json(tmp_path / CARD, {"facts": {}})
    assert value_of(spec, tmp_path)(1).name == "column 1"
