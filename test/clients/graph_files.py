"""Reads the graph files that it is given, with networkx, or with DuckDB and with pandas, and prints what each found as a line of JSON, numbers as texts."""

import json
import sys

import duckdb
import networkx
import pandas


def texts(row):
    return [None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else str(value) for value in row]


for path in sys.argv[1:]:
    if path.endswith(".parquet"):
        print(json.dumps([texts(row) for row in duckdb.sql(f"SELECT * FROM '{path}' ORDER BY id").fetchall()]))
        # As it is read, without a conversion: an id that became a float would show here.
        frame = pandas.read_parquet(path).sort_values("id").astype(object)
        print(json.dumps([texts(None if pandas.isna(value) else value for value in row) for row in frame.itertuples(index=False, name=None)]))
        continue
    graph = networkx.read_graphml(path) if ".graphml" in path else networkx.read_gexf(path)
    nodes = [(int(node), data.get("username", data.get("label")), data["name"], data["following"], data["followers"]) for node, data in graph.nodes(data=True)]
    edges = [(int(data["id"]), source, target, data["type"], data.get("made_at")) for source, target, data in graph.edges(data=True)]
    print(json.dumps([graph.is_directed(), [texts(node) for node in sorted(nodes)], [texts(edge) for edge in sorted(edges)]]))
