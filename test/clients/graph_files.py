"""Reads the graph files that it is given, with networkx and DuckDB, and prints what it found in each as a line of JSON, numbers as texts."""

import json
import sys

import duckdb
import networkx


def texts(row):
    return [None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else str(value) for value in row]


for path in sys.argv[1:]:
    if path.endswith(".parquet"):
        print(json.dumps([texts(row) for row in duckdb.sql(f"SELECT * FROM '{path}' ORDER BY id").fetchall()]))
        continue
    graph = networkx.read_graphml(path) if ".graphml" in path else networkx.read_gexf(path)
    nodes = [(int(node), data.get("username", data.get("label")), data["name"], data["following"], data["followers"]) for node, data in graph.nodes(data=True)]
    edges = [(int(data["id"]), source, target, data["type"], data.get("made_at")) for source, target, data in graph.edges(data=True)]
    print(json.dumps([graph.is_directed(), [texts(node) for node in sorted(nodes)], [texts(edge) for edge in sorted(edges)]]))
