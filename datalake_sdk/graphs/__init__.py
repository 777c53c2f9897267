"""Draws directed graphs: `model` defines them, `columns` and `layout` place the nodes, `svg` and `dot` format them."""
