"""Makes goldens.json: the answers of another engine to queries.sql.

    pip install duckdb==2.0.1 tpchgen-cli==4.0.0
    python goldens.py

The data are those of TPC-H's generator at scale factor 0.01, which knows no seed but its own: the test makes the same with
the crate of the same name. Answers are lists of values; dates are texts.
"""

import json
import pathlib
import re
import subprocess
import tempfile

import duckdb

here = pathlib.Path(__file__).parent
queries = [part.split("\n", 1)[1].strip() for part in re.split(r"(?m)^-- ", (here / "queries.sql").read_text())[1:]]


def plain(value):
    if value is None or isinstance(value, (int, float, str)):
        return value
    return float(value) if type(value).__name__ == "Decimal" else str(value)


with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["tpchgen-cli", "csv", "--scale-factor=0.01", f"--output-dir={folder}"], check=True)
    base = duckdb.connect()
    for file in pathlib.Path(folder).glob("*.csv"):
        base.execute(f"CREATE TABLE {file.stem} AS SELECT * FROM read_csv('{file}', header=true)")
    answers = [[[plain(value) for value in row] for row in base.execute(query).fetchall()] for query in queries]

lines = ",\n".join(json.dumps(answer, separators=(",", ":")) for answer in answers)
(here / "goldens.json").write_text(f"[\n{lines}\n]\n")
