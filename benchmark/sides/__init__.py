"""The same work with each library, one module per library, as its documentation recommends."""
