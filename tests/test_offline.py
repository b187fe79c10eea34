"""The course without a network and without a copy of MNIST: real lessons, in a process that the kernel has cut off."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OFFLINE = """
import ctypes, fcntl, os, socket, struct, sys
from pathlib import Path

NEW_USER, NEW_NETWORK, SET_FLAGS, UP = 0x10000000, 0x40000000, 0x8914, 0x1
unshare = ctypes.CDLL(None).unshare
if unshare(NEW_NETWORK) and unshare(NEW_USER | NEW_NETWORK):
    sys.exit(77)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # a kernel is spoken to over loopback
    fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh", b"lo", UP))

from course_utils.commands.execute import execute

for lesson in sys.argv[1:]:
    notebook, seconds, error = execute(Path(lesson), "smoke")
    texts = [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    print("".join(texts))
    if error:
        sys.exit(f"{lesson}: {error}")
"""


@pytest.mark.thorough
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's unshare")
def test_the_image_lessons_run_with_the_network_cut(tmp_path):
    pytest.importorskip("nbclient")
    lessons = [str(path) for path in sorted((ROOT / "notebooks").glob("0[03]_*.ipynb"))]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    environment |= {"COURSE_CACHE": str(tmp_path / "cache"), "COURSE_LEDGER": str(tmp_path), "PYTHONPATH": str(ROOT)}
    line = [sys.executable, "-c", OFFLINE, *lessons]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=900)
    if done.returncode == 77:
        pytest.skip("unshare is not allowed here")
    assert done.returncode == 0, done.stderr
    said = "Data: scikit-learn's 1,797 digits, because there is no local copy of MNIST"
    assert done.stdout.count(said) == len(lessons) == 2
