"""How a sale is paid."""
