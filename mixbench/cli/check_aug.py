"""`mixbench check-aug`: the rules that every method keeps to, on one of your own."""

from __future__ import annotations

from mixbench.report.console import console


def check_aug(spec: str, /) -> None:
    """Check a method of your own against the rules that every method keeps to, before anything is trained.

    Parameters
    ----------
    spec
        Its file and class, such as path/to/file.py:MyMix, with parameters or without.
    """
    from mixbench.augment.build import augmentation
    from mixbench.testing import ConformanceError, check_augmentation, check_on_fake_cuda

    made = augmentation(spec)
    check_augmentation(made)
    console().print(f"{made}: keeps every rule of a mix", markup=False, soft_wrap=True)
    try:
        check_on_fake_cuda(made)
    except ConformanceError as error:
        console().print(f"on a GPU: {error}", markup=False, soft_wrap=True)
