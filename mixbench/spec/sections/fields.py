"""Types of values that several sections have."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Gt, Interval
from pydantic import Field

NAME = "[a-z0-9][a-z0-9._-]{0,63}"
"""What a suite or a data set may be called."""

Positive = Annotated[float, Gt(0)]
Share = Annotated[float, Interval(ge=0, le=1)]
Count = Annotated[int, Ge(1)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
FileDigest = Annotated[str, Field(pattern="^(md5:[0-9a-f]{32}|sha256:[0-9a-f]{64})$")]
Name = Annotated[str, Field(pattern=f"^{NAME}$")]
