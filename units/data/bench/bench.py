"""Statements through a whole server, beside plain DataFusion, DuckDB and Polars on the same files, one after the other.

    pip install duckdb==2.0.1 polars==2.1.0 datafusion==55.0.0 tpchgen-cli==4.0.0
    RUSTFLAGS="-C target-cpu=x86-64-v3 -C target-feature=+aes" cargo build --release -p inos-node    # as `make run` does
    python bench.py PATH/TO/inos [--scale 1] [--rounds 3] [--data FOLDER] [--only tpch,clicks,text,spill]

The files are made once and kept in the folder of `--data`. Ours are put as blobs before anything is measured; its times are
those of a whole `POST /v1/jobs` that waits. Every engine has as many threads as there are cores. Prints a line for each
statement (seconds, the best of some in a row) and geometric means of ratios: above 1, ours took less time.
"""

import argparse
import http.client
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import datafusion
import duckdb
import polars

here = pathlib.Path(__file__).parent
args = argparse.ArgumentParser()
args.add_argument("inos")
args.add_argument("--scale", type=float, default=1)
args.add_argument("--rounds", type=int, default=3)
args.add_argument("--data", default="bench-data")
args.add_argument("--only", default="tpch,clicks,text,spill")
args = args.parse_args()
only = args.only.split(",")
threads = len(os.sched_getaffinity(0))
data = pathlib.Path(args.data).absolute()
data.mkdir(exist_ok=True, parents=True)

TPCH = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
# What web analytics ask of a wide table of visits.
CLICKS = [
    "SELECT count(*) AS n FROM hits WHERE adv_engine <> 0",
    "SELECT sum(adv_engine) AS s, count(*) AS n, avg(width) AS w FROM hits",
    "SELECT count(DISTINCT user_id) AS n FROM hits",
    "SELECT adv_engine, count(*) AS n FROM hits WHERE adv_engine <> 0 GROUP BY adv_engine ORDER BY n DESC, adv_engine",
    "SELECT region, count(DISTINCT user_id) AS u FROM hits GROUP BY region ORDER BY u DESC, region LIMIT 10",
    "SELECT phrase, count(*) AS n FROM hits WHERE phrase <> '' GROUP BY phrase ORDER BY n DESC, phrase LIMIT 10",
    "SELECT user_id, count(*) AS n FROM hits GROUP BY user_id ORDER BY n DESC, user_id LIMIT 10",
    "SELECT count(*) AS n FROM hits WHERE url LIKE '%item-77%'",
    "SELECT url, count(*) AS n FROM hits GROUP BY url ORDER BY n DESC, url LIMIT 10",
    "SELECT counter, avg(length(url)) AS l, count(*) AS n FROM hits WHERE url <> '' GROUP BY counter"
    " HAVING count(*) > 10000 ORDER BY l DESC, counter LIMIT 25",
    "SELECT user_id, phrase, count(*) AS n FROM hits GROUP BY user_id, phrase ORDER BY n DESC, user_id, phrase LIMIT 10",
    "SELECT date_trunc('hour', seen) AS hour, count(*) AS n FROM hits WHERE counter = 42 GROUP BY date_trunc('hour', seen)"
    " ORDER BY hour LIMIT 10",
]
HITS = """SELECT hash(i) % 1000000007 AS watch_id, TIMESTAMP '2026-01-01' + INTERVAL (i * 0.25) SECOND AS seen,
    CAST(floor(power(random(), 4) * 6000) AS INTEGER) AS counter, CAST(hash(i * 7 % 1700000) % 9000000000 AS BIGINT) AS user_id,
    CAST(floor(power(random(), 2) * 5000) AS INTEGER) AS region,
    'https://example.org/' || CAST(floor(power(random(), 3) * 900) AS INTEGER) || '/item-' || CAST(floor(power(random(), 2) * 90000) AS INTEGER) AS url,
    CASE WHEN random() < 0.87 THEN '' ELSE 'buy ' || CAST(floor(power(random(), 2) * 60000) AS INTEGER) || ' cheap' END AS phrase,
    CAST(CASE WHEN random() < 0.96 THEN 0 ELSE floor(random() * 60) END AS SMALLINT) AS adv_engine,
    CAST(320 + floor(random() * 1600) AS SMALLINT) AS width, 'Page ' || CAST(floor(power(random(), 3) * 300000) AS INTEGER) AS title
    FROM range({rows}) AS r(i)"""


