"""Who may do what: those who sell see what there is and hold units, those who lead them look after it."""

SETTING = {"crm.user": "r", "crm.manager": "rwcd"}
HOLDING = {"crm.user": "r w:own c", "crm.manager": "rwcd"}
"""Everybody sees who holds a unit: nobody has to ask around."""
