"""The base of everything read from a file: unknown keys, NaN and silent conversions are refused."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A frozen model that takes exactly what it declares."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)
