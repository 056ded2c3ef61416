"""All that a method says of itself and of where it comes from, as a page of Markdown."""

from __future__ import annotations

import inspect
import re

from mixbench.augment.build import canonical
from mixbench.augment.describe import describe_method, rivals
from mixbench.augment.protocol import Augmentation
from mixbench.spec.grammar import write

_PARAMETERS = re.compile(r"^(\w+(?:, \w+)*): ", re.MULTILINE)


def sheet(method: type[Augmentation], picture: str = "") -> str:
    """Return a method's page: what it does, parameters, paper, code, settings, departures and cost.

    `picture` is Markdown that goes behind what the method does.
    """
    parts = [f"## {method.name}", _prose(method), picture, _parameters(method), _facts(method), _bibtex(method)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _paragraphs(method: type[Augmentation]) -> tuple[list[str], str]:
    """Split a docstring into its prose and the paragraph that explains the parameters."""
    paragraphs = inspect.cleandoc(method.__doc__ or "").split("\n\n")
    explained = [text for text in paragraphs[1:] if _PARAMETERS.match(text)]
    return [text for text in paragraphs if text not in explained], "\n".join(explained)


def _prose(method: type[Augmentation]) -> str:
    return "\n\n".join(" ".join(text.split()) for text in _paragraphs(method)[0])


def meanings(method: type[Augmentation]) -> dict[str, str]:
    """Return what a method's docstring says of each of its parameters."""
    pieces = _PARAMETERS.split(_paragraphs(method)[1])[1:]
    found = zip(pieces[::2], pieces[1::2], strict=True)
    return {name: " ".join(text.split()) for names, text in found for name in names.split(", ")}


def _parameters(method: type[Augmentation]) -> str:
    said = meanings(method)
    rows = [
        [f"`{each['name']}`", f"`{write(each['default'])}`", each["range"], said.get(each["name"], "")]
        for each in describe_method(method)["parameters"]
    ]
    if not rows:
        return ""
    lines = [["parameter", "default", "values", "meaning"], ["---"] * 4, *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _facts(method: type[Augmentation]) -> str:
    origin, said = method.origin, describe_method(method)
    facts = {"Default": f"`{canonical(method())}`"}
    if origin:
        code = origin.repository or origin.no_repository
        if origin.repository:
            code += f", compared at {origin.commit}" if origin.commit else ", not compared"
        facts["Default"] += f". {origin.why}"
        facts |= {"Paper": f"{origin.citation}: [{origin.title}]({origin.link})", "Authors' code": code}
        settings = [f"{label} `{spec}`" for label, spec in origin.settings.items()]
        facts["Their settings"] = "; ".join(settings) or "none stated"
        facts["What ours does otherwise"] = " ".join(origin.departures) or "nothing known"
    else:
        facts["Paper"] = method.paper
    facts["Changes"] = ", ".join(said["changes"]) or "nothing"
    facts["Forward passes a step"] = str(said["forward_passes"])
    facts["Does not combine with"] = ", ".join(rivals(method)) or "nothing"
    facts["Version"] = str(method.version)
    return "\n".join(f"- **{name}**: {fact}" for name, fact in facts.items())


def _bibtex(method: type[Augmentation]) -> str:
    return f"```bibtex\n{method.origin.bibtex}\n```" if method.origin else ""
