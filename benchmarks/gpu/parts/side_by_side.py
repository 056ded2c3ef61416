"""Many small trainings on one device at once: in processes, on streams of one process, and stacked by torch.func.vmap.

Each way takes so many models of one backbone through as many steps on a resident batch; what is compared is models
times steps a second. The stacked way is an experiment: its gradients are held against each model's own.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap

from benchmarks.gpu.part import Check
from mixbench.spec.suite import load_suite
from mixbench.torch_state import fixed_arithmetic
from mixbench.training.backbone import build

BATCH, CLASSES = 112, 10
AGREE = 1e-2
"""Of the largest gradient: what float32 sums in another order may differ by through a whole backbone."""


def measure(check: Check) -> None:
    """Time one to many models in each way, and compare the stacked gradients."""
    check.note("steps", steps := 2 if check.quick else 200)
    for count in (1, 2) if check.quick else (1, 2, 4, 8):
        found = {"processes": _processes(check, count, steps), "streams": _streams(check, count, steps)}
        with fixed_arithmetic(1):
            found["stacked"] = _stacked(check, count, steps)
        check.note(f"{count} models, steps a second", found)
    with fixed_arithmetic(1):
        difference = _difference(check, 3)
    check.note("stacked gradients, largest difference by largest gradient", difference)
    check.require(difference < AGREE, f"stacked gradients differ by {difference:.2g} of the largest")


def _model(check: Check, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return build("test_resnet", load_suite("digits").data).net.to(check.device).train()


def _batch(check: Check) -> tuple[Tensor, Tensor]:
    images = torch.rand(BATCH, 1, 8, 8, generator=torch.Generator().manual_seed(0)).to(check.device)
    return images, (torch.arange(BATCH) % CLASSES).to(check.device)


def train_alone(check: Check, seed: int, steps: int) -> float:
    """Take a model through steps and return the seconds, its first step left out."""
    model, (images, labels) = _model(check, seed), _batch(check)
    rule = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)
    for step in range(steps + 1):
        if step == 1:
            check.wait()
            begun = time.perf_counter()
        loss = nn.functional.cross_entropy(model(images), labels)
        rule.zero_grad(set_to_none=True)
        loss.backward()
        rule.step()
    check.wait()
    return time.perf_counter() - begun


def _processes(check: Check, count: int, steps: int) -> float:
    """Each process says the seconds of its own steps, which run beside the others'."""
    words = [sys.executable, "-m", "benchmarks.gpu.parts.side_by_side", check.device, str(steps)]
    children = [
        subprocess.Popen([*words, str(seed)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for seed in range(count)
    ]
    # All are ready before any begins.
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    said = [_go(child) for child in children]
    seconds = [float(child.communicate()[0]) for child in said]
    return count * steps / max(seconds)


def _go(child: subprocess.Popen[str]) -> subprocess.Popen[str]:
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()
    return child


def _streams(check: Check, count: int, steps: int) -> float:
    seconds: list[float] = []

    def work(seed: int) -> None:
        on = torch.cuda.stream(torch.cuda.Stream()) if check.device == "cuda" else nullcontext()
        with on:
            seconds.append(train_alone(check, seed, steps))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(seconds) < count:
        raise RuntimeError(f"streams: {count - len(seconds)} of {count} trainings failed, see above")
    return count * steps / max(seconds)


def _losses(model: nn.Module, parameters: Any, buffers: Any, images: Tensor, labels: Tensor) -> Tensor:
    logits = functional_call(model, (parameters, buffers), (images,))
    return nn.functional.cross_entropy(logits, labels)


def _gradients(models: list[nn.Module]) -> tuple[Any, Any, Any]:
    parameters, buffers = stack_module_state(models)
    template = models[0]

    # Batch norm's statistics change on the way, which grad allows of arguments alone.
    one = grad(partial(_losses, template))
    return parameters, buffers, vmap(one, in_dims=(0, 0, None, None), randomness="different")


def _stacked(check: Check, count: int, steps: int) -> float:
    parameters, buffers, gradients = _gradients([_model(check, seed) for seed in range(count)])
    images, labels = _batch(check)
    parameters = {name: each.detach() for name, each in parameters.items()}
    moving = {name: torch.zeros_like(each) for name, each in parameters.items()}
    for step in range(steps + 1):
        if step == 1:
            check.wait()
            begun = time.perf_counter()
        found = gradients(parameters, buffers, images, labels)
        names = list(parameters)
        torch._foreach_mul_([moving[name] for name in names], 0.9)
        torch._foreach_add_([moving[name] for name in names], [found[name] for name in names])
        torch._foreach_add_([parameters[name] for name in names], [moving[name] for name in names], alpha=-0.01)
    check.wait()
    return count * steps / (time.perf_counter() - begun)


def _difference(check: Check, count: int) -> float:
    """The largest difference of a stacked gradient from the model's own, by the largest gradient."""
    models, (images, labels) = [_model(check, seed) for seed in range(count)], _batch(check)
    own = []
    for model in models:
        loss = nn.functional.cross_entropy(model(images), labels)
        own.append(torch.autograd.grad(loss, list(model.parameters())))
    models = [_model(check, seed) for seed in range(count)]
    parameters, buffers, gradients = _gradients(models)
    found = gradients(parameters, buffers, images, labels)
    largest = max(float(each.abs().max()) for every in own for each in every)
    names = [name for name, _ in models[0].named_parameters()]
    return (
        max(
            float((found[name][index] - own[index][place]).abs().max())
            for index in range(count)
            for place, name in enumerate(names)
        )
        / largest
    )


def main() -> None:
    """Be one of the processes: say that the model is ready, wait for the word, and say the seconds."""
    device, steps, seed = sys.argv[1], *map(int, sys.argv[2:])
    check = Check(device, quick=False, folder=None)  # pyright: ignore[reportArgumentType]
    with fixed_arithmetic(1):
        train_alone(check, seed, 1)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        sys.stdout.write(f"{train_alone(check, seed, steps)}\n")


if __name__ == "__main__":
    main()
