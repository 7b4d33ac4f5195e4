"""Picks the inputs that a run of scripts/fuzz found and that are worth keeping: a few small ones that reach most of what all of them reach.

    python fuzz/seeds/pick.py TARGET [BYTES]      up to 40 files of 20,000 bytes in all, beside those in testdata/fuzz/TARGET

They are copied to testdata/fuzz/TARGET under the names that libFuzzer gave them, which are hashes.
"""

import heapq
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Most files that are picked.
FILES = 40


def reached(target, folders):
    """What each input reaches, by libFuzzer's own account of a merge."""
    host = next(line for line in subprocess.check_output(["rustc", "-vV"], text=True).splitlines() if line.startswith("host: "))
    program = ROOT / "fuzz/target" / host.removeprefix("host: ") / "release" / target
    with tempfile.TemporaryDirectory() as empty:
        account = Path(empty) / "account"
        subprocess.run([program, "-merge=1", f"-merge_control_file={account}", "-timeout=10", f"-artifact_prefix={empty}/",
                        empty, *folders],
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
    # The most of what is new for each byte first; a file costs some bytes by being one. What is new only shrinks: an old worth is a bound.
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
