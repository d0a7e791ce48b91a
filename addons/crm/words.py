"""The words that a tenant chooses: what is an opportunity here is a deal there."""

from core import Word, _

DEAL, DEALS = Word(_("Deal")), Word(_("Deals"))
"""Also within sentences, as an argument: `_("A %(deal)s ...", deal=DEAL)`."""
