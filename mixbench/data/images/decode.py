"""A stranger's image file, from its bytes to uint8 pixels of the suite's size."""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

VERSION = 1
"""Raised when the same file would give other pixels."""

FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "PPM", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".gif")
MAX_BYTES = 200_000_000
MAX_PIXELS = 89_478_485
"""Pillow's own limit, above which it only warns; here it is an error."""

Size = tuple[int, int]

_GREY = frozenset(("1", "L", "LA", "La"))
_DEEP = ("I", "F")
BROKEN = (
    OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, ArithmeticError,
    NotImplementedError, struct.error, zlib.error, MemoryError, RuntimeWarning, Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow's decoders raise on hostile or damaged files."""


class Unreadable(Exception):
    """A corrupt image: one that a suite may have skipped and counted."""


class Unfit(Exception):
    """A sound image that is not of the kind a suite declares; says what was needed, what was got and what to do."""


class Look(NamedTuple):
    """What a file's header says: one channel or colour, height and width as shown."""

    grey: bool
    size: Size


def look(content: bytes) -> Look:
    """Read an image file's header; Unreadable where it is corrupt."""
    try:
        with opened(content) as image:
            height, width = image.height, image.width
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            return Look(image.mode in _GREY, (width, height) if turned else (height, width))
    except BROKEN as error:
        raise Unreadable(reason(error)) from None


def decode(content: bytes, channels: int, stored: Size, size: Size) -> UInt8[np.ndarray, "c h w"]:
    """Return an image turned upright, resized to cover `stored` and cut to it, then to `size`, at its centre.

    Antialiased bilinear; equal to torchvision's Resize and CenterCrop where `stored` is square. Grey becomes colour
    where `channels` is 3. Unreadable where the file is corrupt; Unfit for colour where `channels` is 1, and for more
    than 8 bits a channel.
    """
    return _pixels(content, channels, lambda image: _cut(_cut(_covering(image, stored), stored), size))


def decode_box(
    content: bytes, channels: int, choose: Callable[[Size], Sequence[int]], size: Size
) -> UInt8[np.ndarray, "c h w"]:
    """Return a box of an image turned upright, resized to `size`; `choose` says it by the image's height and width.

    A box is top, left, height and width. Antialiased bilinear, as torchvision's resized_crop of a picture; errors as
    decode.
    """

    def cut(image: Image.Image) -> Image.Image:
        top, left, tall, wide = choose((image.height, image.width))
        box = image.crop((left, top, left + wide, top + tall))
        return box.resize((size[1], size[0]), Image.Resampling.BILINEAR)

    return _pixels(content, channels, cut)


def _pixels(content: bytes, channels: int, change: Callable[[Image.Image], Image.Image]) -> UInt8[np.ndarray, "c h w"]:
    try:
        with opened(content) as image:
            image.load()
            pixels = np.asarray(change(_eight_bits(ImageOps.exif_transpose(image))))
    except BROKEN as error:
        raise Unreadable(reason(error)) from None
    return _channels_first(pixels, channels)


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Keep Pillow's remarks on odd files from stderr; to be entered before threads decode."""
    log = logging.getLogger("PIL")
    level = log.level
    log.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        finally:
            log.setLevel(level)


@contextmanager
def opened(content: bytes) -> Iterator[Image.Image]:
    """Open an image file of the known formats that is not too large; any of BROKEN where it is corrupt."""
    if len(content) > MAX_BYTES:
        raise ValueError(f"a file of {len(content)} bytes, of which at most {MAX_BYTES} are read")
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        _bounded(image.width, image.height)
        yield image


def _bounded(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width} × {height} pixels, of which at most {MAX_PIXELS} are read: a decompression bomb")


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith(_DEEP):
        raise Unfit(f"needed 8 bits a channel, got mode {image.mode}; convert it")
    if image.mode == "L" or image.mode == "RGB":
        return image
    return image.convert("L" if image.mode in _GREY else "RGB")


def _covering(image: Image.Image, size: Size) -> Image.Image:
    """Resize to the smallest that covers `size`, whole numbers as torchvision rounds them."""
    (height, width), (rows, columns) = (image.height, image.width), size
    by_width = columns * height >= rows * width
    new = (columns, columns * height // width) if by_width else (rows * width // height, rows)
    _bounded(*new)
    return image if new == image.size else image.resize(new, Image.Resampling.BILINEAR)


def _cut(image: Image.Image, size: Size) -> Image.Image:
    top, left = round((image.height - size[0]) / 2), round((image.width - size[1]) / 2)
    box = (left, top, left + size[1], top + size[0])
    return image if (image.height, image.width) == size else image.crop(box)


def _channels_first(pixels: np.ndarray, channels: int) -> np.ndarray:
    if pixels.ndim == 2:
        return np.ascontiguousarray(np.broadcast_to(pixels, (channels, *pixels.shape)))
    if channels == 1:
        if (pixels != pixels[..., :1]).any():
            raise Unfit("needed grey images, as channels = 1 says, got colour; set channels = 3")
        pixels = pixels[..., :1]
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def reason(error: BaseException) -> str:
    """Say what one of BROKEN found."""
    if isinstance(error, UnidentifiedImageError):
        return f"it is none of {', '.join(FORMATS)}"
    return str(error) or type(error).__name__
