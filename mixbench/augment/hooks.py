"""Whether a user's own hooks are called, and take what they are called with, told before anything is trained."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any

from mixbench.augment.own_file import place
from mixbench.augment.protocol import Augmentation
from mixbench.augment.traits import Claim
from mixbench.spec.errors import MixBenchError
from mixbench.spec.plain import plain


def check_signatures(instance: Any, hooks: Iterable[str]) -> None:
    """Refuse, by MixBenchError, an instance of which a hook cannot be called as the protocol's is.

    A mix may leave out the context.
    """
    kind = type(instance)
    for hook in hooks:
        ours = getattr(Augmentation, hook)
        if not callable(ours) or not callable(getattr(kind, hook, None)):
            continue
        needed, call = list(inspect.signature(ours).parameters)[1:], getattr(instance, hook)
        fewest = needed[:3] if hook == "mix" else needed
        if not any(_takes(call, names) for names in (fewest, needed)):
            got = plain(", ".join(inspect.signature(call).parameters))
            where = f" ({found})" if (found := place(call)) else ""
            raise MixBenchError(
                f"{kind.__name__}: needed {hook}({', '.join(fewest)}), got {hook}({got}){where}; mend its parameters"
            )


_CLAIMED = {
    "loss": Claim.LOSS,
    "criterion": Claim.CRITERION,
    "log_probabilities": Claim.CRITERION,
    "link": Claim.CRITERION,
}
"""Hooks that are only called where their claim is made."""
_ACTING = ("mix", "prepare", "criterion", "loss")


def check_claims(instance: Any, claims: Collection[Claim]) -> None:
    """Refuse, by MixBenchError, an instance that would change nothing: no hook, or one that nothing would call."""
    kind = type(instance)
    if not any(has_hook(instance, hook) for hook in _ACTING):
        raise MixBenchError(f"{kind.__name__}: needed one of the hooks {', '.join(_ACTING)}, got none; define one")
    for hook, claim in _CLAIMED.items():
        if has_hook(instance, hook) and claim not in claims:
            raise MixBenchError(
                f"{kind.__name__}: has the hook {hook}, which is called only where claims have {claim.value!r}, got"
                f" {', '.join(claims) or 'none'}; add claims = ({claim.value!r},) to the class"
            )
    for claim in (Claim.LOSS, Claim.CRITERION):
        if claim in claims and not has_hook(instance, claim.value):
            raise MixBenchError(f"{kind.__name__}: claims {claim.value!r} and has no such hook; define it")


def has_hook(instance: Any, hook: str) -> bool:
    """Whether an instance, or its class, has a hook of its own and not only the protocol's, which does nothing."""
    nothing = getattr(Augmentation, hook)
    return hook in getattr(instance, "__dict__", ()) or getattr(type(instance), hook, nothing) is not nothing


def _takes(call: Callable[..., Any], names: Iterable[str]) -> bool:
    try:
        inspect.signature(call).bind(*names)
    except TypeError:
        return False
    return True
