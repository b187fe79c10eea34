"""Seconds to import the package, and the peak memory of each lesson.

    python3 course.py bench footprint

A lesson's kernel is a process of its own, at the `cpu` budget; the system's record of its peak resident memory is read
when it has ended. The table is appended to benchmarks/RESULTS.md.
"""

import datetime
import os
import statistics
import subprocess
import sys
from pathlib import Path

from course_utils.commands.lessons import ROOT, all_lessons

IMPORT = "import time; t = time.perf_counter(); import course_utils; print(time.perf_counter() - t)"
LESSON = """
import resource, sys
from pathlib import Path
from course_utils.commands.execute import execute
error = execute(Path(sys.argv[1]), "cpu")[2]
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
raise SystemExit(error)
"""


def main() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}

    def run(script: str, *argv: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script, *argv], env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.split()[-1]

    seconds = statistics.median(float(run(IMPORT)) for _ in range(5))
    rows = [f"| `import course_utils`, without torch | {seconds * 1e3:.1f} ms |"]
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes on a Mac, in KiB elsewhere
    for number, path in all_lessons().items():
        rows.append(f"| lesson {number}, peak memory | {int(run(LESSON, str(path))) * unit / 2**30:.2f} GiB |")
        print(rows[-1], flush=True)
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    with open(Path(__file__).parent / "RESULTS.md", "a", encoding="utf8") as file:
        file.write(f"\n## Footprint, {today}\n\n| what | measured |\n|---|---|\n" + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