def make():
    """The files: TPC-H by its generator, visits and texts by DuckDB."""
    folder = data / f"tpch-{args.scale:g}"
    if not folder.exists():
        partial = folder.with_suffix(".partial")
        subprocess.run(["tpchgen-cli", "parquet", f"--scale-factor={args.scale:g}", f"--output-dir={partial}"], check=True)
        partial.rename(folder)
    files = {name: folder / f"{name}.parquet" for name in TPCH}
    rows = int(10_000_000 * args.scale)
    copies = {
        "hits": (f"hits-{rows}.parquet", HITS.format(rows=rows), "FORMAT parquet"),
        "lines": (f"lines-{args.scale:g}.csv", f"SELECT * FROM '{files['lineitem']}'", "FORMAT csv, HEADER"),
        "objects": (f"objects-{args.scale:g}.ndjson", f"SELECT * FROM '{files['orders']}'", "FORMAT json"),
        "keys": (f"keys-{rows}.parquet", f"SELECT i * 7919 % {rows} AS k, i AS v FROM range({rows}) AS r(i)", "FORMAT parquet"),
    }
    for name, (file, select, how) in copies.items():
        files[name] = data / file
        if not files[name].exists():
            partial = files[name].with_suffix(".partial")
            duckdb.execute(f"COPY ({select}) TO '{partial}' ({how})")
            partial.rename(files[name])
    return files


