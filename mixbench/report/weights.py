"""What is said of weights from elsewhere beside their result."""

from __future__ import annotations

from mixbench.results.record import Record


def assumptions(record: Record) -> str | None:
    """Say how the model of a record's file was made, and what no file can say; None for other records."""
    made = record.model.get("weights")
    if not isinstance(made, dict):
        return None
    data = record.settings["data"]
    size = f"{data['channels']}x{data['height']}x{data['width']}"
    return (
        f"weights {record.name}: stem {made['stem']} ({made['stem_source']}); mean {_numbers(made['mean'])}, std"
        f" {_numbers(made['std'])} ({made['normalisation_source']}); assumed: channels, classes and images of {size} as"
        " in the suite"
    )


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in (values[:1] if len(set(values)) == 1 else values))
