"""The same work in each library, one module per library, as recommended by its documentation."""
