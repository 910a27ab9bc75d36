"""What the operators' commands share: asking services, tokens in files, what is printed."""