class Server:
    """A server of its own, with an account that has enough."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory(dir=data)
        command = [args.inos, "serve", "--json", "--listen", "127.0.0.1:0", "--data-dir", self.folder.name, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.address = json.loads(self.process.stdout.readline())["url"].removeprefix("http://")
        self.key = (pathlib.Path(self.folder.name) / "admin.key").read_text().strip()
        self.connection = http.client.HTTPConnection(self.address)
        self.blobs = {}

    def ask(self, method, path, body, **headers):
        head = {"authorization": f"Bearer {self.key}", **{name.replace("_", "-"): of for name, of in headers.items()}}
        self.connection.request(method, path, body, head)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500]}")
        return text

    def put(self, name, file):
        with open(file, "rb") as body:
            length = str(os.path.getsize(file))
            self.blobs[name] = json.loads(self.ask("PUT", "/v1/blobs", body, content_length=length))["hash"]

    def query(self, sql):
        names = [name for name in self.blobs if re.search(rf"\b{name}\b", sql)]
        tables = [{"name": name, "inputs": [at]} for at, name in enumerate(names)]
        capsule = {
            "unit": "data",
            "method": "query",
            "params": {"sql": sql, "tables": tables},
            "inputs": [{"blob": self.blobs[name]} for name in names],
        }
        done = json.loads(
            self.ask("POST", "/v1/jobs", json.dumps(capsule), content_type="application/json", prefer="wait=600")
        )
        if done["state"] != "succeeded":
            raise RuntimeError(f"{sql}: {done}")
        return json.loads(self.ask("GET", f"/v1/jobs/{done['id']}/outputs/0", None))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


def peers(files):
    """Each engine as a function of a statement; what it does not know is an error of its own."""
    duck = duckdb.connect()
    duck.execute(f"SET threads={threads}")
    plain = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(threads))
    polar = polars.SQLContext()
    for name, file in files.items():
        if file.suffix == ".parquet":
            duck.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')")
            plain.register_parquet(name, str(file))
            polar.register(name, polars.scan_parquet(file))
        elif file.suffix == ".csv":
            duck.execute(f"CREATE VIEW {name} AS SELECT * FROM read_csv('{file}')")
            plain.register_csv(name, str(file))
            polar.register(name, polars.scan_csv(file, try_parse_dates=True))
        else:
            duck.execute(f"CREATE VIEW {name} AS SELECT * FROM read_json('{file}')")
            plain.register_json(name, str(file), file_extension=".ndjson")
            polar.register(name, polars.scan_ndjson(file))
    return {
        "datafusion": lambda sql: plain.sql(sql).collect(),
        "duckdb": lambda sql: duck.execute(sql).fetchall(),
        "polars": lambda sql: polar.execute(sql, eager=False).collect(),
    }


def timed(work, sql):
    begun = time.perf_counter()
    answer = work(sql)
    return time.perf_counter() - begun, answer


def compare(title, statements, engines, wanted):
    """Runs statements, prints their times, and checks that ours and DuckDB give as many rows."""
    print(f"\n{title}")
    times = {}
    for number, sql in enumerate(statements, 1):
        found, rows = {}, {}
        for name, work in engines.items():
            try:
                # As often in a row as it takes to be warm; the best counts.
                took = [timed(work, sql) for _ in range(args.rounds + 1)]
            except Exception as error:
                if name in ("inos", "duckdb"):
                    raise
                found[name] = None
                print(f"{name} cannot do {number}: {str(error).splitlines()[0][:100]}", file=sys.stderr)
                continue
            found[name] = min(seconds for seconds, _ in took)
            rows[name] = len(took[0][1])
        if rows["inos"] != rows["duckdb"]:
            raise RuntimeError(f"{sql}: {rows}")
        times[number] = found
        print(f"{number:>4} " + "  ".join(f"{name} {took:8.4f}" if took else f"{name}        -" for name, took in times[number].items()), flush=True)
    means(title, times.values(), wanted)
    return list(times.values())


def means(title, times, wanted):
    """Prints the geometric means of ratios to each of the others."""
    for name in ["datafusion", "duckdb", "polars"]:
        ratios = [row[name] / row["inos"] for row in times if row[name]]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            print(json.dumps({"of": title, "beside": name, "statements": len(ratios), "ratio": round(mean, 3), "goal": wanted.get(name)}), flush=True)


def main():
    files = make()
    server = Server()
    try:
        for name, file in files.items():
            server.put(name, file)
        engines = {"inos": server.query, **peers(files)}
        goals, parquet = {"datafusion": 0.95, "duckdb": 0.8}, []
        if "tpch" in only:
            text = (here.parent / "tpch" / "queries.sql").read_text()
            queries = [part.split("\n", 1)[1].strip() for part in re.split(r"(?m)^-- ", text)[1:]]
            parquet += compare("TPC-H", queries, engines, {})
        if "clicks" in only:
            parquet += compare("clicks", CLICKS, engines, {})
        means("all statements on Parquet", parquet, goals)
        if "text" in only:
            sql = "SELECT count(*) AS n, sum(l_quantity) AS q, max(l_extendedprice) AS p, max(l_shipdate) AS d FROM lines"
            compare("a scan of CSV", [sql], engines, {"duckdb": 1.2})
            sql = "SELECT count(*) AS n, sum(o_totalprice) AS p, max(o_orderkey) AS k, min(o_orderstatus) AS s FROM objects"
            compare("a scan of NDJSON", [sql], engines, {"duckdb": 0.6})
    finally:
        server.stop()
    if "spill" in only:
        server = Server("--cell-memory", "512MiB")
        try:
            server.put("keys", files["keys"])
            rows = int(10_000_000 * args.scale)
            sql = "SELECT count(*) AS n, sum(c) AS c FROM (SELECT k, count(*) AS c, max(v) AS v FROM keys GROUP BY k) AS g"
            took, answer = timed(server.query, sql)
            assert answer == [{"n": rows, "c": rows}], answer
            print(f"\n{rows} rows in as many groups with 512 MiB: {took:.2f} s")
        finally:
            server.stop()


main()
