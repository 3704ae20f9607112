"""What becomes of the bytes that somebody uploads as their picture."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from accounts import pictures
from accounts.pictures import BadPicture, avatar_picture

RED, BLUE, GREEN = (220, 30, 30), (30, 30, 220), (30, 180, 30)


def encoded(image: Image.Image, format_: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def opened(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture))


def kept(upload: bytes) -> Image.Image:
    return opened(avatar_picture(io.BytesIO(upload)))


def is_like(found: object, wanted: tuple[int, int, int]) -> bool:
    return isinstance(found, tuple) and all(abs(a - b) < 40 for a, b in zip(found, wanted, strict=False))


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (16, 400), (600, 300), (256, 256)])
def test_any_picture_becomes_a_small_square_webp(format_: str, size: tuple[int, int]) -> None:
    image = kept(encoded(Image.new("RGB", size, RED), format_))
    assert (image.format, image.size, image.mode) == ("WEBP", (256, 256), "RGB")
    assert is_like(image.getpixel((128, 128)), RED)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "I;16", "CMYK"])
def test_every_way_to_store_colours_is_read(mode: str) -> None:
    format_ = "JPEG" if mode == "CMYK" else "PNG"
    source = Image.new(mode, (300, 300)) if mode == "I;16" else Image.new("RGB", (300, 300), GREEN).convert(mode)
    if mode == "PA":
        source = source.convert("RGBA")
    assert kept(encoded(source, format_)).mode == "RGB"


def test_the_middle_is_kept() -> None:
    wide = Image.new("RGB", (900, 300), BLUE)
    wide.paste(RED, (300, 0, 600, 300))
    image = kept(encoded(wide))
    assert all(is_like(image.getpixel(place), RED) for place in ((4, 128), (128, 128), (251, 128)))


def test_what_is_clear_becomes_white_so_that_nothing_shows_through() -> None:
    assert is_like(kept(encoded(Image.new("RGBA", (300, 300), (0, 0, 0, 0)))).getpixel((9, 9)), (255, 255, 255))


def test_a_photo_stands_upright_and_says_nothing_of_where_it_was_taken() -> None:
    photo = Image.new("RGB", (400, 400), BLUE)
    photo.paste(RED, (0, 0, 400, 200))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    upload = encoded(photo, "JPEG", exif=exif, xmp=b"<x:xmpmeta>home</x:xmpmeta>", icc_profile=b"profile")
    assert b"A camera" in upload
    assert b"home" in upload
    image = kept(upload)
    assert is_like(image.getpixel((128, 20)), BLUE)
    assert is_like(image.getpixel((128, 235)), RED)
    assert (dict(image.getexif()), image.info.get("xmp"), image.info.get("icc_profile")) == ({}, None, None)


@pytest.mark.parametrize(
    "upload",
    [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", encoded(Image.new("RGB", (9, 9)), "GIF"),
     encoded(Image.new("RGB", (9, 9)), "BMP"), encoded(Image.new("RGB", (9, 9)), "TIFF")],
)  # fmt: skip
def test_other_formats_are_refused_whatever_they_are_called(upload: bytes) -> None:
    with pytest.raises(BadPicture, match="not a PNG, JPEG or WebP"):
        avatar_picture(io.BytesIO(upload))


@pytest.mark.parametrize("height", [5_001, 12_000, 23_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch, height: int) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    bomb = encoded(Image.new("1", (8000, height)))
    assert len(bomb) < 100_000
    monkeypatch.setattr(pictures, "_square", never)
    with pytest.raises(BadPicture, match="40 million"):
        avatar_picture(io.BytesIO(bomb))


NOISE = Image.effect_noise((90, 90), 80).convert("RGB")
WHOLE = [encoded(NOISE), encoded(NOISE, "JPEG"), encoded(NOISE, "WEBP")]


@pytest.mark.parametrize("upload", WHOLE[:2], ids=["png", "jpeg"])
def test_half_a_picture_is_refused(upload: bytes) -> None:
    with pytest.raises(BadPicture, match="broken"):
        avatar_picture(io.BytesIO(upload[: len(upload) // 2]))


@given(st.sampled_from(WHOLE), st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8))))
def test_damaged_bytes_are_a_picture_or_refused_and_nothing_else(whole: bytes, damage: list[tuple[int, bytes]]) -> None:
    upload = bytearray(whole)
    for place, data in damage:
        upload[place : place + len(data)] = data
    try:
        image = kept(bytes(upload))
    except BadPicture:
        return
    assert image.size == (256, 256)
