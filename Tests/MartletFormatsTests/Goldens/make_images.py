"""Writes the image files of `images/`.

The samples are a formula that Images/Samples.swift has too; what is golden is how Pillow writes and
reads them. Pillow writes no interlaced PNG and no colours of 16 bits: those are written here, with
every filter, and Pillow must read them as the formula says.

Last made with Python 3.11.7, pillow 13.0.0, numpy 2.4.6:

    pip install pillow==13.0.0 numpy==2.4.6
    python3 make_images.py
"""

import io
import pathlib
import struct
import zlib

import numpy
from PIL import Image

folder = pathlib.Path(__file__).parent / "images"
folder.mkdir(exist_ok=True)
WIDTH, HEIGHT = 13, 11


def samples(channels, bits, width=WIDTH, height=HEIGHT):
    """The sample of channel c at column x of row y."""
    y, x, c = numpy.meshgrid(
        numpy.arange(height), numpy.arange(width), numpy.arange(channels), indexing="ij")
    return (x * 4099 + y * 1543 + c * 811 + x * y * c * 17 + x * y) % 2**bits


def pack(row, bits):
    if bits == 16:
        return row.astype(">u2").tobytes()
    if bits == 8:
        return row.astype("u1").tobytes()
    text = "".join(format(value, f"0{bits}b") for value in row)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(image, bits, first_filter):
    """The rows of an image, each with the next filter."""
    channels = image.shape[2]
    step = max(1, channels * bits // 8)
    out, above = b"", None
    for number, row in enumerate(image):
        line = pack(row.ravel(), bits)
        above = above or bytes(len(line))
        kind = (number + first_filter) % 5
        result = bytearray([kind])
        for i, value in enumerate(line):
            a = line[i - step] if i >= step else 0
            b = above[i]
            c = above[i - step] if i >= step else 0
            prediction = [0, a, b, (a + b) // 2, paeth(a, b, c)][kind]
            result.append((value - prediction) % 256)
        out, above = out + bytes(result), line
    return out


PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2)]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(image, colour_type, bits, interlaced, extra=b"", parts=3):
    height, width, _ = image.shape
    data = b""
    if interlaced:
        for number, (x, y, dx, dy) in enumerate(PASSES):
            part = image[y::dy, x::dx]
            if part.size:
                data += filtered(part, bits, number)
    else:
        data = filtered(image, bits, 0)
    data = zlib.compress(data, 9)
    size = -(-len(data) // parts)
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0,
                                         interlaced))
            + chunk(b"tEXt", b"Comment\0made by make_images.py") + extra
            + b"".join(chunk(b"IDAT", data[i:i + size]) for i in range(0, len(data), size))
            + chunk(b"IEND", b""))


