"""What records share that may be compared: suite, battery, backbone."""

from __future__ import annotations

from dataclasses import dataclass, field

from mixbench.results.record import BATTERY_VERSION, Record
from mixbench.spec.plain import plain_name
from mixbench.spec.suite import Suite


@dataclass(frozen=True)
class Scope:
    """What records share that may be compared."""

    suite: str
    suite_digest: str
    battery_version: int
    backbone: str
    asked: tuple[str, ...] = field(default=(), compare=False)
    """The options of `mixbench eval` that make such records."""

    @classmethod
    def of(cls, record: Record) -> Scope:
        """Return a record's own."""
        return cls(record.suite, record.suite_digest, record.battery_version, record.backbone)

    @classmethod
    def planned(cls, suite: Suite, backbone: str | None, word: str | None = None) -> Scope:
        """Return that of records made here and now."""
        asked = ("--suite", word or suite.name, *(("--model", backbone) if backbone else ()))
        return cls(suite.name, suite.digest, BATTERY_VERSION, backbone or suite.backbone, asked)

    def holds(self, record: Record) -> bool:
        """Whether a record is of this suite, battery and backbone, whatever the suite is called."""
        return Scope.of(record)._key == self._key

    def __str__(self) -> str:
        suite = f"{plain_name(self.suite)} {self.suite_digest[:8]}"
        return f"suite {suite}, backbone {plain_name(self.backbone)}, battery {self.battery_version}"

    @property
    def _key(self) -> tuple[str, int, str]:
        return self.suite_digest, self.battery_version, self.backbone
