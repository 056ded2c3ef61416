"""Whether a user's own hooks take what they are called with, told before anything is trained."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from mixbench.augment.own_file import place
from mixbench.augment.protocol import Augmentation
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


def _takes(call: Callable[..., Any], names: Iterable[str]) -> bool:
    try:
        inspect.signature(call).bind(*names)
    except TypeError:
        return False
    return True
