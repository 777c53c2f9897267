"""Programs that measure the SDK against other libraries and print the ratios."""
