"""A training's model before its first step: built, and changed as its augmentation wants."""

from __future__ import annotations

from mixbench.augment.build import composition, versions, without_own
from mixbench.augment.compose import Composition
from mixbench.augment.kinds import check_kind
from mixbench.spec.errors import MixBenchError
from mixbench.spec.seeding import stream
from mixbench.spec.training import TrainingSpec
from mixbench.torch_state import library_randomness
from mixbench.training.backbone import Classifier, build


def prepared_model(spec: TrainingSpec, fetch: bool = True) -> tuple[Classifier, Composition]:
    """Make a training's untrained model on the CPU, changed as its augmentation wants.

    Without `fetch` pretrained weights are left out, for whoever loads a finished training's. MixBenchError for a
    backbone that does not fit and for a method of another version than the spec's.
    """
    augmentation = augmentation_of(spec)
    check_kind(augmentation, spec.resolved()[0].kind)
    _check_versions(spec, augmentation)
    with library_randomness(stream(spec.seed, "initial weights")):
        model = build(spec.backbone, spec.resolved()[0], spec.start, fetch)
        augmentation.prepare(model)
    return model, augmentation


def augmentation_of(spec: TrainingSpec) -> Composition:
    """Return a training's augmentation, without a user's own methods where their files are not to be run."""
    if spec.run_sources:
        return composition(spec.augmentation, spec.sources)
    return composition(without_own(spec.augmentation))


def _check_versions(spec: TrainingSpec, augmentation: Composition) -> None:
    for name, version in versions(augmentation).items():
        if version != spec.method_versions.get(name, version):
            raise MixBenchError(
                f"augmentation {name}: needed version {spec.method_versions[name]}, got {version};"
                " it was changed since, run its 'mixbench eval' again"
            )
