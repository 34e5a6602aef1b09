"""When things run: schedules, tasks and assets. The only package that imports Airflow."""