def spread(values, bits):
    """To 8 bits, as Pillow gives them."""
    return values >> 8 if bits == 16 else values * (255 // (2**bits - 1))


def palette(bits):
    entries = numpy.arange(2**bits)
    return numpy.stack([entries * 7 % 256, 255 - entries, entries * 31 % 256], axis=1)


def expect(data, want, mode):
    """Pillow must read what was meant."""
    got = numpy.asarray(Image.open(io.BytesIO(data)).convert(mode))
    got = got.reshape(want.shape)
    assert (got == want).all(), (mode, got[0], want[0])


for interlaced in (0, 1):
    ending = "-interlaced" if interlaced else ""
    for bits in (1, 2, 4, 8, 16):
        data = png(samples(1, bits), 0, bits, interlaced)
        if bits < 16:
            expect(data, spread(samples(1, bits), bits), "L")
        else:
            got = numpy.asarray(Image.open(io.BytesIO(data)))
            assert (got == samples(1, 16)[:, :, 0]).all()
        (folder / f"grey-{bits}{ending}.png").write_bytes(data)
    for bits in (8, 16):
        for name, colour_type, channels, mode in (
                ("grey-alpha", 4, 2, "LA"), ("colour", 2, 3, "RGB"), ("colour-alpha", 6, 4, "RGBA")):
            data = png(samples(channels, bits), colour_type, bits, interlaced)
            expect(data, spread(samples(channels, bits), bits), mode)
            (folder / f"{name}-{bits}{ending}.png").write_bytes(data)
    for bits in (1, 2, 4, 8):
        plte = chunk(b"PLTE", palette(bits).astype("u1").tobytes())
        data = png(samples(1, bits), 3, bits, interlaced, plte)
        expect(data, palette(bits)[samples(1, bits)[:, :, 0]], "RGB")
        (folder / f"palette-{bits}{ending}.png").write_bytes(data)

# Transparency: of a colour, and of the first entries of a palette.
grey, colour = samples(1, 8), samples(3, 8)
for name, image, colour_type, key, mode in (
        ("grey-key-8", grey, 0, grey[2, 3], "LA"), ("colour-key-8", colour, 2, colour[4, 5], "RGBA")):
    data = png(image, colour_type, 8, 0, chunk(b"tRNS", key.astype(">u2").tobytes()))
    alpha = numpy.where((image == key).all(axis=2, keepdims=True), 0, 255)
    expect(data, numpy.concatenate([image, alpha], axis=2), mode)
    (folder / f"{name}.png").write_bytes(data)
alphas = numpy.array([0, 100, 200])
data = png(samples(1, 4), 3, 4, 0, chunk(b"PLTE", palette(4).astype("u1").tobytes())
           + chunk(b"tRNS", alphas.astype("u1").tobytes()))
index = samples(1, 4)[:, :, 0]
alpha = numpy.concatenate([alphas, numpy.full(13, 255)])[index][:, :, None]
expect(data, numpy.concatenate([palette(4)[index], alpha], axis=2), "RGBA")
(folder / "palette-alpha-4.png").write_bytes(data)

# Sizes at which some passes are empty.
for width, height in ((1, 1), (3, 2), (5, 1), (1, 7)):
    data = png(samples(3, 8, width, height), 2, 8, 1)
    expect(data, samples(3, 8, width, height), "RGB")
    (folder / f"size-{width}x{height}-interlaced.png").write_bytes(data)

# What Pillow itself writes.
wide = samples(3, 8, 70, 50).astype("u1")
for name, image, options in (
        ("pillow-colour.png", Image.fromarray(wide), {}),
        ("pillow-colour-optimized.png", Image.fromarray(wide), {"optimize": True}),
        ("pillow-grey.png", Image.fromarray(wide[:, :, 0].copy()), {}),
        ("pillow-grey-16.png", Image.fromarray(samples(1, 16, 70, 50)[:, :, 0].astype("u2")), {}),
        ("pillow-colour.ppm", Image.fromarray(wide[:9, :7].copy()), {}),
        ("pillow-grey.pgm", Image.fromarray(wide[:9, :7, 0].copy()), {}),
        ("pillow-colour.bmp", Image.fromarray(wide[:9, :7].copy()), {}),
        ("pillow-grey.bmp", Image.fromarray(wide[:9, :7, 0].copy()), {}),
        ("pillow-one-bit.bmp", Image.fromarray(wide[:9, :11, 0].copy()).point(
            lambda v: 255 * (v > 127), "1"), {}),
        ("pillow-palette.bmp", None, {}),
        ("pillow-alpha.bmp", Image.fromarray(samples(4, 8, 7, 9).astype("u1")), {})):
    if image is None:
        image = Image.fromarray(samples(1, 8, 7, 9)[:, :, 0].astype("u1"), "P")
        image.putpalette(palette(8).astype("u1").tobytes())
    image.save(folder / name, **options)

# Text, which Pillow only reads.
plain = samples(3, 8, 3, 2)
text = "P3 # a comment\n3\t2 # another\n255\n" + "\n".join(map(str, plain.ravel())) + "\n"
(folder / "plain.ppm").write_text(text)
expect(text.encode(), plain, "RGB")
grey = samples(1, 4, 5, 3)
text = "P2\n5 3\n15\n" + " ".join(map(str, grey.ravel()))
(folder / "plain-15.pgm").write_text(text)
expect(text.encode(), grey * 17, "L")
sixteen = samples(1, 16, 5, 3)
data = b"P5 5 3 65535\n" + sixteen.astype(">u2").tobytes()
(folder / "wide.pgm").write_bytes(data)
assert (numpy.asarray(Image.open(io.BytesIO(data))).astype(int) == sixteen[:, :, 0]).all()

print(sum(path.stat().st_size for path in folder.iterdir()), "bytes in", len(list(folder.iterdir())))
# The grey of colours, for `converted(toChannels: 1)`.
row = numpy.asarray(Image.fromarray(wide).convert("L"))[7]
print("row 7 of pillow-colour.png in grey:", row.tolist()[:16])
