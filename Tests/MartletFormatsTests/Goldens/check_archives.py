"""Asks Python about the archives that the zip tests expect, byte for byte.

    python3 check_archives.py                # about written.zip and written-wide.zip
    python3 check_archives.py FILE...        # about others; if they are right, they become golden

Last run with Python 3.11.7; Info-ZIP's `unzip -t`, where there is one, must agree.
"""

import pathlib
import shutil
import subprocess
import sys
import zipfile

from make_archives import noise

here = pathlib.Path(__file__).parent
expected = [
    ("metadata.json", b'{"a": 1}'), ("größe", noise(3000, 4)), ("empty", b""), ("made", b"\1\2")]

for path in [pathlib.Path(name) for name in sys.argv[1:]] or sorted(here.glob("written*.zip")):
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        infos = file.infolist()
        assert [(info.filename, file.read(info)) for info in infos] == expected
        for info in infos:
            assert info.compress_type == zipfile.ZIP_STORED and info.flag_bits & ~0x800 == 0
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert "wide" in path.name or info.extra == b"", info.extra
    if shutil.which("unzip"):
        subprocess.run(["unzip", "-tq", path], check=True)
    if path.parent.resolve() != here.resolve():
        shutil.copy(path, here)
    print(path.name, "is as it should be")
