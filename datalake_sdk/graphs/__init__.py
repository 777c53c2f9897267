"""Draws directed graphs: `model` defines them, `layout` places the nodes, `svg` draws them."""
