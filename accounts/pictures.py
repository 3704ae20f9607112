"""From what somebody uploads to the picture that is kept: a small square WebP with nothing else in it. Pure."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from typing import BinaryIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP")
BYTES_MOST = 4 * 1024 * 1024
PIXELS_MOST = 40_000_000
EDGE = 256
QUALITY = 82

# What Pillow's readers raise at bytes that are not what they say.
_BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    struct.error,
    zlib.error,
)

# Ours is lower, and asked before anything is decoded; Pillow's would be a warning first, and then look like damage.
Image.MAX_IMAGE_PIXELS = None

# The largest picture takes some 300 MB while it is open: one after the other in a process.
_one_at_a_time = threading.Lock()


class BadPicture(Exception):
    """What was uploaded is refused; `message` says why, to the one who uploaded it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def avatar_picture(file: BinaryIO) -> bytes:
    """An EDGE x EDGE WebP of the middle of this picture, upright, without metadata. Its format is what its bytes say.

    Raises BadPicture for anything that is too large, of another format, or broken.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > PIXELS_MOST:
                raise BadPicture(_("This picture has too many pixels: 40 million are the most."))
            with _one_at_a_time:
                return _encoded(_square(image))
    except BadPicture:
        raise
    except Image.UnidentifiedImageError:
        raise BadPicture(_("This is not a PNG, JPEG or WebP picture.")) from None
    except _BROKEN:
        raise BadPicture(_("This picture is broken. Try another one.")) from None


def _square(image: Image.Image) -> Image.Image:
    # A JPEG is decoded at a fraction of its size, which is all that is needed of it.
    image.draft("RGB", (2 * EDGE, 2 * EDGE))
    upright = ImageOps.exif_transpose(image)
    if upright.mode not in {"RGB", "RGBA", "L"}:
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    return ImageOps.fit(upright, (EDGE, EDGE), Image.Resampling.LANCZOS)


def _encoded(square: Image.Image) -> bytes:
    # A new picture has no EXIF, XMP or profile to write. White, so that initials behind it never show through.
    plain = Image.new("RGB", square.size, "white")
    plain.paste(square, mask=square.getchannel("A") if square.mode == "RGBA" else None)
    out = io.BytesIO()
    plain.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
