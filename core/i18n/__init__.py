"""Languages: lazy texts, catalogues per addon, and formats for numbers, money, dates and phones."""
