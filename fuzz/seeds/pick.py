"""Selects inputs that a run of scripts/fuzz found: a few small inputs that cover most of what all inputs cover.

    python fuzz/seeds/pick.py TARGET [BYTES]

Selects up to 40 files with at most BYTES bytes in all (default 20,000), in addition to the files that are already in
testdata/fuzz/TARGET. The files are copied to testdata/fuzz/TARGET; their names are the first characters of the hashes
that libFuzzer uses as file names.
"""

import heapq
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Most files that are selected.
FILES = 40


def reached(target, folders):
    """The features that each input covers, from the control file of a libFuzzer merge."""
    lines = subprocess.check_output(["rustc", "-vV"], text=True).splitlines()
    host = next(line for line in lines if line.startswith("host: "))
    program = ROOT / "fuzz/target" / host.removeprefix("host: ") / "release" / target
    with tempfile.TemporaryDirectory() as empty:
        account = Path(empty) / "account"
        subprocess.run([program, "-merge=1", f"-merge_control_file={account}", "-timeout=10",
                        f"-artifact_prefix={empty}/", empty, *folders],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        lines = account.read_text().splitlines()
    count = int(lines[0])
    paths = [Path(line) for line in lines[2 : 2 + count]]
    found = {}
    for line in lines[2 + count :]:
        kind, number, *features = line.split()
        if kind == "FT":
            found[paths[int(number)]] = set(features)
    return found


def main(target, most=20_000):
    kept, corpus = ROOT / "testdata/fuzz" / target, ROOT / "fuzz/corpus" / target
    found = reached(target, [kept, corpus])
    known = set().union(*(features for path, features in found.items() if path.parent == kept))
    every = known.union(*found.values())
    before, size = len(known), 0
    # Inputs with the most new features per byte come first; each file counts as 200 bytes more than its size. The
    # number of new features only decreases, so an earlier value of `worth` is an upper bound.
    worth = lambda path: len(found[path] - known) / (path.stat().st_size + 200)
    queue = [(-worth(path), path.name, path) for path in found if path.parent != kept]
    heapq.heapify(queue)
    count = 0
    while queue and count < FILES:
        _, name, path = heapq.heappop(queue)
        now = worth(path)
        if queue and now < -queue[0][0]:
            heapq.heappush(queue, (-now, name, path))
        elif len(found[path] - known) < 3:
            break
        elif size + path.stat().st_size <= most:
            known, size, count = known | found[path], size + path.stat().st_size, count + 1
            shutil.copy(path, kept / name[:12])
    print(f"{target}: {before} features of {len(every)} were reached before, {len(known)} now, by {size} bytes more")


main(sys.argv[1], *map(int, sys.argv[2:]))
