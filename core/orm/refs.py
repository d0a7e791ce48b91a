"""`Ref`: the annotation by which typed code names the key of a link (`unit_id: Ref`)."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.orm.fields import Field

    Ref = Field[int | None]
else:
    Ref = Any
