"""Files and dataframes become streams of Arrow batches: in bounded memory, with types inferred from the data."""
