"""Runs docs/notebook.ipynb in a kernel of its own and prints, as JSON, what its variables hold, how many pictures it drew, and what it wrote on stderr."""

import json
import sys

import nbformat
from nbclient import NotebookClient

FOUND = """
import json

print(json.dumps({
    "size": size.astype(object).values.tolist(),
    "degrees": degrees.astype(object).values.tolist(),
    "users_by_degree": len(followers),
    "reciprocity": reciprocity.astype(object).values.tolist(),
    "growth": [[str(day.date()), int(follows)] for day, follows in growth.items()],
    "people": [str(user) for user in people["id"].tolist()],
    "communities": [sorted(str(user) for user in group) for group in communities],
    "numbers": people["community"].astype("int64").tolist(),
    "drawn": sorted(str(user) for user in positions),
    "acceptance": acceptance.astype(object).values.tolist(),
    "waiting": [[str(value) for value in row] for row in waiting.astype(object).values.tolist()],
}))
"""

path, folder = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
stored = [output for cell in notebook.cells for output in cell.get("outputs", [])]
notebook.cells.append(nbformat.v4.new_code_cell(FOUND))
# Where the notebook lies, as Jupyter runs it.
NotebookClient(notebook, timeout=200, resources={"metadata": {"path": folder}}).execute()
*cells, last = [cell for cell in notebook.cells if cell.cell_type == "code"]
outputs = [output for cell in cells for output in cell.outputs]
found = json.loads("".join(output.text for output in last.outputs))
found["stored"] = len(stored)
found["pictures"] = sum("image/png" in output.get("data", {}) for output in outputs)
found["stderr"] = "".join(output.text for output in outputs if output.output_type == "stream" and output.name == "stderr")
print(json.dumps(found))
