"""Reads files and dataframes as streams of Arrow record batches, in bounded memory, with inferred types."""
