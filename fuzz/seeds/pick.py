"""Picks the inputs that a run of scripts/fuzz found and that are worth keeping: a few small ones that reach most of what all of them reach.

    python fuzz/seeds/pick.py TARGET [BYTES]      up to 20,000 bytes beside what testdata/fuzz/TARGET already has

They are copied to testdata/fuzz/TARGET under the names that libFuzzer gave them, which are hashes.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def reached(target, folders):
    """What each input reaches, by libFuzzer's own account of a merge."""
    host = next(line for line in subprocess.check_output(["rustc", "-vV"], text=True).splitlines() if line.startswith("host: "))
    program = ROOT / "fuzz/target" / host.removeprefix("host: ") / "release" / target
    with tempfile.TemporaryDirectory() as empty:
        account = Path(empty) / "account"
        subprocess.run([program, "-merge=1", f"-merge_control_file={account}", "-timeout=10", empty, *folders],
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
    candidates = {path: features for path, features in found.items() if path.parent != kept}
    while candidates:
        # The most of what is new for each byte; a file costs some bytes by being one.
        best = max(candidates, key=lambda path: (len(candidates[path] - known) / (path.stat().st_size + 200), path.name))
        new = candidates.pop(best) - known
        if len(new) < 3:
            break
        if size + best.stat().st_size <= most:
            known, size = known | new, size + best.stat().st_size
            shutil.copy(best, kept / best.name[:12])
    print(f"{target}: {before} features of {len(every)} were reached before, {len(known)} now, by {size} bytes more")


main(sys.argv[1], *map(int, sys.argv[2:]))
