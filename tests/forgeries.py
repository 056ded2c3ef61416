"""How a submission is forged: each function returns a change of the golden record, as a row of a table has it."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from forging import Forgery

from mixbench.augment.table import BY_NAME

SHA = "0123456789abcdef" * 4


class Row(NamedTuple):
    name: str
    forge: Callable[[Forgery], object]
    words: str
    alone: bool = True


def put(*path_and_value):
    """Set a value within the content, by its path."""
    *path, last, value = path_and_value

    def forge(it: Forgery) -> None:
        place = it.content
        for part in path:
            place = place[part]
        place[last] = value

    return forge


def drop(*path):
    def forge(it: Forgery) -> None:
        place = it.content
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]

    return forge


def reading(name, **parts):
    return lambda it: it.content["readings"][name].update(parts)


def both(*forges):
    def forge(it: Forgery) -> None:
        for each in forges:
            each(it)

    return forge


def array(name, change, *, recompute=True):
    """Change an array and, as a careful forger would, all that follows from it in the record."""

    def forge(it: Forgery) -> None:
        it.outcomes[name] = change(it.outcomes[name].copy())
        if recompute:
            it.recompute()

    return forge


def at(place, value):
    def change(values):
        values[place] = value
        return values

    return change


def aug(spec, versions, link="softmax"):
    return lambda it: it.content.update(augmentation=spec, method_versions=versions, link=link)


def claim(spec, versions, link="softmax"):
    """Claim an augmentation with the trainings that belong to it."""
    return lambda it: (aug(spec, current(versions), link)(it), it.retrain())


def current(versions):
    """Versions as MixBench has them now, where a row says 1."""

    def version(name, said):
        now = BY_NAME[name].version if name in BY_NAME else 1
        return now if said == 1 else said.replace("1,", f"{now},", 1) if str(said).startswith("1,") else said

    return {name: version(name, said) for name, said in versions.items()}


SOURCE = "class Mine:\n    def mix(self, images, targets, rng):\n        return images, targets\n"


def contribute(text=SOURCE, spec="mine.py:Mine(alpha=1.0)", file="mine.py", sha=None, name="mine.py:Mine"):
    """Contribute a method as its author would, with a digest of its text unless another is given."""
    import hashlib

    def forge(it: Forgery) -> None:
        digest = sha or hashlib.sha256(text.encode()).hexdigest()
        claim(spec, {"mine.py:Mine": digest})(it)
        it.content["sources"] = {name: {"file": file, "sha256": digest, "text": text}}

    return forge


def together(spec, versions):
    """Contribute a method in a composition with others."""

    def forge(it: Forgery) -> None:
        contribute()(it)
        claim(spec, {**it.content["method_versions"], **versions})(it)

    return forge


def elsewhere(timm):
    """Say that one training was made with another timm."""

    def forge(it: Forgery) -> None:
        made = {name: it.content["provenance"][name] for name in ("commit", "dirty", "packages", "python")}
        made["packages"] = {**made["packages"], "timm": timm}
        it.content["provenance"]["trainings_made_with"] = {"noise50": made}

    return forge


def unsealed(forge):
    return both(forge, lambda it: setattr(it, "reseal", False))


def sealed_then(change):
    """Seal the record and change its text afterwards."""
    return lambda it: setattr(it, "text", change)


def named(name):
    return lambda it: setattr(it, "name", name)


def empty(it: Forgery) -> None:
    it.outcomes = {}


def deep(levels):
    return lambda it: put("settings", "extra", json.loads("[" * levels + "]" * levels))(it)


def masked(it: Forgery) -> None:
    """Zero gradients, as outcomes say, under a record that hides the flag."""
    it.outcomes["zero_gradient"][:] = True
    it.recompute()
    assert it.content["flags"]
    it.content["flags"] = []


def again(packed, change=lambda member: member):
    """Pack the same arrays again, each member changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            member = zipfile.ZipInfo(name)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(change(member) or member, source.read(name))
    return target.getvalue()


def commented(packed):
    return again(packed, lambda member: setattr(member, "comment", b"free text"))


def noted(packed):
    return again(packed, lambda member: setattr(member, "extra", struct.pack("<2H4s", 0x9999, 4, b"note")))


def between(packed):
    """Megabytes between the first and the second member, which no directory speaks of."""
    junk, plain = bytes(1_000_000), again(packed)
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        members, start = archive.infolist(), archive.start_dir
    second = members[1].header_offset
    return _moved(plain, second, start, junk, members)


def trailing(packed):
    """Bytes after a member's stream and within its size."""
    plain = bytearray(again(packed))
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        members, start = archive.infolist(), archive.start_dir
    first, second = members[0], members[1].header_offset
    made = bytearray(_moved(bytes(plain), second, start, b"junk", members))
    size = struct.pack("<L", first.compress_size + 4)
    made[18:22] = size
    made[start + 4 + 20 : start + 4 + 24] = size
    return bytes(made)


def _moved(packed, place, start, junk, members):
    """Put bytes into an archive, and tell its directory where the members after them begin."""
    made, at = bytearray(packed[:place] + junk + packed[place:]), start + len(junk)
    for member in members:
        offset = member.header_offset + (len(junk) if member.header_offset >= place else 0)
        made[at + 42 : at + 46] = struct.pack("<L", offset)
        at += 46 + len(member.filename) + len(member.extra) + len(member.comment)
    made[-6:-2] = struct.pack("<L", start + len(junk))
    return bytes(made)
