"""Loads the products of the shop."""

import pandas as pd

PRODUCTS = {"product_id": [1, 2, 3], "name": ["kettle", "teapot", "cup"], "price": [39.9, 24.5, 4.25]}


def main(job):
    return {"catalogue.products": job.ProcessingResponse(dataframe=pd.DataFrame(PRODUCTS))}
