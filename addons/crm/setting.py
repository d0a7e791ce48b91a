"""Who may do what with that which deals go by: pipelines, stages, reasons."""

SETTING = {"crm.user": "r", "crm.manager": "rwcd"}
"""Everyone who sells reads it, who leads them sets it up."""
