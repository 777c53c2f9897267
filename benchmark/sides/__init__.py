"""One module for each library: the same work, used as its documentation says."""
