"""A list as the month of a calendar: any model that has a date."""
