"""A whole evening at two tills and a gate, played through real terminals: `make evening`."""
