"""What is shipped: the source archive holds all that the wheel is made of, and the wheel its data.

That an installed wheel plans from another folder is proved in end_to_end/test_commands.py.
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA = {"site.toml", "agreement.toml", "climate/dakhla.toml"}
PAGE = (  # what a page is made of, beside code
    "phrases_fr/page.toml",
    "report/assets/what_if_worker.js",
    "report/templates/day.html.j2",
    "report/vendor/highs.wasm.gz",
    "report/vendor/LICENSES.txt",
)


def built(kind: str, source: Path, out: Path) -> Path:
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.iterdir())


def test_the_source_archive_makes_the_same_wheel(tmp_path: Path) -> None:
    """Proves that the wheel built from the archive has the files of the one built from here."""
    archive = built("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(archive) as file:
        file.extractall(tmp_path / "source", filter="data")
    unpacked = next((tmp_path / "source").iterdir())
    assert (unpacked / "LICENSE").is_file()
    from_archive = built("wheel", unpacked, tmp_path / "first")
    from_here = built("wheel", ROOT, tmp_path / "second")
    names = set(zipfile.ZipFile(from_archive).namelist())
    assert names == set(zipfile.ZipFile(from_here).namelist())
    assert {f"optimizer/_data/{name}" for name in DATA} <= names
    assert {f"optimizer/{name}" for name in PAGE} <= names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]
