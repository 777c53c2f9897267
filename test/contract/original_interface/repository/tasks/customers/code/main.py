def main(job):
    database, table = job.get_long_database_and_table_name("bills.bills")
    customers = job.spark_session.sql(
        f"""
        SELECT customer, SUM(amount) AS amount, COUNT(*) AS bills
        FROM glue_catalog.{database}.{table}
        GROUP BY customer
        """
    )
    return {
        "bills.customers": job.ProcessingResponse(dataframe=customers, job_end_message="customers of all bills"),
    }
