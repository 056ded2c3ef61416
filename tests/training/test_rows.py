"""Tensors written and read some rows at a time, against safetensors' own file of the whole."""

import pytest
import safetensors.torch
import torch

from mixbench.training.tensors import read_rows, write_rows


@pytest.fixture(scope="module")
def whole() -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    return {name: torch.randn(11, 3, side, 2, generator=rng) for name, side in (("second", 5), ("first", 4))}


@pytest.mark.parametrize("rows", [1, 4, 20])
def test_the_bytes_are_those_of_the_whole(whole, rows, tmp_path):
    parts = [slice(start, start + rows) for start in range(0, 11, rows)]
    with (tmp_path / "rows").open("wb") as file:
        write_rows(file, 11, ((part, {name: each[part] for name, each in whole.items()}) for part in parts))
    assert (tmp_path / "rows").read_bytes() == safetensors.torch.save(whole)


@pytest.mark.parametrize("part", [slice(0, 4), slice(8, 12), slice(0, 50)])
def test_rows_are_read_as_a_slice_takes_them(whole, tmp_path, part):
    path = tmp_path / "rows.safetensors"
    safetensors.torch.save_file(whole, path)
    found = read_rows(path, "cpu")(part)
    assert found.keys() == whole.keys()
    assert all(torch.equal(found[name], each[part]) for name, each in whole.items())
