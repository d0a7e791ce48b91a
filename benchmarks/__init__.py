"""What PERFORMANCE promises, measured beside the floor in one run: `make bench`.

The floor (plain SQLAlchemy, a bare Flask page) is run from the folder `bench` that lies with the project's
common papers, beside the repository; LUMBUNG_BENCH names it where it lies elsewhere. Nothing here is part
of the product.
"""
