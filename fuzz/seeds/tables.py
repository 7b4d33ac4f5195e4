"""Generates the small lists and outputs of testdata/fuzz: manifests, playlists, and results of tagging jobs.

    python fuzz/seeds/tables.py

The script does not change the other inputs in these folders, which fuzzing found.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "testdata" / "fuzz"
GENRES = "blues classical country disco hiphop jazz metal pop reggae rock".split()


def write(target, name, content):
    (FOLDER / target).mkdir(parents=True, exist_ok=True)
    (FOLDER / target / name).write_bytes(content if isinstance(content, bytes) else content.encode())


rows = 'path,tags,split\na.wav,x|y,train\n"sub\\b.flac", y ,valid\nc.wav,x\\|z|w\\\\,test\n'
write("manifest", "comma", rows)
write("manifest", "semicolon", rows.replace(",", ";"))
write("manifest", "tab", "Path\tTags\tartist\na.wav\tx\tsomebody\nb.wav\ty\t\nc.wav\tx|y\t\nd.wav\tx\t\n")
write("manifest", "little", ("\ufeff" + rows).encode("utf-16-le"))
write("manifest", "big", ("\ufeff" + rows).encode("utf-16-be"))
write("manifest", "mark", "\ufeff" + rows.replace("\n", "\r\n"))
write("manifest", "words", "path,tags,split\na.wav,x,Training\nb.wav,x,dev\nc.wav,x,eval\n")
write("manifest", "lines", "".join(json.dumps(line) + "\n" for line in (
    {"path": "a.wav", "tags": ["x", "é"], "split": "train", "artist": None},
    {"path": "/b.wav", "tags": [], "split": "valid"}, {"path": "sub\\b.wav", "tags": ["x"]})))
mtat = (Path(__file__).resolve().parents[2] / "crates/net/src/tag_order.rs").read_text()
mtat = mtat[mtat.index("pub const MTAT_TAGS"):]
tags = [tag for line in mtat[mtat.index("= [") + 3:mtat.index("];")].split(",") if (tag := line.strip().strip('"'))]
cells = lambda ones: "\t".join("1" if i in ones else "0" for i in range(len(tags)))
write("manifest", "annotations", "clip_id\t" + "\t".join(tags) + "\tmp3_path\n" + "".join(
    f"{i}\t{cells(ones)}\t{path}\n" for i, (ones, path) in enumerate(
        [({0, 3}, "0/d.mp3"), ({1}, "c/x.mp3"), ({2}, "d/e.mp3"), (set(), "f/y.mp3")])))
write("manifest", "genres", "".join(f"{genre}/{genre}.00000.wav\n" for genre in GENRES) + "# told\njazz.00001.wav\n")

write("listing", "paths", "a.mp3\r\n\n#1 Hits/b.mp3\n/c/d\u00e9.mp3\n")
write("listing", "nul", b"a\nb.mp3\0/c/caf\xe9.mp3\0")
write("listing", "m3u", "#EXTM3U\r\n#EXTINF:12,Artist - Song\r\na%20b.mp3\r\nx\\y.mp3\nfile:///m/a%2520b.mp3\n")
write("listing", "pls", "[playlist]\nFile1=a.mp3\nTitle1=A\nFile2 = /x/b.mp3\nNumberOfEntries=2\n")
write("listing", "cue", 'REM GENRE Rock\nFILE "a b.mp3" MP3\n  TRACK 01 AUDIO\nfile c.wav WAVE\n')
write("listing", "xspf", '<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"><trackList><track>'
      "<location>file:///m/a%20b.mp3</location></track><track><location> R&amp;B/c&#x27;s.mp3 </location></track>"
      "</trackList></playlist>")
write("listing", "little", "\ufeffa.mp3\nb.mp3\n".encode("utf-16-le"))

start = {"type": "start", "schema": 1, "version": "0", "modelHash": "hash", "device": "cpu", "precision": "f32",
         "samplingRate": 8000, "tags": 2, "segments": "all", "all": False}
facts = {"file": "/gone/a.wav", "size": 3244, "modified": 1700000000000, "fingerprint": "0123456789abcdef"}
result = {"type": "result", **facts, "status": "ok", "duration": 0.2, "segments": 2,
          "tags": [{"tag": "a", "score": 0.5}]}
failed = {"type": "failed", "file": "/gone/b\ufffd.mp3", "fileBytes": "2f676f6e652f62ff2e6d7033", "size": 7,
          "error": {"code": "ERR_DECODE", "message": "cannot decode /gone/b\ufffd.mp3"}}
line = lambda value: json.dumps(value, separators=(",", ":")) + "\n"
write("output", "lines", "".join(map(line, (start, result, failed, {**result, "size": 4}))))
write("output", "cut", (line(start) + line(result))[:-30])
columns = ("file status duration segments short damagedPackets promised heard decoder code message size modified "
           "fingerprint fileBytes tags").split()
head = ",".join(columns + ["score:a", "score:b|c"])
cell = {"file": facts["file"], "status": "ok", "duration": "0.2", "size": "3244", "modified": "1700000000000",
        "fingerprint": facts["fingerprint"], "tags": "a|b\\|c"}
row = ",".join(cell.get(column, "") for column in columns) + ",0.5,0.5"
older = {"promised", "heard", "fingerprint"}
write("output", "table", f"{head}\n{row}\n{row.replace('3244', '3245')}\n")
write("output", "cut-table", f"{head}\n{row}\n{row[:30]}")
write("output", "older", line(start) + "\0" + ",".join(c for c in columns if c not in older) + ",score:a,score:b|c\n")
write("output", "beside", f"{line(start)}\0{head}\n{row}\n")
