"""Files as given: folders walked, archives opened, each file's bytes tasted to choose a reader."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Largest file read into memory, and largest sum of an archive's members (bytes).
MOST_BYTES = 1_000_000_000
#: Parts that belong to a Shapefile and are not read by themselves.
SHAPE_PARTS = (".dbf", ".shx", ".prj", ".cpg", ".qmd", ".qix", ".sbn", ".sbx")


@dataclass(frozen=True, slots=True)
class GivenFile:
    """One file: label as the user named it, its folder's label, and where its bytes are."""

    label: str
    folder: str
    path: Path | None = None
    archive: Path | None = None
    member: str = ""

    def data(self) -> bytes:
        """All bytes.

        Raises
        ------
        OSError, zipfile.BadZipFile, ValueError
            Where they cannot be read; ValueError where there are too many.
        """
        if self.path is not None:
            if self.path.stat().st_size > MOST_BYTES:
                raise ValueError("too large")
            return self.path.read_bytes()
        assert self.archive is not None
        with zipfile.ZipFile(self.archive) as z:
            return z.read(self.member)

    def sibling(self, suffix: str) -> bytes | None:
        """Bytes of the file of the same stem with another suffix (any case), or None."""
        if self.path is not None:
            for s in (suffix, suffix.upper()):
                other = self.path.with_suffix(s)
                if other.is_file():
                    return other.read_bytes()
            return None
        assert self.archive is not None
        wanted = str(Path(self.member).with_suffix(suffix)).lower()
        with zipfile.ZipFile(self.archive) as z:
            name = next((m for m in z.namelist() if m.lower() == wanted), None)
            return None if name is None else z.read(name)

    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the bytes, read in pieces."""
        digest = hashlib.sha256()
        if self.path is None:
            digest.update(self.data())
            return digest.hexdigest()
        with self.path.open("rb") as f:
            while piece := f.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()


def walk(sources: Sequence[Path]) -> tuple[list[GivenFile], list[Path]]:
    """Every file under the sources, shallow ones first, and sources that do not exist."""
    out: list[GivenFile] = []
    missing: list[Path] = []
    several = len(sources) > 1
    seen: set[Path] = set()
    for source in sources:
        if source.is_file():
            listed = [(source, source.name)]
        elif source.is_dir():
            found = [
                p
                for p in source.rglob("*")
                if p.is_file() and not any(x.startswith(".") for x in p.relative_to(source).parts)
            ]
            found.sort(key=lambda p: (len(p.relative_to(source).parts), p.relative_to(source).as_posix()))
            stem = f"{source.name}/" if several else ""
            listed = [(p, stem + p.relative_to(source).as_posix()) for p in found]
        else:
            missing.append(source)
            continue
        used = {g.label for g in out}
        for path, label in listed:
            real = path.resolve()
            if real in seen:
                continue
            seen.add(real)
            out.append(GivenFile(label if label not in used else path.as_posix(), str(source.resolve()), path))
    return out, missing


def opened(file: GivenFile) -> Iterator[GivenFile]:
    """The members of an archive, or the file itself where it is none.

    Raises
    ------
    zipfile.BadZipFile, ValueError
        Where an archive is damaged or too large.
    """
    if file.path is None or not is_archive(file.path):
        yield file
        return
    with zipfile.ZipFile(file.path) as z:
        members = sorted((m for m in z.infolist() if not m.is_dir()), key=lambda m: m.filename)
    if sum(m.file_size for m in members) > MOST_BYTES:
        raise ValueError("too large")
    for m in members:
        parts = m.filename.split("/")
        if not any(p.startswith((".", "__MACOSX")) for p in parts):
            yield GivenFile(f"{file.label}/{m.filename}", file.folder, None, file.path, m.filename)


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive that is not itself a workbook."""
    with path.open("rb") as f:
        if f.read(4) != b"PK\x03\x04":
            return False
    try:
        with zipfile.ZipFile(path) as z:
            names = set(z.namelist())
    except zipfile.BadZipFile:
        return path.suffix.lower() == ".zip"
    return not (names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})


def taste(data: bytes) -> str:
    """What the first bytes say: workbook, shapefile, osm, json, parquet, text or a name for what cannot be read."""
    head = data[:64].lstrip(b"\xef\xbb\xbf \r\n\t")
    if not data.strip():
        return "empty"
    if data[:4] == b"PK\x03\x04" or data[:4] == b"\xd0\xcf\x11\xe0":
        return "workbook"
    if data[:4] == b"\x00\x00\x27\x0a":
        return "shapefile"
    if b"OSMHeader" in data[:64]:
        return "osm"
    if head.startswith(b"<?xml") or head.startswith(b"<osm"):
        return "osm" if b"<osm" in data[:500] else "xml"
    if data[:4] == b"PAR1":
        return "parquet"
    if data[:4] == b"%PDF":
        return "pdf"
    if data[:3] == b"\xff\xd8\xff" or data[:4] == b"\x89PNG" or data[:4] == b"GIF8":
        return "picture"
    if head[:1] in (b"{", b"["):
        return "json"
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\x00" in data[:2000]:
        return "binary"
    return "text"


def workbook_like(data: bytes) -> bool:
    """Whether a zip holds a workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as z:
            return bool(set(z.namelist()) & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})
    except zipfile.BadZipFile:
        return data[:4] == b"\xd0\xcf\x11\xe0"
