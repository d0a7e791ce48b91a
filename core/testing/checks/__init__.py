"""What every addon must hold. Each check yields a fault with file, line and remedy; `core.testing.case` names them."""
