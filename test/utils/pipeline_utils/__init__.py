"""Code that tasks share: linked into the `code` folder of each task that imports it."""
