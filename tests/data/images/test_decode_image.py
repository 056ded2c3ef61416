"""One image file against torchvision's transforms on Pillow's own reading; strange files."""

import io
import random

import numpy as np
import pytest
from pictures import noise
from PIL import Image
from torchvision.transforms import v2

from mixbench.data.images import decode as module
from mixbench.data.images.decode import Unfit, Unreadable, decode, look, quiet_pillow


def encoded(pixels, kind="PNG", mode=None, **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    stream = io.BytesIO()
    (image.convert(mode) if mode else image).save(stream, kind, **options)
    return stream.getvalue()


def channels_last(pixels):
    return np.moveaxis(pixels, 0, -1)


@pytest.mark.parametrize("shape", [(50, 33), (33, 50), (31, 97), (16, 16), (12, 12), (9, 40), (40, 15)])
def test_equals_torchvisions_resize_and_centre_crop(shape):
    image = Image.fromarray(noise(1, *shape))
    stored = v2.Compose([v2.Resize(16), v2.CenterCrop(16)])(image)
    shown = v2.CenterCrop(11)(stored)
    content = encoded(image)
    np.testing.assert_array_equal(channels_last(decode(content, 3, (16, 16), (16, 16))), np.asarray(stored))
    np.testing.assert_array_equal(channels_last(decode(content, 3, (16, 16), (11, 11))), np.asarray(shown))


@pytest.mark.parametrize(("shape", "covering"), [((40, 20), (16, 8)), ((20, 40), (5, 10)), ((30, 31), (7, 8))])
def test_a_size_that_is_not_square_is_covered_and_cut(shape, covering):
    found = decode(encoded(noise(2, *shape)), 3, (5, 8), (5, 8))
    whole = np.asarray(Image.fromarray(noise(2, *shape)).resize(covering[::-1], Image.Resampling.BILINEAR))
    top, left = round((covering[0] - 5) / 2), round((covering[1] - 8) / 2)
    np.testing.assert_array_equal(channels_last(found), whole[top : top + 5, left : left + 8])


def test_lossless_formats_come_back_as_they_were():
    pixels = noise(3)
    for kind, options in (("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True}), ("TIFF", {}), ("PPM", {})):
        np.testing.assert_array_equal(
            channels_last(decode(encoded(pixels, kind, **options), 3, (4, 4), (4, 4))), pixels
        )


def test_grey_among_colour_and_colour_that_is_grey():
    grey = noise(4, channels=1)
    as_colour = decode(encoded(grey), 3, (4, 4), (4, 4))
    np.testing.assert_array_equal(as_colour, np.stack([grey] * 3))
    for content in (encoded(grey), encoded(grey, mode="RGB"), encoded(grey, mode="LA")):
        np.testing.assert_array_equal(decode(content, 1, (4, 4), (4, 4)), grey[None])
    assert decode(encoded(np.eye(4, dtype=bool)), 1, (4, 4), (4, 4)).tolist() == [
        (255 * np.eye(4)).astype(int).tolist()
    ]


@pytest.mark.parametrize(
    ("pixels", "channels", "message"),
    [
        (noise(5), 1, "needed grey images, as channels = 1 says, got colour; set channels = 3"),
        (noise(5, channels=1).astype(np.uint16) * 200, 1, "needed 8 bits a channel, got mode I;16; convert it"),
    ],
)
def test_what_does_not_fit_is_said(pixels, channels, message):
    with pytest.raises(Unfit) as caught:
        decode(encoded(pixels), channels, (4, 4), (4, 4))
    assert str(caught.value) == message


def test_turned_by_a_camera_is_turned_back():
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    pixels = noise(6, 4, 6)
    content = encoded(pixels, exif=exif)
    assert look(content).size == (6, 4)
    np.testing.assert_array_equal(channels_last(decode(content, 3, (6, 4), (6, 4))), np.rot90(pixels, -1))


def test_look_reads_colour_and_size():
    assert look(encoded(noise(7, 5, 3))) == (False, (5, 3))
    assert look(encoded(noise(7, 5, 3, channels=1))) == (True, (5, 3))


def test_bombs_are_refused_before_they_are_unpacked(monkeypatch):
    monkeypatch.setattr(module, "MAX_PIXELS", 100)
    with pytest.raises(Unreadable, match=r"11 × 10 pixels, .* a decompression bomb"):
        decode(encoded(noise(8, 10, 11)), 3, (4, 4), (4, 4))
    with pytest.raises(Unreadable, match="a decompression bomb"):  # a strip that would have to be 50 × 2 × 2 pixels
        decode(encoded(noise(8, 1, 50)), 3, (2, 2), (2, 2))
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(Unreadable, match="at most 10 are read"):
        decode(encoded(noise(8)), 3, (4, 4), (4, 4))


def test_pillows_own_limit_is_an_error(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    with quiet_pillow(), pytest.raises(Unreadable, match="exceeds limit of 50 pixels"):
        decode(encoded(noise(8, 9, 9)), 3, (4, 4), (4, 4))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF"])
def test_damaged_files_are_unreadable_or_pixels_and_never_anything_else(kind):
    draw = random.Random(0)
    content = encoded(noise(9, 24, 24), kind)
    unreadable = 0
    with quiet_pillow():
        for trial in range(150):
            broken = bytearray(content[: draw.randrange(len(content))] if trial % 3 == 0 else content)
            for _ in range(draw.randrange(1, 20) if broken else 0):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            try:
                assert decode(bytes(broken), 3, (8, 8), (8, 8)).shape == (3, 8, 8)
            except Unreadable as error:
                unreadable += len(str(error)) > 0
            except Unfit:
                pass
    assert unreadable > 40


def test_what_pillow_would_run_a_program_for_is_no_image():
    with pytest.raises(Unreadable, match="none of PNG, JPEG"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 4 4\n", 3, (4, 4), (4, 4))
